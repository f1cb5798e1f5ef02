import { Popover, PopoverProvider } from "@ariakit/react/popover";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { part } from "../pwa/parts";
import type { Anchor } from "../timeline/actions";
import { Spinner } from "../ui/Spinner";
import { noteUsed } from "./quick";
import styles from "./EmojiPopover.module.css";

const EmojiPicker = part(() => import("./EmojiPicker").then(({ EmojiPicker }) => EmojiPicker));

/** The emoji picker beside what asked for it. Focus goes back there when it closes. */
export function EmojiPopover({
  anchor,
  onPick,
  onClose,
}: {
  readonly anchor: Anchor;
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation("timeline");
  const close = (): void => {
    onClose();
    setTimeout(() => anchor.focus.focus({ preventScroll: true }));
  };
  return (
    <PopoverProvider open setOpen={(open) => !open && close()}>
      <Popover
        getAnchorRect={() => anchor.rect}
        autoFocusOnShow={false}
        autoFocusOnHide={false}
        hideOnEscape={(event) => {
          event.preventDefault();
          return true;
        }}
        aria-label={t("emoji.picker")}
        className={styles.popover ?? ""}
        gutter={6}
        portal
      >
        <Suspense
          fallback={
            <div className={styles.loading}>
              <Spinner />
            </div>
          }
        >
          <EmojiPicker
            onPick={(emoji) => {
              noteUsed(emoji);
              close();
              onPick(emoji);
            }}
          />
        </Suspense>
      </Popover>
    </PopoverProvider>
  );
}
