import { memo, useId, useState } from "react";
import { History, MessageSquareReply, Pin, Trash2, WifiOff } from "lucide-react";
import type { DotKey, Message, RoomId } from "@greenroom/client";
import { Markdown } from "../markdown/Markdown";
import { useRefusalText } from "../state/errors";
import { useNow } from "../state/now";
import { hrefTo } from "../state/route";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { classes } from "../ui/classes";
import { useMessageActions } from "./actions";
import { DeliveryMark } from "./DeliveryMark";
import { placeOfMessage } from "./messagePlace";
import { nameOf, namedOf, usePeople } from "./people";
import { Reactions } from "./Reactions";
import { momentOf } from "./rows";
import { RowToolbar } from "./RowToolbar";
import { SeenBy } from "./SeenBy";
import { useWords } from "./words";
import styles from "./MessageRow.module.css";

const AVATAR_PX = 36;

/** How a row stands in its list. Primitives, so that a row renders again only when something of it changed. */
export interface RowState {
  readonly continued: boolean;
  /** The row that keys act on: its buttons are reached by Tab. */
  readonly active: boolean;
  /** Pointed at, or focused: shows what one may do. */
  readonly open: boolean;
  readonly highlighted: boolean;
  /** In the composer, to be changed. */
  readonly editing: boolean;
  /** Who read up to here, ids joined by commas. */
  readonly readers: string;
}

/** One message with all that was done to it. */
export const MessageRow = memo(function MessageRow({
  message,
  room,
  thread,
  continued,
  active,
  open,
  highlighted,
  editing,
  readers,
}: RowState & {
  readonly message: Message;
  readonly room: RoomId;
  /** The thread that is shown, if it is one. */
  readonly thread: DotKey | undefined;
}) {
  const id = useId();
  const people = usePeople();
  const { t, format } = useWords();
  const own = message.author === people.self;
  const moment = momentOf(message);
  const name = nameOf(people, message.author);
  const when = (
    <a
      className={styles.time}
      href={hrefTo(placeOfMessage(room, message))}
      tabIndex={active ? 0 : -1}
      title={format.dateTime(moment)}
      aria-label={t("sentAt", { when: `${format.day(moment, 0)}, ${format.time(moment)}` })}
    >
      <time dateTime={new Date(moment).toISOString()}>{format.time(moment)}</time>
    </a>
  );
  return (
    <article
      className={classes(
        styles.row,
        continued && styles.continued,
        highlighted && styles.highlighted,
        editing && styles.editing,
        open && styles.open,
        message.body.state === "present" && mentions(message, people.self) && styles.mentioned,
      )}
      data-key={message.key}
      data-editing={editing || undefined}
      data-delivery={own ? message.delivery.state : undefined}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- arrows move between messages, keys act on them
      tabIndex={active ? 0 : -1}
      aria-labelledby={`${id}-who ${id}-body ${id}-state`}
    >
      <div className={styles.gutter}>
        {continued ? (
          <span className={styles.hoverTime}>{when}</span>
        ) : (
          <Avatar user={message.author} name={name} size={AVATAR_PX} />
        )}
      </div>
      <div className={styles.main}>
        <div className={continued ? "visually-hidden" : styles.head}>
          <span id={`${id}-who`} className={styles.who}>
            <bdi>{name}</bdi>
          </span>
          {!continued && when}
          {!continued && <Marks message={message} thread={thread} />}
        </div>
        <div id={`${id}-body`} className={styles.body}>
          <Body message={message} active={active} />
          {continued && <Marks message={message} thread={thread} />}
        </div>
        {message.reactions.length > 0 && <Reactions message={message} active={active} />}
        {thread === undefined && message.replies.count > 0 && <ThreadLink message={message} active={active} />}
        {message.delivery.state === "failed" && <Failed message={message} delivery={message.delivery} />}
      </div>
      <div className={styles.end} id={`${id}-state`}>
        {readers !== "" && <SeenBy users={readers} />}
        {own && <DeliveryMark state={message.delivery.state} />}
      </div>
      {open && <RowToolbar message={message} inThread={thread !== undefined} />}
    </article>
  );
});

const mentions = (message: Message, user: string): boolean =>
  message.body.state === "present" && message.body.mentions.some((one) => one === user);

function Body({ message, active }: { readonly message: Message; readonly active: boolean }) {
  const people = usePeople();
  const { t, format } = useWords();
  const actions = useMessageActions();
  const { body, edited } = message;
  if (body.state !== "present") {
    const Icon = body.state === "deleted" ? Trash2 : History;
    return (
      <p className={styles.gone}>
        <Icon size={14} aria-hidden="true" />
        {t(body.state)}
      </p>
    );
  }
  return (
    <>
      <Markdown
        text={body.text}
        mentions={namedOf(people, body.mentions)}
        self={people.self}
        tailed={edited !== undefined}
      />
      {edited !== undefined && (
        <button
          type="button"
          className={styles.edited}
          tabIndex={active ? 0 : -1}
          title={t("editedVersions", { when: format.dateTime(edited.hlc[0]) })}
          aria-label={t("editedVersions", { when: format.dateTime(edited.hlc[0]) })}
          onClick={() => actions.showVersions(message)}
        >
          {t("edited")}
        </button>
      )}
    </>
  );
}

/** Words beside the time: pinned, late, said in a thread. */
function Marks({ message, thread }: { readonly message: Message; readonly thread: DotKey | undefined }) {
  const { t, format } = useWords();
  const { writtenLateMs, pinned } = message;
  const inThread = thread === undefined && message.thread !== undefined;
  if (writtenLateMs === undefined && !pinned && !inThread) return null;
  return (
    <span className={styles.marks}>
      {writtenLateMs !== undefined && (
        <span className={styles.late} title={format.dateTime(writtenLateMs)}>
          <WifiOff size={12} aria-hidden="true" />
          {t("writtenLate", { when: format.shortMoment(writtenLateMs, momentOf(message)) })}
        </span>
      )}
      {pinned && (
        <span className={styles.pinned}>
          <Pin size={12} aria-hidden="true" />
          {t("pinned")}
        </span>
      )}
      {inThread && (
        <span className={styles.pinned}>
          <MessageSquareReply size={12} aria-hidden="true" />
          {t("inThread")}
        </span>
      )}
    </span>
  );
}

function ThreadLink({ message, active }: { readonly message: Message; readonly active: boolean }) {
  const people = usePeople();
  const { t, format } = useWords();
  const actions = useMessageActions();
  const [shownMs] = useState(useNow());
  const { count, lastMs, users } = message.replies;
  return (
    <button type="button" className={styles.thread} tabIndex={active ? 0 : -1} onClick={() => actions.reply(message)}>
      <span className={styles.faces}>
        {users.slice(0, 3).map((user) => (
          <Avatar key={user} user={user} name={nameOf(people, user)} size={20} />
        ))}
      </span>
      <span className={styles.count}>{t("replies", { count })}</span>
      <span className="visually-hidden">{t("openThread")}</span>
      <span className={styles.last}>{t("lastReply", { when: format.shortMoment(lastMs, shownMs) })}</span>
    </button>
  );
}

function Failed({
  message,
  delivery,
}: {
  readonly message: Message;
  readonly delivery: Message["delivery"] & { readonly state: "failed" };
}) {
  const { t } = useWords();
  const refusalText = useRefusalText();
  const actions = useMessageActions();
  return (
    <div className={styles.failed}>
      <span className={styles.reason}>{t("failed", { reason: refusalText(delivery.code, delivery.message) })}</span>
      {delivery.retry && (
        <Button size="s" onClick={() => actions.retry(message)}>
          {t("retry")}
        </Button>
      )}
      <Button size="s" onClick={() => actions.copyText(message)}>
        {t("copyText")}
      </Button>
      <Button size="s" onClick={() => actions.discard(message)}>
        {t("discard")}
      </Button>
    </div>
  );
}
