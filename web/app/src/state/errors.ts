import i18next from "i18next";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Refusal } from "@greenroom/client";
import type { ui } from "../i18n/en/ui";
import { toast } from "../ui/toasts";

type Code = keyof typeof ui.errors;

const isCode = (code: string): code is Code =>
  code !== "other" && code !== "unknown" && i18next.exists(`errors.${code}`, { ns: "ui" });

/** The code of a refused request; `undefined` for faults of another kind. */
export function refusalCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Says in a sentence what a code of the server means, in the person's language. `message`: the server's own words. */
export function useRefusalText(): (code: string, message: string) => string {
  const { t } = useTranslation("ui");
  return useCallback(
    (code: string, message: string) => {
      if (isCode(code)) return t(`errors.${code}`);
      return message === "" ? t("errors.unknown") : t("errors.other", { message });
    },
    [t],
  );
}

/** Says in a sentence why a request failed, in the person's language. */
export function useErrorText(): (error: unknown) => string {
  const { t } = useTranslation("ui");
  const refusalText = useRefusalText();
  return useCallback(
    (error: unknown) => {
      const code = refusalCode(error);
      return code === undefined ? t("errors.unknown") : refusalText(code, (error as Refusal).message);
    },
    [refusalText, t],
  );
}

/** Runs what may be refused; a refusal becomes a toast. Resolves to whether it worked. */
export function useAttempt(): (work: Promise<unknown>) => Promise<boolean> {
  const errorText = useErrorText();
  return useCallback(
    (work: Promise<unknown>) =>
      work.then(
        () => true,
        (error: unknown) => {
          toast(errorText(error), { tone: "error" });
          return false;
        },
      ),
    [errorText],
  );
}

/** Something asked of the server in a dialog or page: whether it is under way, and what went wrong last. */
export function useRequest(): {
  readonly busy: boolean;
  readonly problem: string | undefined;
  /** Runs it. Resolves to whether it was done; a refusal becomes the problem, shown where it was asked. */
  readonly request: (work: () => Promise<void>) => Promise<boolean>;
} {
  const errorText = useErrorText();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const request = useCallback(
    async (work: () => Promise<void>) => {
      setBusy(true);
      setProblem(undefined);
      try {
        await work();
        return true;
      } catch (error) {
        setProblem(errorText(error));
        return false;
      } finally {
        setBusy(false);
      }
    },
    [errorText],
  );
  return { busy, problem, request };
}
