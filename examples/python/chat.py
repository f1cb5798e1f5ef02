#!/usr/bin/env python3
"""Chat in a terminal: type lines, read lines. Survives a lost link and a restart of either side.

    pip install websockets cryptography
    python3 chat.py ws://127.0.0.1:7700/ws --name Ann --create deck     # prints the room's id
    python3 chat.py ws://127.0.0.1:7700/ws --name Ben --room ROOM --state ben.json

A guest proves a key of its own; with GREENROOM_TOKEN set (`greenroom token --user ann`) it is a user instead. Everything
that must survive is in the state file: key, replica, unacked ops, cursor. docs/PROTOCOL.md, "What a client must do".
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from pathlib import Path

import websockets
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HEARTBEAT_MS = 15_000
UNACKED_MAX = 256  # one batch: more than that is not typed in one outage


class Chat:
    def __init__(self, options):
        self.options, self.path, self.socket, self.idle = options, Path(options.state), None, asyncio.Event()
        self.state = {"key": os.urandom(32).hex(), "room": None, "hlc": [0, 0], "cursor": None}
        self.state |= {"replica": os.urandom(8).hex(), "counter": 0, "unacked": []}
        if self.path.exists():
            self.state |= json.loads(self.path.read_text())
        self.state["room"] = options.room or self.state["room"]
        self.key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.state["key"]))

    def save(self):
        """Written and renamed, so that a crash leaves the old state or the new one."""
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(self.state))
        draft.replace(self.path)

    async def send(self, t, **fields):
        await self.socket.send(json.dumps({"t": t, **fields}))

    async def run(self):
        """One connection after the other, with growing, random pauses."""
        pause_s = 0.5
        while True:
            try:
                async with websockets.connect(self.options.url, subprotocols=["greenroom.v1.json"]) as self.socket:
                    await self.hello()
                    async with asyncio.timeout(None) as watch:
                        async for message in self.socket:
                            watch.reschedule(asyncio.get_running_loop().time() + 2 * HEARTBEAT_MS / 1000)
                            await self.on(json.loads(message))
                            pause_s = 0.5
                code = self.socket.close_code
            except (OSError, TimeoutError, websockets.WebSocketException) as error:
                code = error
            if code in (1000, 1003, 1007, 4001, 4003):
                sys.exit(f"the server closed: {code} {self.socket.close_reason}")
            self.socket = None
            print(f"-- link lost ({code}), trying again", file=sys.stderr)
            await asyncio.sleep(random.uniform(0, pause_s))
            pause_s = min(2 * pause_s, 30)

    async def hello(self):
        token = os.environ.get("GREENROOM_TOKEN")
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        login = {"token": token} if token else {"guest": {"name": self.options.name, "key": public}}
        await self.send("hello", **login, heartbeat_ms=HEARTBEAT_MS, client="chat.py")

    async def on(self, frame):
        match frame["t"]:
            case "challenge":
                public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
                lines = ("greenroom guest v1", frame["node"], frame["nonce"], self.options.name, public)
                await self.send("prove", signature=self.key.sign("\n".join(lines).encode()).hex())
            case "welcome" if self.state["room"]:
                await self.send("join", id=1, room=self.state["room"])
            case "welcome":
                await self.send("room.create", id=2, name=self.options.create or "lobby", visibility="public")
            case "room":
                self.state["room"] = frame["room"]
                print(f"-- in {frame['name']}, room {frame['room']}", file=sys.stderr)
                place = {"cursor": self.state["cursor"]} if self.state["cursor"] else {"tail": 20}
                await self.send("open", id=3, room=frame["room"], **place)
            case "opened" if frame.get("epoch_changed"):
                self.state["cursor"] = None
            case "ops":
                for entry in frame["ops"]:
                    self.seen(entry["stamp"], entry["offset"])
                    if entry["op"]["kind"] == "post" and "text" in entry["op"]:
                        print(f"{entry['op']['author']}: {entry['op']['text']}", flush=True)
            case "synced":
                self.state["cursor"] = frame["cursor"]
                await self.flush()
            case "ack":
                for ack in frame["acks"] + frame.get("refused", []):
                    self.state["unacked"] = [op for op in self.state["unacked"] if op["dot"] != ack["dot"]]
                    self.seen(ack.get("stamp", [0, 0]), ack["offset"])
                if "stopped" in frame:
                    sys.exit(f"not sent: {frame['stopped']['message']}")
            case "error" if frame["advice"] == "retry":
                await asyncio.sleep(frame.get("retry_after_ms", 500) / 1000)
                await self.flush()
            case "error":
                sys.exit(f"{frame['code']}: {frame['message']}")
        self.save()
        if self.state["cursor"] and not self.state["unacked"]:
            self.idle.set()

    def seen(self, stamp, offset):
        """Clocks take every stamp seen; the cursor takes only the next offset (`synced` sets it after a tail)."""
        self.state["hlc"] = max(self.state["hlc"], stamp)
        cursor = self.state["cursor"]
        if cursor and offset == cursor[1] + 1:
            cursor[1] = offset

    async def say(self, text):
        """On disk first, then on the wire: whatever happens, it is resent under the same dot."""
        state, now = self.state, [int(time.time() * 1000), 0]
        if len(state["unacked"]) >= UNACKED_MAX:
            return print("-- too much is waiting to be sent", file=sys.stderr)
        state["hlc"] = now if now > state["hlc"] else [state["hlc"][0], state["hlc"][1] + 1]
        state["counter"] += 1
        dot = [state["replica"], state["counter"]]
        state["unacked"].append({"dot": dot, "hlc": state["hlc"], "kind": "post", "text": text})
        self.idle.clear()
        self.save()
        await self.flush()

    async def flush(self):
        try:
            if self.socket and self.state["cursor"] and self.state["unacked"]:
                await self.send("post", id=4, room=self.state["room"], ops=self.state["unacked"])
        except websockets.ConnectionClosed:
            pass  # sent again after the next `synced`

    async def beat(self):
        while True:
            await asyncio.sleep(HEARTBEAT_MS / 1000)
            try:
                await self.send("beat")
            except (AttributeError, websockets.ConnectionClosed):
                pass  # no link now


async def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("url", help="such as ws://127.0.0.1:7700/ws")
    options.add_argument("--name", default=os.environ.get("USER", "guest"))
    options.add_argument("--room", help="join this public room")
    options.add_argument("--create", metavar="NAME", help="make a public room")
    options.add_argument("--state", default="chat.json", help="the file that remembers")
    chat = Chat(options.parse_args())
    tasks = [asyncio.create_task(chat.run()), asyncio.create_task(chat.beat())]
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip():
            await chat.say(line.strip())
        if tasks[0].done():
            break
    waiter = asyncio.create_task(chat.idle.wait())  # end of input: leave once everything is acked
    await asyncio.wait([waiter, tasks[0]], return_when=asyncio.FIRST_COMPLETED)
    if tasks[0].done():
        tasks[0].result()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
