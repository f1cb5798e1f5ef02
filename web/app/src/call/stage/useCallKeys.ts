import type { Call } from "@greenroom/client";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { togglePanel } from "../../state/panel";
import { announce } from "../../ui/announce";
import { callKey, type CallKey } from "../events/keys";
import { focusUnder, talkStep, type Talk, type TalkInput } from "../events/push-to-talk";
import type { CallActions } from "../media/useActions";
import type { FullScreen } from "./Stage";
import type { StageModel } from "./stage-model";
import { chooseView, nextView } from "./ViewMenu";

/** The keys of a call. Gives whether Space is held to talk. */
export function useCallKeys(call: Call, actions: CallActions, model: StageModel, fullScreen: FullScreen): boolean {
  const talking = usePushToTalk(call, actions);
  const { t } = useTranslation("call");
  const { toggle } = fullScreen;
  useEffect(() => {
    const does: Readonly<Record<CallKey, () => void>> = {
      microphone: () => {
        announce(t(call.local.get().microphone.state === "on" ? "said.youMuted" : "said.youUnmuted"));
        actions.toggleMicrophone();
      },
      camera: actions.toggleCamera,
      screen: actions.toggleScreen,
      hand: actions.toggleHand,
      view: () => chooseView(model, nextView(model.wish.get().mode)),
      people: () => togglePanel({ kind: "call-people" }),
      chat: () => togglePanel({ kind: "call-chat" }),
      fullScreen: () => toggle?.(),
      previousPage: () => model.change({ page: Math.max(0, model.view.get().page - 1) }),
      nextPage: () => model.change({ page: Math.min(model.view.get().pages - 1, model.view.get().page + 1) }),
    };
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.repeat || isModal()) return;
      const key = callKey(event, focusUnder(event.target instanceof Element ? event.target : null, null));
      if (!key) return;
      event.preventDefault();
      does[key]();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [call, actions, model, toggle, t]);
  return talking;
}

function usePushToTalk(call: Call, actions: CallActions): boolean {
  const [isTalking, setTalking] = useState(false);
  useEffect(() => {
    let talk: Talk = "idle";
    // Looked at as it comes: from the first key on, a focus shows wherever it came from.
    let reached = document.activeElement?.matches(":focus-visible") ? document.activeElement : null;
    const focus = ({ target }: FocusEvent): void => {
      reached = target instanceof Element && target.matches(":focus-visible") ? target : null;
    };
    const take = (input: TalkInput, event?: KeyboardEvent): void => {
      const step = talkStep(talk, input);
      talk = step.talk;
      if (step.taken) event?.preventDefault();
      if (!step.effect) return;
      setTalking(step.effect === "unmute");
      actions.setMuted(step.effect === "mute");
    };
    const press = (event: KeyboardEvent): void => {
      if (event.key !== " " || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
      const under = isModal() ? "field" : focusUnder(document.activeElement, reached);
      take({ is: "press", focus: under, muted: call.local.get().microphone.state !== "on" }, event);
    };
    const release = (event: KeyboardEvent): void => {
      if (event.key === " ") take({ is: "release" }, event);
    };
    const blur = (): void => take({ is: "blur" });
    window.addEventListener("focusin", focus);
    window.addEventListener("keydown", press, true);
    window.addEventListener("keyup", release, true);
    window.addEventListener("blur", blur);
    return () => {
      blur();
      window.removeEventListener("focusin", focus);
      window.removeEventListener("keydown", press, true);
      window.removeEventListener("keyup", release, true);
      window.removeEventListener("blur", blur);
    };
  }, [call, actions]);
  return isTalking;
}

/** Behind a dialog keys belong to the dialog. */
const isModal = (): boolean => document.querySelector("[role=dialog][aria-modal=true], [role=menu]") !== null;
