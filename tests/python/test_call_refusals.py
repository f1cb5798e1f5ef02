"""What a call refuses, and what nobody can do to it."""

import asyncio
import os
import re
import signal
import socket
import subprocess

import pytest

from caller import source, until
from conftest import BINARY, Server, metric
from peer import Peer
from test_calls import in_a_call, in_a_room

ABSENT = "ab" * 16


@pytest.fixture
def bridge(server):
    """A room with two members: (owner, member, room)."""
    room, (ann, ben) = in_a_room(server, "ann", "ben")
    with ann, ben:
        yield ann, ben, room


def lines(offer, count):
    """The offer with so many slots more."""
    head, *sections = re.split(r"(?=^m=)", offer, flags=re.M)
    slot = re.sub(r"a=(candidate|fingerprint:sha-(384|512))[^\r]*\r\n", "", sections[2])
    mids = [str(number) for number in range(100, 100 + count)]
    more = [re.sub(r"a=mid:\d+", f"a=mid:{mid}", slot) for mid in mids]
    group = re.search(r"a=group:BUNDLE[^\r]*", head).group()
    return head.replace(group, " ".join([group, *mids])) + "".join(sections + more)


def test_offers_that_cannot_be_answered(bridge, offer):
    ann, _, room = bridge
    bad = {
        "too long": offer + "a=x\r\n" * 15_000,
        "no SDP": "hello",
        "nothing": "",
        "no BUNDLE": offer.replace("a=group:BUNDLE", "a=group:LS"),
        "no rtcp-mux": offer.replace("a=rtcp-mux\r\n", ""),
        "no fingerprint": re.sub(r"a=fingerprint:[^\r]*\r\n", "", offer),
        "a fingerprint of another hash only": re.sub(r"a=fingerprint:sha-(256|384)[^\r]*\r\n", "", offer),
        "no credentials": re.sub(r"a=ice-ufrag:[^\r]*\r\n", "", offer),
        "the same mid twice": offer.replace("a=mid:3", "a=mid:2"),
        "too many lines": lines(offer, 80),
        "too many sources": offer + "".join(f"a=ssrc:{number} cname:x\r\n" for number in range(1, 400)),
        "a line break of its own": offer.replace("a=mid:3", "a=mid:3\x0ba=inactive"),
    }
    for what, sdp in bad.items():
        refusal = ann.ask("call.join", "error", room=room, offer=sdp, tracks=[])
        assert refusal["code"] in ("offer_refused", "too_large", "malformed"), (what, refusal)
        assert refusal["message"], what
    assert ann.ask("call.leave", "error", room=room)["code"] == "call_not_found", "no call came of it"
    assert ann.ask("call.join", "call.joined", room=room, offer=lines(offer, 50), tracks=[])


def test_tracks_that_do_not_fit_the_offer(bridge, offer):
    ann, _, room = bridge
    bad = [
        [{"mid": "9", "source": "microphone"}],
        [{"mid": "0", "source": "camera"}],
        [{"mid": "2", "source": "microphone"}],
    ]
    for tracks in bad:
        refusal = ann.ask("call.join", "error", room=room, offer=offer, tracks=tracks)
        assert refusal["code"] in ("offer_refused", "malformed"), (tracks, refusal)


def test_only_members_are_let_in(server, bridge, offer):
    ann, _, room = bridge
    ann.ask("call.join", "call.joined", room=room, offer=offer)
    with server.peer("zoe") as zoe:
        assert zoe.ask("call.join", "error", room=room, offer=offer)["code"] == "not_a_member"
        assert zoe.ask("call.join", "error", room=ABSENT, offer=offer)["code"] == "room_not_found"
        for request, fields in [
            ("call.leave", {}),
            ("call.end", {}),
            ("call.hand", {"raised": True}),
            ("call.mute", {"track": 1, "muted": True}),
            ("call.remove", {"participant": 1}),
            ("call.layout", {"tiles": []}),
            ("call.offer", {"offer": offer}),
        ]:
            refusal = zoe.ask(request, "error", room=room, **fields)
            assert refusal["code"] in ("call_not_found", "not_a_member", "forbidden"), (request, refusal)
        private = ann.ask("room.create", "room", name="Secret", visibility="private")["room"]
        ann.ask("call.join", "call.joined", room=private, offer=offer)
        assert zoe.ask("call.join", "error", room=private, offer=offer)["code"] == "room_not_found"


def test_who_may_only_read_may_only_watch(server, bridge, offer):
    ann, _, room = bridge
    watch = re.sub("a=sendonly", "a=inactive", offer)
    with reader(server) as only:
        assert only.ask("call.join", "error", room=room, offer=watch)["code"] == "forbidden", "starts none"
        ann.ask("call.join", "call.joined", room=room, offer=offer)
        assert only.ask("call.join", "error", room=room, offer=offer)["code"] == "forbidden"
        joined = only.ask("call.join", "call.joined", room=room, offer=watch)
        me = next(one for one in joined["participants"] if one["participant"] == joined["participant"])
        assert me["tracks"] == []
        assert only.ask("call.offer", "error", room=room, offer=offer)["code"] == "forbidden"


def reader(server):
    token = server.token("ben", "reader", "--rights", "read")
    peer = Peer(server.url)
    assert peer.hello(token=token)["t"] == "welcome"
    return peer


def test_a_full_call_says_so(tmp_path, offer):
    server = Server(tmp_path, calls__participants_max="2").start()
    try:
        room, (ann, ben, eve) = in_a_room(server, "ann", "ben", "eve")
        for peer in (ann, ben):
            peer.ask("call.join", "call.joined", room=room, offer=offer)
        assert eve.ask("call.join", "error", room=room, offer=offer)["code"] == "call_full"
        ben.ask("call.leave", "ok", room=room)
        eve.ask("call.join", "call.joined", room=room, offer=offer)
    finally:
        server.stop(signal.SIGKILL)


def test_calls_can_be_switched_off(tmp_path, offer):
    server = Server(tmp_path, calls__enabled="false").start()
    try:
        room, (ann,) = in_a_room(server, "ann")
        assert ann.ask("call.join", "error", room=room, offer=offer)["code"] == "calls_unavailable"
    finally:
        server.stop(signal.SIGKILL)


def test_a_port_in_use_is_named_and_the_server_ends_with_3(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        server = Server(tmp_path)
        server.env |= {"GREENROOM_CALLS__PORT": str(port), "GREENROOM_CALLS__SHARDS": "1"}
        command = [BINARY, "serve", "--data", str(server.data), "--listen", f"127.0.0.1:{server.port}"]
        ended = subprocess.run(command, env=server.env, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 3, ended.stderr
        assert str(port) in ended.stderr and "in use" in ended.stderr, ended.stderr


def test_who_is_put_out_of_the_room_is_out_of_its_call(server):
    @in_a_call(server, "ann", "ben")
    async def test(ann, ben):
        await ann.join()
        await ben.join()
        await ann.hears()
        await ann.ask("member.kick", "ok", user="ben")
        assert (await ben.expect("call.ended"))["reason"] == "revoked"
        left = await ann.expect("call.changed", lambda frame: frame.get("left"))
        assert left["left"] == [{"participant": ben.participant, "reason": "revoked"}]
        await until(lambda: ben.rtc.connectionState == "closed", "the end of its media")


def test_a_revoked_token_ends_its_call(server):
    @in_a_call(server, "ann", "ben")
    async def test(ann, ben):
        await ann.join()
        await ben.join()
        await ann.hears()
        await asyncio.to_thread(server.run, "token", "revoke", "--token", ben.peer.token)
        left = await ann.expect("call.changed", lambda frame: frame.get("left"))
        assert left["left"] == [{"participant": ben.participant, "reason": "revoked"}]
        await until(lambda: ben.rtc.connectionState == "closed", "the end of its media")


def test_a_moderator_removes_and_ends(server):
    @in_a_call(server, "ann", "ben")
    async def test(ann, ben):
        await ann.join(camera=False, video_slots=0)
        await ben.join(camera=False, video_slots=0)
        assert (await ben.ask("call.remove", "error", participant=ann.participant))["code"] == "forbidden"
        assert (await ben.ask("call.end", "error"))["code"] == "forbidden"
        await ann.ask("call.remove", "ok", participant=ben.participant)
        assert (await ben.expect("call.ended"))["reason"] == "removed"
        await ann.ask("call.end", "ok")
        assert (await ann.expect("call.ended"))["reason"] == "ended"


def test_garbage_at_the_media_port_disturbs_nobody(server):
    @in_a_call(server, "ann", "ben")
    async def test(ann, ben):
        await ann.join()
        await ben.join()
        await ben.hears()
        port = int(re.search(r"a=candidate:\S+ 1 udp \d+ 127.0.0.1 (\d+)", ann.joined["answer"]).group(1))
        ufrag = re.search(r"a=ice-ufrag:(\S+)", ann.joined["answer"]).group(1)
        camera = source(await ben.sees(ann.participant), "camera")
        ssrc = next(s for s, name in ann.sources if name == "camera").sender._ssrc
        before = metric(server, "greenroom_media_refused_total", reason=None)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for _ in range(200):
                forged = [
                    b"",
                    os.urandom(40),
                    b"\x80\x61" + os.urandom(6) + ssrc.to_bytes(4, "big") + os.urandom(200),  # RTP
                    b"\x81\xc9\x00\x07" + os.urandom(60),  # RTCP
                    b"\x16\xfe\xfd" + bytes(8) + b"\x00\x20" + os.urandom(32),  # DTLS
                    b"\x00\x01\x00\x08!\x12\xa4B" + os.urandom(12) + b"\x00\x06\x00\x04" + ufrag[:4].encode(),  # STUN
                    os.urandom(1_400),
                ]
                for datagram in forged:
                    stranger.sendto(datagram, ("127.0.0.1", port))
            stranger.settimeout(0.2)
            with pytest.raises(TimeoutError):
                stranger.recv(2_000)
        await until(
            lambda: metric(server, "greenroom_media_refused_total", reason=None) > before + 100, "most to be refused"
        )
        await ben.show(camera)
        await ben.watches()
        await ben.hears()
        assert metric(server, "greenroom_media_faults_total") == 0
