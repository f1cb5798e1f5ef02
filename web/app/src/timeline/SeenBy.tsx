import type { UserId } from "@greenroom/client";
import { Avatar } from "../ui/Avatar";
import { nameOf, useNameList, usePeople } from "./people";
import { useWords } from "./words";
import styles from "./SeenBy.module.css";

const FACES_MAX = 3;
const NAMES_MAX = 12;
const FACE_PX = 16;

/** Who has read up to this line: small faces, their names for who points at them. `users`: ids joined by commas. */
export function SeenBy({ users }: { readonly users: string }) {
  const { t, format } = useWords();
  const people = usePeople();
  const ids = users.split(",") as UserId[];
  const names = useNameList()(ids, NAMES_MAX);
  const more = ids.length - FACES_MAX;
  return (
    <span className={styles.seen} title={t("seenByNames", { names })}>
      <span className="visually-hidden">{t("seenByNames", { names })}</span>
      {ids.slice(0, FACES_MAX).map((user) => (
        <Avatar key={user} user={user} name={nameOf(people, user)} size={FACE_PX} />
      ))}
      {more > 0 && (
        <span className={styles.more} aria-hidden="true">
          +{format.number(more)}
        </span>
      )}
    </span>
  );
}
