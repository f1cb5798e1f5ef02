import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "../../state/errors";
import { problemKeys, problemOf } from "./problems";

/** Says in sentences why something about a call failed: what is wrong with a device and how to mend it, or the refusal. */
export function useCallErrorText(): (error: unknown, refused?: (message: string) => string) => string {
  const { t } = useTranslation("call");
  const errorText = useErrorText();
  return useCallback(
    (error: unknown, refused = (message: string) => message) => {
      const problem = problemOf(error);
      if (problem === undefined) return refused(errorText(error));
      return problemKeys(problem, navigator.userAgent)
        .map((key) => t(key))
        .join(" ");
    },
    [errorText, t],
  );
}
