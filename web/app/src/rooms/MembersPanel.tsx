import type { Member, RoomId } from "@greenroom/client";
import { UserPlus } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { VList } from "virtua";
import { useFormat } from "../i18n/format";
import { useAccount, useRoom, useSlice } from "../state/client";
import { useNow } from "../state/now";
import { openDialog } from "../state/panel";
import { Avatar } from "../ui/Avatar";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { MemberMenu } from "./MemberMenu";
import { fits } from "./names";
import { TextField } from "../ui/TextField";
import { atLeast } from "./roles";
import styles from "./members.module.css";

type Line =
  | { readonly is: "head"; readonly group: Group; readonly count: number }
  | { readonly is: "member"; readonly member: Member };
type Group = "online" | "away" | "offline" | "banned";
const GROUPS: readonly Group[] = ["online", "away", "offline", "banned"];

/** Who is in a room, who is there now, and what may be done about them. */
export function MembersPanel({ room }: { readonly room: RoomId }) {
  const { t } = useTranslation("rooms");
  const handle = useRoom(room);
  const summary = useSlice(handle.summary);
  const members = useSlice(handle.members);
  const self = useAccount().user;
  const [typed, setTyped] = useState("");
  const lines = useMemo(() => linesOf(members, typed), [members, typed]);
  return (
    <div className={styles.panel}>
      <div className={styles.head}>
        <TextField
          label={t("members.filter")}
          labelHidden
          placeholder={t("members.filter")}
          type="search"
          value={typed}
          onChange={setTyped}
          dir="auto"
        />
        {atLeast(summary?.role, "member") && summary?.visibility !== "direct" && (
          <Button onClick={() => openDialog({ kind: "invite-people", room })}>
            <UserPlus size={16} aria-hidden="true" />
            {t("members.invite")}
          </Button>
        )}
      </div>
      {lines.length === 0 && typed.trim() !== "" && (
        <p className={styles.none}>{t("members.noneFits", { text: typed.trim() })}</p>
      )}
      <VList className={styles.list ?? ""} role="list" aria-label={t("members.title")}>
        {lines.map((line) =>
          line.is === "head" ? (
            <div key={line.group} role="listitem">
              <h3 className={styles.group}>
                {t(`members.${line.group}`)} <span>{line.count}</span>
              </h3>
            </div>
          ) : (
            <MemberLine
              key={line.member.user}
              room={room}
              member={line.member}
              self={line.member.user === self}
              own={summary?.role}
            />
          ),
        )}
      </VList>
    </div>
  );
}

function MemberLine({
  room,
  member,
  self,
  own,
}: {
  readonly room: RoomId;
  readonly member: Member;
  readonly self: boolean;
  readonly own: Member["role"] | undefined;
}) {
  const { t } = useTranslation("rooms");
  const format = useFormat();
  const [openedMs] = useState(useNow());
  const seen =
    member.status === "offline" && member.lastSeenMs !== undefined
      ? t("members.lastSeen", { when: format.relative(member.lastSeenMs, openedMs) })
      : undefined;
  return (
    <div className={styles.line} role="listitem">
      <Avatar user={member.user} name={member.name} status={member.status} />
      <span className={styles.words}>
        <span className={styles.name}>
          <bdi>{member.name}</bdi>
          {self && <span className={styles.muted}> ({t("members.you")})</span>}
        </span>
        {seen !== undefined && <span className={styles.muted}>{seen}</span>}
        <span className="visually-hidden">{t(`members.${member.status}`)}</span>
      </span>
      {atLeast(member.role, "moderator") && <Badge>{t(`role.${member.role}`)}</Badge>}
      {!self && <MemberMenu room={room} member={member} own={own} />}
    </div>
  );
}

/** Groups by presence, in each by name; who left or was removed is not shown, who is banned last. */
function linesOf(members: readonly Member[], typed: string): readonly Line[] {
  const groups = new Map<Group, Member[]>(GROUPS.map((group) => [group, []]));
  for (const member of members) {
    const group = groupOf(member);
    if (group !== undefined && fits(`${member.name} ${member.user}`, typed)) groups.get(group)?.push(member);
  }
  return [...groups].flatMap(([group, found]): Line[] => {
    if (found.length === 0) return [];
    found.sort((one, other) => one.name.localeCompare(other.name));
    return [{ is: "head", group, count: found.length }, ...found.map((member) => ({ is: "member", member }) as const)];
  });
}

function groupOf(member: Member): Group | undefined {
  if (member.standing === "banned") return "banned";
  return member.standing === "joined" ? member.status : undefined;
}
