import type { Call } from "@greenroom/client";
import {
  CircleX,
  Ellipsis,
  Grid2x2Plus,
  Leaf,
  Maximize,
  Minimize,
  MonitorUp,
  MonitorX,
  PictureInPicture,
  PictureInPicture2,
  SlidersHorizontal,
} from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSlice } from "../../state/client";
import { Menu, MenuItem, MenuLine } from "../../ui/Menu";
import { VIEW_MODES } from "../arrange/arrangement";
import { openPictureInPicture, pictureInPicture } from "../dock/picture-in-picture";
import type { CallActions } from "../media/useActions";
import { Confirm } from "./Confirm";
import { ControlButton } from "./ControlButton";
import { DevicesDialog } from "./DevicesDialog";
import { CAN_SHARE } from "../media/can-share";
import { useModeration } from "./moderation";
import type { FullScreen } from "./Stage";
import type { StageModel } from "./stage-model";
import { chooseView, VIEW_ICONS } from "./ViewMenu";

/** What is needed seldom. */
export function MoreMenu({
  call,
  actions,
  model,
  fullScreen,
  narrow,
}: {
  readonly call: Call;
  readonly actions: CallActions;
  readonly model: StageModel;
  readonly fullScreen: FullScreen;
  /** Takes in what the bar has no room for. */
  readonly narrow: boolean;
}) {
  const { t } = useTranslation("call");
  const [open, setOpen] = useState<"devices" | "end">();
  const audioOnly = useSlice(call.audioOnly);
  const { mode, selfFloats } = useSlice(model.wish);
  const { canFloat } = useSlice(model.view);
  const sharing = useSlice(call.local).screen === "on";
  const { ends } = useModeration(call);
  const close = () => setOpen(undefined);
  // The menu gives the focus back to its button first, so that the dialog can give it back there too.
  const openAfter = (dialog: "devices" | "end") => setTimeout(() => setOpen(dialog));
  return (
    <>
      <Menu
        label={t("controls.more")}
        placement="top-end"
        button={<ControlButton icon={Ellipsis} label={t("controls.more")} />}
      >
        {narrow && (
          <>
            {CAN_SHARE && (
              <MenuItem icon={sharing ? MonitorX : MonitorUp} onSelect={actions.toggleScreen}>
                {t(sharing ? "controls.shareStop" : "controls.shareStart")}
              </MenuItem>
            )}
            {VIEW_MODES.map((one) => (
              <MenuItem key={one} icon={VIEW_ICONS[one]} checked={one === mode} onSelect={() => chooseView(model, one)}>
                {t("controls.view")}: {t(`controls.${one}`)}
              </MenuItem>
            ))}
            <MenuLine />
          </>
        )}
        {canFloat && (
          <MenuItem
            icon={selfFloats ? Grid2x2Plus : PictureInPicture}
            onSelect={() => model.change({ selfFloats: !selfFloats })}
          >
            {t(selfFloats ? "stage.minimize" : "stage.float")}
          </MenuItem>
        )}
        <MenuItem icon={SlidersHorizontal} onSelect={() => openAfter("devices")}>
          {t("controls.devicesMenu")}
        </MenuItem>
        <MenuItem icon={Leaf} checked={audioOnly} onSelect={() => actions.setAudioOnly(!audioOnly)}>
          {t("controls.dataSaver")}
        </MenuItem>
        {fullScreen.toggle && (
          <MenuItem icon={fullScreen.on ? Minimize : Maximize} keys="F" onSelect={fullScreen.toggle}>
            {t(fullScreen.on ? "stage.leaveFullScreen" : "stage.fullScreen")}
          </MenuItem>
        )}
        {pictureInPicture.supported && (
          <MenuItem icon={PictureInPicture2} onSelect={() => actions.run(() => openPictureInPicture())}>
            {t("controls.pictureInPicture")}
          </MenuItem>
        )}
        {ends && (
          <>
            <MenuLine />
            <MenuItem icon={CircleX} danger onSelect={() => openAfter("end")}>
              {t("controls.endForAll")}
            </MenuItem>
          </>
        )}
      </Menu>
      {open === "devices" && <DevicesDialog call={call} actions={actions} onClose={close} />}
      {open === "end" && (
        <Confirm
          title={t("controls.endForAllTitle")}
          text={t("controls.endForAllText")}
          action={t("controls.end")}
          onConfirm={() => actions.run(() => call.endForAll())}
          onClose={close}
        />
      )}
    </>
  );
}
