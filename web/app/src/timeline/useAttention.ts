import { useSyncExternalStore } from "react";

/** Whether somebody looks at this page: it is seen and has the focus. */
export const useAttention = (): boolean => useSyncExternalStore(subscribe, isAttended);

/** The same, asked once. */
export const isAttended = (): boolean => document.visibilityState === "visible" && document.hasFocus();

const subscribe = (listener: () => void): (() => void) => {
  window.addEventListener("focus", listener);
  window.addEventListener("blur", listener);
  document.addEventListener("visibilitychange", listener);
  return () => {
    window.removeEventListener("focus", listener);
    window.removeEventListener("blur", listener);
    document.removeEventListener("visibilitychange", listener);
  };
};
