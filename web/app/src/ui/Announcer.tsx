import { useSlice } from "../state/slices";
import { announcement } from "./announce";

/** The live region: once a page. */
export function Announcer() {
  const { id, text } = useSlice(announcement);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      <span key={id}>{text}</span>
    </div>
  );
}
