import { Columns2, LayoutGrid, RectangleHorizontal } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useSlice } from "../../state/client";
import { setPreferences } from "../../state/preferences";
import { Menu, MenuItem } from "../../ui/Menu";
import { VIEW_MODES, type ViewMode } from "../arrange/arrangement";
import { ControlButton } from "./ControlButton";
import type { StageModel } from "./stage-model";

export const VIEW_ICONS = { grid: LayoutGrid, speaker: RectangleHorizontal, side: Columns2 } as const;

/** Shows the stage that way, now and in the next call. */
export function chooseView(model: StageModel, mode: ViewMode): void {
  setPreferences({ callView: mode });
  model.change({ mode, page: 0, demoted: undefined });
}

/** The view after this one, for the key that goes round. */
export const nextView = (mode: ViewMode): ViewMode =>
  VIEW_MODES[(VIEW_MODES.indexOf(mode) + 1) % VIEW_MODES.length] ?? "grid";

/** Chooses between grid, speaker and side by side. */
export function ViewMenu({ model }: { readonly model: StageModel }) {
  const { t } = useTranslation("call");
  const { mode } = useSlice(model.wish);
  return (
    <Menu
      label={t("controls.view")}
      placement="top-end"
      button={
        <ControlButton icon={VIEW_ICONS[mode]} label={`${t("controls.view")}: ${t(`controls.${mode}`)}`} keys="L" />
      }
    >
      {VIEW_MODES.map((one) => (
        <MenuItem key={one} icon={VIEW_ICONS[one]} checked={one === mode} onSelect={() => chooseView(model, one)}>
          {t(`controls.${one}`)}
        </MenuItem>
      ))}
    </Menu>
  );
}
