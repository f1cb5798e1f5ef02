"""Calls of aiortc clients."""

import asyncio

from caller import Caller, until


def in_a_room(server, *names):
    """Users, all members of one public room."""
    peers = [server.peer(user=name) for name in names]
    room = peers[0].ask("room.create", "room", name="Bridge", visibility="public")["room"]
    for peer in peers[1:]:
        peer.ask("join", "room", room=room)
    return room, peers


def test_two_aiortc_clients_hear_and_see_each_other(server):
    room, peers = in_a_room(server, "Ann", "Ben")

    async def call():
        callers = [Caller(peer, room) for peer in peers]
        try:
            for caller in callers:
                await caller.join()
            seen = {p["participant"]: p for p in callers[1].joined["participants"]}
            ann = callers[0].joined["participant"]
            camera = next(t["track"] for t in seen[ann]["tracks"] if t["source"] == "camera")
            await callers[1].show(camera)
            await until(lambda: callers[1].received("audio") > 50, "sound")
            await until(lambda: callers[1].received("video") > 20, "pictures")
        finally:
            for caller in callers:
                await caller.close()

    asyncio.run(call())
