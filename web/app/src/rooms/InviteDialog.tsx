import { INVITE_S_MAX, type Invite, type Role, type RoomId } from "@greenroom/client";
import { Suspense, useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../i18n/format";
import { part } from "../pwa/parts";
import { useRoom, useSlice } from "../state/client";
import { useRequest } from "../state/errors";
import { linkTo } from "../state/route";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { toast } from "../ui/toasts";
import { isLoopback } from "./loopback";
import { Copyable } from "./Copyable";
import { rolesUpTo } from "./roles";
import { SelectField } from "./SelectField";
import { Problem } from "./Problem";
import styles from "./rooms.module.css";

const QrCode = part(() => import("./QrCode").then(({ QrCode }) => QrCode));

const HOUR_S = 3_600;
/** Lives that are offered; the last is the longest the server allows. */
const LIVES_S = [HOUR_S, 24 * HOUR_S, 7 * 24 * HOUR_S, INVITE_S_MAX] as const;
/** How many may use a link; 0 is any number. */
const USES = [0, 1, 5, 25] as const;

/** Makes links into a room, shows one with its QR code, and revokes those there are. */
export function InviteDialog({
  room,
  open,
  onClose,
}: {
  readonly room: RoomId;
  readonly open: boolean;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation("rooms");
  const summary = useSlice(useRoom(room).summary);
  return (
    <Dialog title={t("invite.title", { name: summary?.name ?? "" })} open={open} onClose={onClose}>
      <Invites room={room} own={summary?.role ?? "guest"} />
    </Dialog>
  );
}

function Invites({ room, own }: { readonly room: RoomId; readonly own: Role }) {
  const { t } = useTranslation("rooms");
  const handle = useRoom(room);
  const [made, setMade] = useState<Invite>();
  const [valid, setValid] = useState<readonly Invite[]>([]);
  const [choice, setChoice] = useState<Choice>({ role: "member", lifeS: LIVES_S[2], uses: 0 });
  const { busy, problem, request } = useRequest();
  useEffect(() => void request(async () => setValid(await handle.invites())), [request, handle]);

  const make = () =>
    request(async () => {
      const uses = choice.uses === 0 ? {} : { uses: choice.uses };
      const invite = await handle.createInvite({ role: choice.role, expiresS: choice.lifeS, ...uses });
      setMade(invite);
      setValid((known) => [invite, ...known]);
    });
  const revoke = useCallback(
    (invite: Invite) =>
      request(async () => {
        await handle.revokeInvite(invite.invite);
        setValid((known) => known.filter((one) => one.invite !== invite.invite));
        setMade((shown) => (shown?.invite === invite.invite ? undefined : shown));
        toast(t("invite.revoked"));
      }),
    [request, handle, t],
  );
  const link = made && linkTo({ at: "invite", room, invite: made.invite });
  const others = valid.filter((one) => one.invite !== made?.invite);
  return (
    <div className={styles.form}>
      <p className={styles.hint}>{t("invite.intro")}</p>
      {isLoopback(location.hostname) && (
        <p className={styles.caution} role="note">
          {t("invite.thisDevice", { host: location.hostname })}
        </p>
      )}
      {link === undefined ? (
        <>
          <ChoiceFields choice={choice} onChange={setChoice} own={own} />
          <Button variant="primary" busy={busy} onClick={() => void make()}>
            {t("invite.create")}
          </Button>
        </>
      ) : (
        <>
          <Copyable label={t("invite.link")} text={link} action={t("invite.copy")} />
          <Suspense fallback={null}>
            <QrCode text={link} label={t("invite.qr")} />
          </Suspense>
          <p className={styles.hint}>{t("invite.scan")}</p>
        </>
      )}
      <Problem text={problem} />
      {others.length > 0 && <ValidInvites room={room} invites={others} onRevoke={(invite) => void revoke(invite)} />}
    </div>
  );
}

interface Choice {
  readonly role: Role;
  readonly lifeS: number;
  readonly uses: number;
}

function ChoiceFields({
  choice,
  onChange,
  own,
}: {
  readonly choice: Choice;
  readonly onChange: (choice: Choice) => void;
  readonly own: Role;
}) {
  const { t } = useTranslation("rooms");
  const life = (seconds: number) =>
    seconds < 24 * HOUR_S
      ? t("invite.hours", { count: seconds / HOUR_S })
      : t("invite.days", { count: seconds / (24 * HOUR_S) });
  return (
    <div className={styles.row}>
      <SelectField
        label={t("invite.role")}
        value={choice.role}
        options={rolesUpTo(own).map((role) => ({ value: role, label: t(`role.${role}`) }))}
        onChange={(role) => onChange({ ...choice, role })}
      />
      <SelectField
        label={t("invite.expires")}
        value={choice.lifeS}
        options={LIVES_S.map((seconds) => ({ value: seconds, label: life(seconds) }))}
        onChange={(lifeS) => onChange({ ...choice, lifeS })}
      />
      <SelectField
        label={t("invite.limit")}
        value={choice.uses}
        options={USES.map((uses) => ({
          value: uses,
          label: uses === 0 ? t("invite.unlimited") : t("invite.uses", { count: uses }),
        }))}
        onChange={(uses) => onChange({ ...choice, uses })}
      />
    </div>
  );
}

function ValidInvites({
  room,
  invites,
  onRevoke,
}: {
  readonly room: RoomId;
  readonly invites: readonly Invite[];
  readonly onRevoke: (invite: Invite) => void;
}) {
  const { t } = useTranslation("rooms");
  const format = useFormat();
  const members = useSlice(useRoom(room).members);
  const nameOf = (invite: Invite) => members.find((one) => one.user === invite.by)?.name ?? invite.by;
  return (
    <section>
      <h3 className={styles.label}>{t("invite.valid")}</h3>
      <ul className={styles.list}>
        {invites.map((invite) => {
          const of = { name: nameOf(invite), until: format.dateTime(invite.expiresMs) };
          return (
            <li key={invite.invite} className={styles.line}>
              <span className={styles.words}>
                <span>{t(`role.${invite.role}`)}</span>
                <span className={styles.hint}>
                  {t("invite.by", of)}
                  {invite.uses !== undefined && ` · ${t("invite.left", { count: invite.uses })}`}
                </span>
              </span>
              <Button
                size="s"
                variant="danger"
                aria-label={t("invite.revokeLink", of)}
                onClick={() => onRevoke(invite)}
              >
                {t("invite.revoke")}
              </Button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
