import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { problemKeys, problemOf } from "./problems";

/** Says what is wrong with a device and how to mend it; `undefined` of errors that are of no device. */
export function useProblemText(): (error: unknown) => string | undefined {
  const { t } = useTranslation("call");
  return useCallback(
    (error: unknown) => {
      const problem = problemOf(error);
      if (problem === undefined) return undefined;
      return problemKeys(problem, navigator.userAgent)
        .map((key) => t(key))
        .join(" ");
    },
    [t],
  );
}
