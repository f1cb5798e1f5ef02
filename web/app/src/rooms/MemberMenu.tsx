import type { Member, Role, RoomId } from "@greenroom/client";
import { Ban, MessageSquare, MoreHorizontal, ShieldCheck, UserMinus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useRoom } from "../state/client";
import { useAttempt, useRequest } from "../state/errors";
import { go } from "../state/route";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { IconButton } from "../ui/IconButton";
import { Menu, MenuItem, MenuLine } from "../ui/Menu";
import { atLeast, rolesUpTo } from "./roles";
import { Problem } from "./Problem";

/** What may be done about somebody: write to them, and for moderators their role and place. */
export function MemberMenu({
  room,
  member,
  own,
}: {
  readonly room: RoomId;
  readonly member: Member;
  readonly own: Role | undefined;
}) {
  const { t } = useTranslation("rooms");
  const client = useClient();
  const handle = useRoom(room);
  const [removing, setRemoving] = useState<"kick" | "ban">();
  const attempt = useAttempt();
  const write = async () => go({ at: "room", room: await client.openDirect(member.user) });
  const moderates = own !== undefined && atLeast(own, "moderator") && atLeast(own, member.role);
  return (
    <>
      <Menu
        label={t("members.actions", { name: member.name })}
        button={<IconButton label={t("members.actions", { name: member.name })} icon={MoreHorizontal} />}
      >
        <MenuItem icon={MessageSquare} onSelect={() => void attempt(write())}>
          {t("members.message", { name: member.name })}
        </MenuItem>
        {moderates && member.standing === "banned" && (
          <MenuItem icon={Ban} onSelect={() => void attempt(handle.unban(member.user))}>
            {t("members.unban")}
          </MenuItem>
        )}
        {moderates && member.standing === "joined" && (
          <>
            <MenuLine />
            {rolesUpTo(own)
              .filter((role) => role !== member.role)
              .map((role) => (
                <MenuItem
                  key={role}
                  icon={ShieldCheck}
                  onSelect={() => void attempt(handle.setRole(member.user, role))}
                >
                  {t("members.makeRole", { role: t(`role.${role}`) })}
                </MenuItem>
              ))}
            <MenuLine />
            <MenuItem icon={UserMinus} danger onSelect={() => setRemoving("kick")}>
              {t("members.kick")}
            </MenuItem>
            <MenuItem icon={Ban} danger onSelect={() => setRemoving("ban")}>
              {t("members.ban")}
            </MenuItem>
          </>
        )}
      </Menu>
      {removing !== undefined && (
        <RemoveDialog room={room} member={member} how={removing} onClose={() => setRemoving(undefined)} />
      )}
    </>
  );
}

function RemoveDialog({
  room,
  member,
  how,
  onClose,
}: {
  readonly room: RoomId;
  readonly member: Member;
  readonly how: "kick" | "ban";
  readonly onClose: () => void;
}) {
  const { t } = useTranslation("rooms");
  const handle = useRoom(room);
  const { busy, problem, request } = useRequest();
  const remove = async () => {
    if (await request(() => handle.kick(member.user, { ban: how === "ban" }))) onClose();
  };
  return (
    <Dialog
      title={t("members.kickTitle", { name: member.name })}
      open
      onClose={onClose}
      size="s"
      actions={
        <Button variant="danger" busy={busy} onClick={() => void remove()}>
          {t(how === "ban" ? "members.ban" : "members.remove")}
        </Button>
      }
    >
      <p>{t(how === "ban" ? "members.banText" : "members.kickText")}</p>
      <Problem text={problem} />
    </Dialog>
  );
}
