import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { toast } from "./toasts";

/** Copies a text, and says so when the browser did not let it. Resolves to whether it was copied. */
export const useCopy = (): ((text: string) => Promise<boolean>) => {
  const { t } = useTranslation("ui");
  return useCallback(
    async (text) => {
      const copied = await copyText(text);
      if (!copied) toast(t("copyFailed"), { tone: "error" });
      return copied;
    },
    [t],
  );
};

const copyText = async (text: string): Promise<boolean> => {
  try {
    // Pages over plain HTTP have no clipboard.
    if (window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Refused: the old way may still do.
  }
  return copyBySelection(text);
};

const copyBySelection = (text: string): boolean => {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.className = "visually-hidden";
  // Beside what has the focus: a modal dialog would not let anything outside of it have it.
  (focused?.parentElement ?? document.body).append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return copied;
};
