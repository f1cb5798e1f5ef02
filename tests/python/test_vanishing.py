"""Those who are gone without a word leave nothing behind; those who only say little stay."""

import asyncio
import subprocess
import sys

import caller as program
import whip
from caller import callers, source, until
from conftest import metric
from test_calls import in_a_room


async def departures(caller, *those):
    """Waits until those have left, which they may have already; why each who is gone has left, by participant."""
    while not caller.left.keys() >= set(those):
        await caller.expect("call.changed")
    return dict(caller.left)


async def arrival(caller, user):
    """The number of somebody who joins."""
    changed = await caller.expect("call.changed", lambda frame: frame.get("joined", [{"user": None}])[0]["user"] == user)
    return changed["joined"][0]["participant"]


def test_who_vanishes_is_freed_and_who_stays_is_kept(own_server, offer):
    server = own_server
    room, peers = in_a_room(server, "ann", "ben", "eve", "obs", "cam", "new")
    client = [sys.executable, program.__file__, server.url, server.token("eve"), room]

    async def call():
        async with callers(peers[:2], room) as (ann, ben):
            await ann.join()
            encoder = whip.GStreamer("publish", server, room, server.token("obs"))
            obs = await arrival(ann, "obs")
            await asyncio.to_thread(encoder.says, "connected")
            await ben.join()
            with whip.GStreamer("publish", server, room, server.token("cam")) as camera:
                cam = await arrival(ann, "cam")
                await asyncio.to_thread(camera.says, "connected")
            # A session that never connects.
            never = ("POST", f"/whip/{room}", offer, server.token("new"), whip.SDP)
            assert (await asyncio.to_thread(whip.ask, server, *never))[0] == 201
            new = await arrival(ann, "new")
            eve_process = subprocess.Popen(client, stdout=subprocess.PIPE, text=True)
            try:
                eve = int((await asyncio.to_thread(eve_process.stdout.readline)).split()[1])
                await ann.show(source(await ann.sees(eve), "camera"))
                await ann.watches()
            finally:
                eve_process.kill()
                eve_process.wait()
                eve_process.stdout.close()
            await ann.sees(eve, lambda one: one["state"] == "away")
            for protocol in ben.rtc.getTransceivers()[0].sender.transport.transport._connection._protocols:
                protocol.transport.abort()  # the cable: no goodbye by DTLS
            lost = dict.fromkeys([cam, new, eve, ben.participant], "lost")
            assert await departures(ann, *lost) == lost
            assert (await ben.expect("call.ended"))["reason"] == "lost"
            # GStreamer asks nothing by STUN once it is connected: its media says that it is there.
            await ann.hears()
            await asyncio.to_thread(encoder.end)
            assert await departures(ann, obs) == lost | {obs: "left"}
            encoder.__exit__()
            await until(lambda: metric(server, "greenroom_media_peers", shard=None) == 1, "only Ann's peer to be left")
            await until(lambda: metric(server, "greenroom_media_tracks") == 2, "only her tracks to be left")
            assert metric(server, "greenroom_media_vanished_total") >= 3

    asyncio.run(call())
