import type { Call } from "@greenroom/client";
import { GripHorizontal, Maximize2, PhoneOff, PictureInPicture2 } from "lucide-react";
import { useMemo } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { PHONE, useMedia } from "../../shell/media";
import { useRoom, useSlice } from "../../state/client";
import { closePanel } from "../../state/panel";
import { go, useRoute } from "../../state/route";
import { toast } from "../../ui/toasts";
import { classes } from "../../ui/classes";
import type { Corner } from "../arrange/float";
import { useActions } from "../media/useActions";
import { CameraButton, MicrophoneButton } from "../stage/Controls";
import { ControlButton } from "../stage/ControlButton";
import { TileButton } from "../stage/TileButton";
import { useAnnouncements } from "../stage/useAnnouncements";
import { useFloating } from "../useFloating";
import { closePictureInPicture, openPictureInPicture, pictureInPicture } from "./picture-in-picture";
import { SpeakerPicture } from "./SpeakerPicture";
import styles from "./Dock.module.css";

/** The call in a corner while one reads elsewhere, or in a window above all others. */
export function Dock({ call }: { readonly call: Call }) {
  const above = useSlice(pictureInPicture.window);
  useAnnouncements(call, toast);
  if (above) return createPortal(<Contents call={call} className={styles.above} />, above.document.body);
  return <Floating call={call} />;
}

const ABOVE: Corner = { block: "start", inline: "end" };
const BELOW: Corner = { block: "end", inline: "end" };

function Floating({ call }: { readonly call: Call }) {
  const { t } = useTranslation("call");
  // On a phone's list of rooms the latest are above, with their unread messages at the end of the line.
  const phone = useMedia(PHONE);
  const inList = useRoute().at === "home" && phone;
  const { window, ...floating } = useFloating<HTMLElement>("greenroom.call.dock", inList ? BELOW : ABOVE);
  const summary = useSlice(useRoom(call.room).summary);
  return (
    <section
      ref={window}
      className={styles.dock}
      aria-label={t("dock.label", { room: summary?.name ?? "" })}
      data-landmark=""
      tabIndex={-1}
      data-block={floating.corner.block}
      data-inline={floating.corner.inline}
      {...floating.place}
    >
      <Contents call={call}>
        <button
          type="button"
          className={styles.handle}
          aria-label={t("dock.move")}
          title={t("dock.move")}
          {...floating.handle}
        >
          <GripHorizontal size={16} aria-hidden="true" />
        </button>
      </Contents>
    </section>
  );
}

function Contents({
  call,
  className,
  children,
}: {
  readonly call: Call;
  readonly className?: string | undefined;
  readonly children?: React.ReactNode;
}) {
  const { t } = useTranslation("call");
  const summary = useSlice(useRoom(call.room).summary);
  const phase = useSlice(call.phase);
  const actions = useActions(call);
  const back = useMemo(
    () => () => {
      closePictureInPicture();
      closePanel();
      go({ at: "room", room: call.room });
    },
    [call],
  );
  return (
    <div className={classes(styles.contents, className)}>
      <div className={styles.head}>
        {children}
        <span className={styles.room}>{summary?.name}</span>
        {pictureInPicture.supported && children !== undefined && (
          <TileButton
            icon={PictureInPicture2}
            label={t("controls.pictureInPicture")}
            onClick={() => actions.run(openPictureInPicture)}
          />
        )}
        <TileButton icon={Maximize2} label={t("dock.back")} onClick={back} />
      </div>
      <SpeakerPicture call={call} />
      <div className={styles.controls}>
        <MicrophoneButton call={call} actions={actions} />
        <CameraButton call={call} actions={actions} />
        <ControlButton icon={PhoneOff} label={t("controls.leave")} tone="leave" onClick={actions.leave} />
      </div>
      {phase.phase === "reconnecting" && (
        <p className={styles.phase} role="status">
          {t(`phase.${phase.lost}`)}
        </p>
      )}
    </div>
  );
}
