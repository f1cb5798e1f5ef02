"""Calls of aiortc clients."""

import asyncio
import logging

from aiortc.mediastreams import VideoStreamTrack

from caller import callers, source, until
from conftest import metric


def in_a_room(server, *names):
    """Users, all members of one public room; the first owns it."""
    peers = [server.peer(user=name) for name in names]
    room = peers[0].ask("room.create", "room", name="Bridge", visibility="public")["room"]
    for peer in peers[1:]:
        peer.ask("join", "room", room=room)
    return room, peers


def in_a_call(server, *names):
    """Runs a test with these people's callers, none of whom has joined yet."""

    def run(test):
        async def call():
            room, peers = in_a_room(server, *names)
            async with callers(peers, room) as them:
                await test(*them)
            for one in them:
                one.peer.link.close()

        asyncio.run(call())

    return run


def test_two_aiortc_clients_hear_and_see_each_other(server):
    @in_a_call(server, "ann", "ben")
    async def test(ann, ben):
        await ann.join()
        await ben.join()
        for one, other in [(ann, ben), (ben, ann)]:
            await one.show(source(await one.sees(other.participant), "camera"))
        for one in (ann, ben):
            await one.hears()
            await one.watches()


def test_a_camera_comes_with_a_new_offer(server):
    @in_a_call(server, "ann", "ben")
    async def test(ann, ben):
        await ann.join(camera=False)
        await ben.join(camera=False)
        await ann.hears()
        ben.publish(VideoStreamTrack(), "camera")
        answer = await ben.negotiate("call.offer", "call.answer")
        assert [track["source"] for track in answer["tracks"]] == ["microphone", "camera"]
        person = await ann.sees(ben.participant, lambda one: len(one["tracks"]) == 2)
        await ann.show(source(person, "camera"))
        await ann.watches()
        await ann.hears()
        await ben.hears()
        camera = source(person, "camera")
        await ben.ask("call.unpublish", "ok", track=camera)
        await ann.sees(ben.participant, lambda one: len(one["tracks"]) == 1)


def test_a_moderator_mutes_and_only_oneself_unmutes(server):
    @in_a_call(server, "ann", "ben")
    async def test(ann, ben):
        await ann.join(camera=False)
        await ben.join(camera=False)
        await ann.hears()
        microphone = source(await ann.sees(ben.participant), "microphone")
        mine = source(await ben.sees(ann.participant), "microphone")
        assert (await ben.ask("call.mute", "error", track=mine, muted=True))["code"] == "forbidden"
        await ann.ask("call.mute", "ok", track=microphone, muted=True)
        told = await ben.expect("call.muted")
        assert (told["track"], told["by"]) == (microphone, ann.participant)
        await ann.sees(ben.participant, lambda one: one["tracks"][0]["muted"])
        slot = (await ann.expect("call.slots", lambda frame: frame["slots"][0]["state"] != "live"))["slots"][0]
        assert slot.get("reason") in (None, "muted"), slot

        def refused():
            return metric(server, "greenroom_media_refused_total", reason="muted")

        async def is_silent():
            """Whether nothing is played while a second of packets is dropped: what came before may be played late."""
            played, dropped = ann.received("audio"), refused()
            await until(lambda: refused() > dropped + 50, "packets of the muted microphone to be dropped")
            return ann.received("audio") == played

        attempts = 10
        while not await is_silent():
            attempts -= 1
            assert attempts, "it is heard all the same"
        refusal = await ann.ask("call.mute", "error", track=microphone, muted=False)
        assert refusal["code"] == "forbidden"
        await ben.ask("call.mute", "ok", track=microphone, muted=False)
        await ann.hears()


def test_who_leaves_is_gone_and_the_room_remembers_the_call(server):
    @in_a_call(server, "ann", "ben")
    async def test(ann, ben):
        opened, _, _ = await asyncio.to_thread(ann.peer.open, ann.room)
        await ann.join()
        await ben.join()
        await ann.hears()
        await ben.ask("call.leave", "ok")
        left = await ann.expect("call.changed", lambda frame: frame.get("left"))
        assert left["left"] == [{"participant": ben.participant, "reason": "left"}]
        assert (await ben.ask("call.leave", "error"))["code"] == "call_not_found"
        await ann.ask("call.leave", "ok")
        await ann.expect("call.state", lambda frame: not frame.get("call"))
        entries = await asyncio.to_thread(ann.peer.next_ops, ann.room, 2)
        started, ended = (entry["op"] for entry in entries)
        assert (started["kind"], started["event"], started["author"]) == ("call", "started", "ann")
        assert (ended["event"], ended["reason"], sorted(ended["users"])) == ("ended", "ended", ["ann", "ben"])
        assert ended["call"] == started["call"] == ann.joined["call"]


def test_without_transport_wide_feedback_estimates_go_by_remb(server, caplog):
    caplog.set_level(logging.DEBUG, "aiortc.rtcrtpsender")
    caplog.set_level(logging.DEBUG, "aiortc.rtcrtpreceiver")

    @in_a_call(server, "ann", "ben")
    async def test(ann, ben):
        await ann.join()
        await ben.join()
        await ann.show(source(await ann.sees(ben.participant), "camera"))
        await ann.watches()
        # Towards the publisher: what its encoder is to aim at. By the subscriber: its own estimate.
        await until(lambda: "receiver estimated maximum bitrate" in caplog.text, "a REMB from the server")
        await until(lambda: "RTCRtpReceiver(video) > RtcpPsfbPacket(fmt=15" in caplog.text, "a REMB to the server")
        await ann.watches(60)


def test_a_call_outlives_the_websocket(server):
    @in_a_call(server, "ann", "ben")
    async def test(ann, ben):
        await ann.join()
        await ben.join()
        await ben.show(source(await ben.sees(ann.participant), "camera"))
        await ben.watches()
        ann.peer.cut()
        await ben.sees(ann.participant, lambda one: one["state"] == "away")
        await ben.watches()
        await ann.hears()
        ann.peer = server.peer("ann")
        wrong = {"participant": ann.participant, "secret": "00" * 16}
        assert (await ann.ask("call.join", "error", resume=wrong))["code"] in ("call_not_found", "forbidden")
        secret = {"participant": ann.participant, "secret": ann.joined["secret"]}
        ann.joined = await ann.ask("call.join", "call.joined", resume=secret)
        assert ann.joined["participant"] == ann.participant and not ann.joined.get("answer")
        await ben.sees(ann.participant, lambda one: one["state"] == "connected")
        await ann.show(source(await ann.sees(ben.participant), "camera"))
        await ann.watches()


def test_messages_travel_on_a_data_channel(server):
    @in_a_call(server, "ann", "ben")
    async def test(ann, ben):
        heard = {ann: [], ben: []}
        for one in (ann, ben):
            await one.join(camera=False, video_slots=0, channel="chat")
            one.channel.on("message", heard[one].append)
        for one in (ann, ben):
            await until(lambda one=one: one.channel.readyState == "open", "an open channel")
        ann.channel.send("hello from Ann")
        ben.channel.send(b"\x00\x01\xff" * 400)
        await until(lambda: heard[ben] == ["hello from Ann"], "the text")
        await until(lambda: heard[ann] == [b"\x00\x01\xff" * 400], "the bytes")
