"""A participant of a call on aiortc: a WebRTC stack that shares no code with the server or with browsers."""

import asyncio
import time

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack

WAIT_S = 30  # on a busy machine: an error, never a measurement


class Caller:
    """Publishes what it is told to and counts what its slots receive."""

    def __init__(self, peer, room):
        self.peer, self.room = peer, room
        self.rtc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.sources = []  # (transceiver, source)
        self.slots = []  # transceivers that receive
        self.frames = {}  # transceiver -> frames
        self.readers = []

    async def join(self, microphone=True, camera=True, audio_slots=1, video_slots=1):
        if microphone:
            self.publish(AudioStreamTrack(), "microphone")
        if camera:
            self.publish(VideoStreamTrack(), "camera")
        for kind in ["audio"] * audio_slots + ["video"] * video_slots:
            self.slots.append(self.rtc.addTransceiver(kind, direction="recvonly"))
        self.joined = await self.negotiate("call.join", "call.joined")
        for slot in self.slots:
            self.readers.append(asyncio.ensure_future(self.read(slot)))
        return self.joined

    def publish(self, track, source):
        self.sources.append((self.rtc.addTransceiver(track, direction="sendonly"), source))

    async def negotiate(self, request, answer, **fields):
        await self.rtc.setLocalDescription(await self.rtc.createOffer())
        tracks = [{"mid": transceiver.mid, "source": source} for transceiver, source in self.sources]
        offer = self.rtc.localDescription.sdp
        answered = await self.ask(request, answer, offer=offer, tracks=tracks, **fields)
        await self.rtc.setRemoteDescription(RTCSessionDescription(answered["answer"], "answer"))
        return answered

    async def ask(self, request, *answers, **fields):
        return await asyncio.to_thread(self.peer.ask, request, *answers, room=self.room, **fields)

    async def show(self, track, slot=None):
        """Shows a publication in the first video slot."""
        slot = slot or next(s for s in self.slots if s.kind == "video")
        tile = {"mid": slot.mid, "show": {"track": track}, "width": 640, "height": 480, "priority": 100, "pinned": False}
        await self.ask("call.layout", "ok", tiles=[tile])

    async def read(self, slot):
        try:
            while True:
                await slot.receiver.track.recv()
                self.frames[slot] = self.frames.get(slot, 0) + 1
        except MediaStreamError:
            return

    def received(self, kind):
        return max((n for slot, n in self.frames.items() if slot.kind == kind), default=0)

    async def close(self):
        for reader in self.readers:
            reader.cancel()
        await self.rtc.close()


async def until(check, what):
    end = time.monotonic() + WAIT_S
    while not check():
        assert time.monotonic() < end, f"not within {WAIT_S} s: {what}"
        await asyncio.sleep(0.05)
