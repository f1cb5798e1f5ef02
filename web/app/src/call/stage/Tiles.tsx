import type { Call, Slot } from "@greenroom/client";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useSlice } from "../../state/client";
import { IconButton } from "../../ui/IconButton";
import type { TileName } from "../arrange/people";
import { useBox } from "../useBox";
import { SelfView } from "./SelfView";
import type { StageModel } from "./stage-model";
import { pictureOf, Tile } from "./Tile";
import styles from "./Tiles.module.css";

const NO_PICTURE = { stream: undefined, paused: undefined };

/** All tiles of the page one is on, placed by the model. */
export function Tiles({
  call,
  model,
  children,
}: {
  readonly call: Call;
  readonly model: StageModel;
  /** What lies upon the tiles. */
  readonly children?: ReactNode;
}) {
  const { t } = useTranslation("call");
  const area = useRef<HTMLDivElement>(null);
  const box = useBox(area);
  useEffect(() => {
    if (box) model.change({ box });
  }, [box, model]);
  useEffect(() => {
    const element = area.current;
    element?.addEventListener("keydown", rove);
    return () => element?.removeEventListener("keydown", rove);
  }, []);
  const view = useSlice(model.view);
  const { pinned } = useSlice(model.wish);
  const slots = useSlice(call.slots);
  const local = useSlice(call.local);
  const audioOnly = useSlice(call.audioOnly);
  const byTile = useMemo(() => slotsByTile(slots), [slots]);
  const persons = useMemo(() => new Map(view.people.map((person) => [person.tile, person])), [view.people]);
  const screens = useMemo(() => new Map(view.screens.map((screen) => [screen.tile, screen])), [view.screens]);
  const pin = useCallback((tile: TileName) => model.pin(tile), [model]);
  const demote = useCallback((tile: TileName) => model.demote(tile), [model]);
  const camera = local.camera.state === "on" ? call.localStream("camera") : undefined;
  return (
    <>
      <div ref={area} className={styles.area}>
        <div className={styles.tiles} data-tiles="" role="group" aria-label={t("stage.tiles")}>
          {view.placed.map((placed, index) => {
            const screen = screens.get(placed.tile);
            const person = screen?.by ?? persons.get(placed.tile);
            if (!person) return null;
            const own = person.self && !screen;
            const picture = audioOnly
              ? NO_PICTURE
              : own
                ? { stream: camera, paused: undefined }
                : pictureOf(call, placed.tile, byTile);
            return (
              <Tile
                key={placed.tile}
                placed={placed}
                person={person}
                screen={screen}
                stream={picture.stream}
                paused={picture.paused}
                speaking={view.speaking.has(person.participant)}
                pinned={pinned === placed.tile}
                tabStop={index === 0}
                onPin={pin}
                onDemote={demote}
              />
            );
          })}
        </div>
        {view.people.length === 1 && (
          <p className={styles.alone}>
            <span>
              <strong>{t("stage.alone")}</strong> {t("stage.aloneHint")}
            </span>
          </p>
        )}
        {view.selfFloats && view.self && (
          <SelfView
            person={view.self}
            stream={camera}
            model={model}
            speaking={view.speaking.has(view.self.participant)}
          />
        )}
        {children}
      </div>
      {view.pages > 1 && <Pager page={view.page} pages={view.pages} onPage={(page) => model.change({ page })} />}
    </>
  );
}

function Pager({
  page,
  pages,
  onPage,
}: {
  readonly page: number;
  readonly pages: number;
  readonly onPage: (page: number) => void;
}) {
  const { t } = useTranslation("call");
  return (
    <div className={styles.pager}>
      <IconButton
        icon={ChevronLeft}
        label={t("stage.previousPage")}
        disabled={page === 0}
        className={styles.turn}
        onClick={() => onPage(page - 1)}
      />
      <span role="status">{t("stage.page", { page: page + 1, pages })}</span>
      <IconButton
        icon={ChevronRight}
        label={t("stage.nextPage")}
        disabled={page >= pages - 1}
        className={styles.turn}
        onClick={() => onPage(page + 1)}
      />
    </div>
  );
}

/** Arrow keys go from tile to tile, so that the way past 49 of them is short. */
function rove(event: KeyboardEvent): void {
  const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const step = event.key === forward || event.key === "ArrowDown" ? 1 : -1;
  if (!event.key.startsWith("Arrow") || !(event.target instanceof Element)) return;
  const buttons = [
    ...(event.target.closest("[data-tiles]")?.querySelectorAll<HTMLElement>("[data-tile-button]") ?? []),
  ];
  const next = buttons[buttons.findIndex((button) => button === event.target) + step];
  if (!next || !event.target.hasAttribute("data-tile-button")) return;
  event.preventDefault();
  next.focus();
}

const slotsByTile = (slots: readonly Slot[]): ReadonlyMap<string, Slot> =>
  new Map(slots.flatMap((slot) => (slot.tile === undefined ? [] : [[slot.tile, slot] as const])));
