import { SearchX } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Found, RoomId, UserId } from "@greenroom/client";
import { useFormat } from "../i18n/format";
import { plainTextOf } from "../markdown/plain";
import { useClient, useSlice } from "../state/client";
import { useKnownPeople } from "../state/people";
import { hrefTo } from "../state/route";
import { placeOfMessage } from "../timeline/messagePlace";
import { momentOf } from "../timeline/rows";
import { Avatar } from "../ui/Avatar";
import { EmptyState } from "../ui/EmptyState";
import { Select } from "../ui/Select";
import { TextField } from "../ui/TextField";
import { excerptOf } from "./excerpt";
import { useSearch } from "./useSearch";
import styles from "./panels.module.css";

/** Finds messages stored on this device: of a room, or of all. */
export function SearchPanel({ room }: { readonly room?: RoomId }) {
  const { t } = useTranslation("timeline");
  const [text, setText] = useState("");
  const [where, setWhere] = useState<RoomId | undefined>(room);
  const [from, setFrom] = useState<UserId>();
  const wanted = useDeferredValue(text.trim());
  const known = useKnownPeople();
  const people = useMemo(() => (known ?? []).toSorted((one, other) => one.name.localeCompare(other.name)), [known]);
  const rooms = useSlice(useClient().rooms);
  const search = useSearch(wanted, where, from);
  const names = useMemo(() => new Map(people.map(({ user, name }) => [user, name])), [people]);
  const roomNames = useMemo(() => new Map(rooms.map(({ room: id, name }) => [id, name])), [rooms]);
  return (
    <div className={styles.panel} role="search" aria-label={t("panels.search")}>
      <div className={styles.filters}>
        <TextField
          label={t("panels.searchLabel")}
          labelHidden
          placeholder={t("panels.searchLabel")}
          type="search"
          dir="auto"
          data-landmark-focus
          // eslint-disable-next-line jsx-a11y/no-autofocus -- opened to search
          autoFocus
          value={text}
          onChange={setText}
        />
        <div className={styles.row}>
          <Select
            className={styles.choice}
            label={t("panels.searchWhere")}
            value={where}
            options={[
              { value: undefined, label: t("panels.searchAll") },
              ...rooms.map((one) => ({ value: one.room, label: one.name })),
            ]}
            onChange={setWhere}
          />
          <Select
            className={styles.choice}
            label={t("panels.from")}
            value={from}
            options={[
              { value: undefined, label: t("panels.fromAnyone") },
              ...people.map(({ user, name }) => ({ value: user, label: name })),
            ]}
            onChange={setFrom}
          />
        </div>
      </div>
      <Findings wanted={wanted} search={search} names={names} rooms={where === undefined ? roomNames : undefined} />
    </div>
  );
}

function Findings({
  wanted,
  search: { found, state },
  names,
  rooms,
}: {
  readonly wanted: string;
  readonly search: ReturnType<typeof useSearch>;
  readonly names: ReadonlyMap<UserId, string>;
  /** Names of rooms, when there may be several. */
  readonly rooms: ReadonlyMap<RoomId, string> | undefined;
}) {
  const { t } = useTranslation("timeline");
  if (state === "done" && found.length === 0)
    return (
      <div className={styles.middle}>
        <EmptyState icon={SearchX} title={t("panels.foundNone")} text={t("panels.foundNoneText")} />
      </div>
    );
  const words = {
    idle: t("panels.searchHint"),
    searching: t("panels.searching"),
    done: t("panels.found", { count: found.length }),
    enough: t("panels.foundMany", { count: found.length }),
  };
  return (
    <>
      <p className={styles.status} role="status">
        {words[state]}
      </p>
      {found.length > 0 && (
        <ul className={styles.list}>
          {found.map((one) => (
            <Finding
              key={one.message.key}
              found={one}
              wanted={wanted}
              name={names.get(one.message.author) ?? one.message.author}
              room={rooms?.get(one.room)}
            />
          ))}
        </ul>
      )}
    </>
  );
}

function Finding({
  found: { room, message },
  wanted,
  name,
  room: roomName,
}: {
  readonly found: Found;
  readonly wanted: string;
  readonly name: string;
  readonly room: string | undefined;
}) {
  const format = useFormat();
  const text = plainTextOf(message);
  const moment = format.dateTime(momentOf(message));
  return (
    <li className={styles.entry} data-key={message.key}>
      <Avatar user={message.author} name={name} size={28} />
      <div className={styles.head}>
        <bdi className={styles.who}>{name}</bdi>
        <a className={styles.when} href={hrefTo(placeOfMessage(room, message))}>
          {roomName === undefined ? moment : `${roomName} · ${moment}`}
        </a>
      </div>
      <p className={styles.text} dir="auto">
        {excerptOf(text, wanted).map((piece, at) => (piece.hit ? <mark key={at}>{piece.text}</mark> : piece.text))}
      </p>
    </li>
  );
}
