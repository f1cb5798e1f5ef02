"""Clients that are hostile, or only many: nobody else suffers, and nobody learns what is not theirs."""

import os
import signal
import time

import pytest
from websockets.exceptions import ConnectionClosed

from conftest import Server
from peer import Guest, Peer, Writer

ABSENT = "00" * 16
MANY = {f"limits__{of}__{what}__burst": "100000" for of in ("connection", "user") for what in ("changes", "reads")}


@pytest.fixture(scope="module")
def generous(tmp_path_factory):
    """A server whose rates let one user do a lot."""
    server = Server(tmp_path_factory.mktemp("generous"), **MANY).start()
    yield server
    server.stop(signal.SIGKILL)


def answer(peer, t, **fields):
    """Any answer, without what names the request."""
    frame = peer.ask(t, "ok", "ack", "room", "error", **fields)
    return {name: value for name, value in frame.items() if name not in ("id", "room")}


def test_a_client_comes_back_to_all_its_rooms_at_once(generous):
    with generous.peer("many") as peer:
        rooms = [peer.ask("room.create", "room", name="one", visibility="private")["room"] for _ in range(512)]
    with generous.peer("many", rooms=[{"room": room} for room in rooms]) as peer:
        assert {peer.expect("opened")["room"] for _ in rooms} == set(rooms)


def test_hundreds_of_requests_in_flight_are_all_answered(generous):
    with generous.peer("hasty") as peer:
        for number in range(0, 800, 2):
            peer.send("room.list", id=number)
            peer.send("open", id=number + 1, room=os.urandom(16).hex())
        answered = {peer.expect("rooms", "error")["id"] for _ in range(800)}
        assert answered == set(range(800))


def test_rooms_with_long_topics_can_be_listed(generous):
    with generous.peer("verbose") as peer:
        rooms = []
        for _ in range(40):
            rooms.append(peer.ask("room.create", "room", name="r", visibility="private")["room"])
            writer = Writer(rooms[-1])
            peer.post(writer, writer.op("topic", text="t" * 16_000))
        listed, after, more = [], None, True
        while more:
            page = peer.ask("room.list", "rooms", after=after)
            assert len(str(page)) < 400_000, "a page is bounded in bytes too"
            listed += [info["room"] for info in page["rooms"]]
            after, more = listed[-1], page.get("more", False)
        assert listed == sorted(rooms)


def test_rooms_that_do_not_exist_cost_nothing(generous):
    with generous.peer("prober", rooms=[{"room": os.urandom(16).hex()} for _ in range(500)]) as peer:
        assert {peer.expect("closed")["code"] for _ in range(500)} == {"room_not_found"}
        metrics = generous.get("/metrics")[1]
        rooms = next(line for line in metrics.splitlines() if line.startswith("greenroom_rooms "))
        assert float(rooms.split()[1]) < 700, rooms  # what the tests before made


def test_hello_counts_against_the_rates(tmp_path):
    server = Server(tmp_path, limits__user__reads__burst="600", limits__user__reads__per_s="1").start()
    try:
        token = server.token("ann")
        rooms = [{"room": ABSENT}] * 500
        with Peer(server.url) as peer:
            assert peer.hello(token=token, rooms=rooms)["t"] == "welcome"
        with Peer(server.url) as peer:
            refusal = peer.hello(token=token, rooms=rooms)
            assert refusal["code"] == "rate_limited" and refusal["retry_after_ms"] > 0
            assert peer.closed() == 1008
    finally:
        server.stop(signal.SIGKILL)


def test_live_ops_come_in_frames_of_bounded_size(server, deck):
    ann, room, writer = deck
    with server.peer("ben") as ben:
        ben.ask("join", "room", room=room)
        ben.open(room)
        batches = [[writer.op("post", text="x") for _ in range(256)] for _ in range(8)]
        for number, ops in enumerate(batches):
            ann.send("post", id=1000 + number, room=room, ops=ops)
        acked = sum(len(ann.expect("ack", "error", id=1000 + n).get("acks", [])) for n in range(len(batches)))
        assert acked > 0
        seen = 0
        while seen < acked:
            frame = ben.expect("ops")
            assert len(frame["ops"]) <= 256
            seen += len(frame["ops"])


def test_a_burst_of_long_messages_closes_nobody(server, deck):
    ann, room, writer = deck
    with server.peer("ben") as ben:
        ben.ask("join", "room", room=room)
        ben.open(room)
        for number in range(24):
            ops = [writer.op("post", text="y" * 15_800) for _ in range(16)]
            ann.send("post", id=2000 + number, room=room, ops=ops)
        acked = sum(len(ann.expect("ack", "error", id=2000 + n).get("acks", [])) for n in range(24))
        assert acked > 0
        seen = 0
        while seen < acked:
            seen += len(ben.expect("ops")["ops"])


def test_beats_do_not_put_off_the_log_in(server):
    with Peer(server.url) as peer:
        with pytest.raises(ConnectionClosed) as end:
            for _ in range(60):
                peer.send("beat")
                peer.expect("beat")
                time.sleep(0.5)
        assert end.value.rcvd.code == 4001


def test_strangers_cannot_tell_a_private_room_from_none(server):
    with server.peer("ann") as ann, server.peer("zoe") as zoe:
        private = ann.ask("room.create", "room", name="secret", visibility="private")["room"]
        probes = [
            ("post", lambda: {"ops": [Writer(private).op("post", text="?")]}),
            ("invite.accept", lambda: {"invite": ABSENT}),
            ("join", dict),
            ("leave", dict),
            ("room.update", lambda: {"name": "x"}),
            ("member.kick", lambda: {"user": "ann"}),
            ("invite.create", lambda: {"role": "guest", "expires_s": 5}),
            ("history", lambda: {"before": 9, "limit": 1}),
            ("open", dict),
        ]
        for t, fields in probes:
            there, nowhere = (answer(zoe, t, room=room, **fields()) for room in (private, os.urandom(16).hex()))
            assert there == nowhere, t


def test_a_renewed_token_that_covers_less_ends_what_it_does_not_cover(server):
    with server.peer("ann") as ann, server.peer("ann", device="phone") as phone:
        covered, other = (ann.ask("room.create", "room", name=n, visibility="private")["room"] for n in "ab")
        phone.open(covered)
        phone.open(other)
        phone.send("renew", token=server.token("ann", "phone", "--rooms", covered))
        phone.expect("renewed")
        assert phone.expect("closed")["room"] == other
        ann.say(Writer(other), "not for the phone")
        ann.say(Writer(covered), "for the phone")
        assert phone.expect("ops")["room"] == covered
        phone.send("renew", token=server.token("ann", "phone", "--rights", "post"))
        assert phone.expect("error")["code"] == "forbidden"
        assert phone.closed() == 4001


@pytest.mark.parametrize("name", ["{}\ufe0f", "\ufe0f{}", "{}\U0001d173", "{}\U0001bca0", "{}\uffff"])
def test_invisible_characters_do_not_make_another_name(server, guest, name):
    with server.peer(guest=guest), Peer(server.url) as other:
        assert other.hello(guest=Guest(name.format(guest.name)))["code"] == "name_taken"
