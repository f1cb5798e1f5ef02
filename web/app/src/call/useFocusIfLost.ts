import { useCallback } from "react";

/** For what takes the place of something that held the focus: takes it over, so that keyboards go on from there. */
export function useFocusIfLost() {
  return useCallback((element: HTMLElement | null) => {
    if (document.activeElement === document.body) element?.focus({ preventScroll: true });
  }, []);
}
