import { useTranslation } from "react-i18next";
import { ClockNotice, FailedNotice, InsecureNotice, MemoryNotice, SyncLine, UpdateNotice } from "./NoticeLines";
import { ConnectionBanner } from "./ConnectionBanner";

/** Lines over the page, the most pressing first; empty on a good day. */
export function Notices({ className }: { readonly className: string }) {
  const { t } = useTranslation("shell");
  return (
    <section className={className} aria-label={t("landmarks.notices")}>
      <ConnectionBanner />
      <UpdateNotice />
      <MemoryNotice />
      <FailedNotice />
      <ClockNotice />
      <InsecureNotice />
      <SyncLine />
    </section>
  );
}
