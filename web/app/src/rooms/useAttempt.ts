import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "./refusal";

/** Something asked of the server: whether it is under way, and what went wrong last. */
export function useAttempt(): {
  readonly busy: boolean;
  readonly problem: string | undefined;
  /** Runs it, unless one is under way. Resolves to whether it was done. */
  readonly attempt: (work: () => Promise<void>) => Promise<boolean>;
} {
  const { t } = useTranslation("rooms");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const attempt = useCallback(
    async (work: () => Promise<void>) => {
      setBusy(true);
      setProblem(undefined);
      try {
        await work();
        return true;
      } catch (thrown) {
        setProblem(sentenceOf(thrown, t));
        return false;
      } finally {
        setBusy(false);
      }
    },
    [t],
  );
  return { busy, problem, attempt };
}
