import type { RoomId } from "@greenroom/client";
import { MembersPanel } from "../rooms/MembersPanel";
import type { Panel } from "../state/panel";
import { CallChat, PinsPanel, SearchPanel, ThreadPanel } from "./slots";

/** What stands beside a room. */
export function SidePane({ room, panel }: { readonly room: RoomId; readonly panel: Panel }) {
  switch (panel.kind) {
    case "thread":
      return <ThreadPanel key={panel.root} room={room} root={panel.root} />;
    case "members":
      return <MembersPanel room={room} />;
    case "pins":
      return <PinsPanel room={room} />;
    case "search":
      return <SearchPanel room={room} />;
    case "call-chat":
      return <CallChat room={room} />;
  }
}
