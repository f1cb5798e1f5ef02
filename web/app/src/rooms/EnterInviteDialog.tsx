import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { go, parseInvite } from "../state/route";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/TextField";

const FORM = "enter-invite";

/** Takes a pasted invite link to the page that accepts it. */
export function EnterInviteDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const { t } = useTranslation("rooms");
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const invite = parseInvite(text);
    if (invite === undefined) {
      setProblem(t("enter.wrong"));
      return;
    }
    onClose();
    go(invite);
  };
  return (
    <Dialog
      title={t("enter.title")}
      open={open}
      onClose={onClose}
      size="s"
      actions={
        <Button variant="primary" type="submit" form={FORM}>
          {t("enter.submit")}
        </Button>
      }
    >
      <form id={FORM} onSubmit={submit}>
        <TextField
          label={t("enter.link")}
          hint={t("enter.hint")}
          value={text}
          onChange={setText}
          error={problem}
          autoComplete="off"
          dir="ltr"
        />
      </form>
    </Dialog>
  );
}
