import { SearchPanel } from "../panels/SearchPanel";

/** Search over all rooms. */
export function SearchPane() {
  return <SearchPanel />;
}
