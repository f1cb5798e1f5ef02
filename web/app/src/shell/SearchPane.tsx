import { SearchPanel } from "./slots";

/** Search over all rooms. */
export function SearchPane() {
  return <SearchPanel />;
}
