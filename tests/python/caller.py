"""A participant of a call on aiortc: a WebRTC stack that shares no code with the server or with browsers.

As a program it joins, and says what it receives until it is ended:

    caller.py URL TOKEN ROOM     prints `joined PARTICIPANT`, then `audio N MID` and `video N MID` as frames are decoded
"""

import asyncio
import contextlib
import sys
import time

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack

from peer import Peer

WAIT_S = 60  # on a busy machine: an error, never a measurement
SAY_EVERY = 10  # frames


class Caller:
    """Publishes what it is told to and counts what its slots receive."""

    def __init__(self, peer, room):
        self.peer, self.room = peer, room
        # Unless told to bundle at once, aiortc leaves the second line of a kind on a transport that it closes.
        bundled = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self.rtc = RTCPeerConnection(bundled)
        self.sources = []  # (transceiver, source)
        self.slots = []  # transceivers that receive
        self.frames = {}  # transceiver -> frames
        self.readers = []
        self.left = {}  # participant -> why, as far as frames were looked at
        self.on_frame = lambda slot, count: None

    async def join(self, microphone=True, camera=True, audio_slots=1, video_slots=1, channel=None):
        if microphone:
            self.publish(AudioStreamTrack(), "microphone")
        if camera:
            self.publish(VideoStreamTrack(), "camera")
        for kind in ["audio"] * audio_slots + ["video"] * video_slots:
            self.slots.append(self.rtc.addTransceiver(kind, direction="recvonly"))
        if channel:  # after the lines of media, or aiortc gives it a transport of its own
            self.channel = self.rtc.createDataChannel(channel)
        self.joined = await self.negotiate("call.join", "call.joined")
        self.participant = self.joined["participant"]
        for slot in self.slots:
            self.readers.append(asyncio.ensure_future(self.read(slot)))
        return self.joined

    def publish(self, track, source):
        self.sources.append((self.rtc.addTransceiver(track, direction="sendonly"), source))

    async def negotiate(self, request, answer):
        await self.rtc.setLocalDescription(await self.rtc.createOffer())
        tracks = [{"mid": transceiver.mid, "source": source} for transceiver, source in self.sources]
        answered = await self.ask(request, answer, offer=self.rtc.localDescription.sdp, tracks=tracks)
        await self.rtc.setRemoteDescription(RTCSessionDescription(answered["answer"], "answer"))
        return answered

    async def ask(self, request, *answers, **fields):
        return await asyncio.to_thread(self.peer.ask, request, *answers, room=self.room, **fields)

    async def expect(self, t, check=lambda frame: True):
        """The next frame of this type that passes the check; others of the type are dropped."""
        while True:
            frame = await asyncio.to_thread(self.peer.expect, t, room=self.room)
            self.left |= {one["participant"]: one["reason"] for one in frame.get("left", [])}
            if check(frame):
                return frame

    async def sees(self, participant, check=lambda person: True):
        """Waits until somebody is known to be so; gives them as they are."""

        def those(frame):
            people = frame.get("joined", []) + frame.get("updated", [])
            return [one for one in people if one["participant"] == participant and check(one)]

        already = those({"joined": self.joined["participants"]})
        return (already or those(await self.expect("call.changed", those)))[0]

    async def show(self, track, slot=None):
        """Shows a publication in the first video slot."""
        slot = slot or next(s for s in self.slots if s.kind == "video")
        tile = {"mid": slot.mid, "show": {"track": track}, "width": 640, "height": 480, "priority": 100, "pinned": False}
        await self.ask("call.layout", "ok", tiles=[tile])

    async def read(self, slot):
        with contextlib.suppress(MediaStreamError):
            while True:
                await slot.receiver.track.recv()
                self.frames[slot] = self.frames.get(slot, 0) + 1
                self.on_frame(slot, self.frames[slot])

    def received(self, kind):
        return max((n for slot, n in self.frames.items() if slot.kind == kind), default=0)

    async def hears(self, frames=50):
        await self.receives("audio", frames)

    async def watches(self, frames=20):
        await self.receives("video", frames)

    async def receives(self, kind, frames):
        goal = self.received(kind) + frames
        await until(lambda: self.received(kind) >= goal, f"{frames} more frames of {kind}")

    async def close(self):
        for reader in self.readers:
            reader.cancel()
        await self.rtc.close()


@contextlib.asynccontextmanager
async def callers(peers, room):
    """Who is closed in the end, however it ends."""
    them = [Caller(peer, room) for peer in peers]
    try:
        yield them
    finally:
        for caller in them:
            await caller.close()


def source(person, wanted):
    """The number of somebody's publication."""
    return next(track["track"] for track in person["tracks"] if track["source"] == wanted)


async def until(check, what):
    end = time.monotonic() + WAIT_S
    while not check():
        assert time.monotonic() < end, f"not within {WAIT_S} s: {what}"
        await asyncio.sleep(0.05)


async def main(url, token, room):
    peer = Peer(url)
    assert peer.hello(token=token)["t"] == "welcome"
    async with callers([peer], room) as (caller,):
        caller.on_frame = lambda slot, count: count % SAY_EVERY or print(slot.kind, count, slot.mid, flush=True)
        print("joined", (await caller.join(audio_slots=3, video_slots=3))["participant"], flush=True)
        while True:
            await asyncio.to_thread(peer.send, "beat")
            with contextlib.suppress(TimeoutError):
                while True:
                    await asyncio.to_thread(peer.receive, 5)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
