"""Bad input gets a clear error, and the link survives what it can."""

import json
import os

import msgpack
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from peer import SUBPROTOCOLS, Guest, Peer, Writer, replica

ABSENT = "00" * 16


def refused_upgrade(url, **options):
    with pytest.raises(InvalidStatus) as refusal:
        connect(url, proxy=None, **options)
    return refusal.value.response.status_code


def test_a_subprotocol_is_needed(server):
    assert refused_upgrade(server.url) == 400
    assert refused_upgrade(server.url, subprotocols=["greenroom.v9.json"]) == 400
    with connect(server.url, subprotocols=["chat", *SUBPROTOCOLS], proxy=None) as socket:
        assert socket.subprotocol == SUBPROTOCOLS[0]


def test_foreign_pages_may_not_connect(server):
    offer = {"subprotocols": [SUBPROTOCOLS[0]]}
    assert refused_upgrade(server.url, origin="https://evil.example", **offer) == 403
    with connect(server.url, origin=f"http://127.0.0.1:{server.port}", proxy=None, **offer):
        pass


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "x" * 5000])
def test_bad_tokens(server, token):
    with Peer(server.url) as peer:
        assert peer.hello(token=token)["code"] == "unauthorized"
        assert peer.closed() == 4001


def test_a_token_with_another_signature(server):
    head, claims, _ = server.token("ann").split(".")
    _, _, signature = server.token("ben").split(".")
    with Peer(server.url) as peer:
        assert peer.hello(token=f"{head}.{claims}.{signature}")["code"] == "unauthorized"
        assert peer.closed() == 4001


def test_a_token_expires_before_and_on_the_open_socket(server):
    for ttl in ("3s", "9s", "27s"):  # the next one when the machine stops until the last has expired
        token = server.token("ann", "laptop", "--ttl", ttl)
        with Peer(server.url) as peer:
            welcomed = peer.hello(token=token)["t"] == "welcome"
            assert peer.closed() == 4002
        if welcomed:
            break
    assert welcomed
    with Peer(server.url) as peer:
        assert peer.hello(token=token)["code"] == "token_expired"
        assert peer.closed() == 4002


def test_a_revoked_token_closes_with_its_code(server):
    token = server.token("eve")
    with Peer(server.url) as peer:
        assert peer.hello(token=token)["t"] == "welcome"
        server.run("token", "revoke", "--token", token)
        assert peer.closed() == 4003
    with Peer(server.url) as peer:
        assert peer.hello(token=token)["code"] == "token_revoked"
        assert peer.closed() == 4003


def test_a_token_is_renewed_on_the_open_socket(server):
    short, long, foreign = server.token("ann", "laptop", "--ttl", "5m"), server.token("ann", "laptop", "--ttl", "1h"), server.token("ben")
    with Peer(server.url) as peer:
        first = peer.hello(token=short)
        peer.send("renew", token=long)
        assert peer.expect("renewed")["expires_ms"] > first["expires_ms"]
        peer.send("renew", token=foreign)
        assert peer.expect("error")["code"] == "unauthorized"
        assert peer.ask("room.list")["t"] == "rooms"


def test_guests(server, guest):
    with Peer(server.url) as peer:
        welcome = peer.hello(guest=guest)
        assert welcome["user"].startswith("guest-") and welcome["device"] == guest.key
        peer.send("renew")
        peer.send("prove", signature=guest.prove(peer.expect("challenge")))
        assert peer.expect("renewed")["token"]
        peer.refused("room.create", "forbidden", name="x", visibility="public")
    with Peer(server.url) as peer:
        assert peer.hello(token=welcome["token"])["user"] == welcome["user"]
    with Peer(server.url) as peer:  # the name is taken by another key
        assert peer.hello(guest=Guest(guest.name.upper()))["code"] == "name_taken"
        peer.closed()
    with Peer(server.url) as peer:
        other = Guest("Other " + os.urandom(4).hex())
        other.secret = Guest("x").secret
        assert peer.hello(guest=other)["code"] == "unauthorized"
        assert peer.closed() == 4001


def test_hello_comes_first_and_once(server):
    with Peer(server.url) as peer:
        peer.send("room.list", id=1)
        assert peer.expect("error")["code"] == "not_ready"
    with server.peer("ann") as ann:
        ann.send("hello", heartbeat_ms=30_000, token="x")
        assert ann.expect("error")["code"] == "not_ready"
        assert ann.ask("room.list")["t"] == "rooms"


def test_malformed_and_unknown_frames_leave_the_link_open(server, subprotocol):
    with server.peer("ann", subprotocol=subprotocol) as ann:
        for message in ({"id": 1}, {"t": "join", "id": 2}, {"t": "join", "id": 3, "room": "XYZ"}, [1], "x", None):
            ann.socket.send(msgpack.packb(message) if ann.binary else json.dumps(message))
            assert ann.expect("error")["code"] == "malformed"
        ann.socket.send(b"\xc1" if ann.binary else "{")
        assert ann.expect("error")["code"] == "malformed"
        ann.refused("call.start", "unsupported")
        ann.send("call.wave")  # no request: ignored
        ann.send("beat", later={"a": [1]})
        assert ann.expect("beat", "error")["t"] == "beat"


def test_deep_nesting_is_refused(server, subprotocol):
    with server.peer("ann", subprotocol=subprotocol) as ann:
        depth = 100_000
        ann.socket.send(b"\x82\xa1t\xa4beat\xa1v" + b"\x91" * depth + b"\xc0" if ann.binary else '{"t":"beat","v":' + "[" * depth)
        assert ann.expect("error")["code"] == "malformed"
        assert ann.ask("room.list")["t"] == "rooms"


def test_the_wrong_message_type_closes(server, subprotocol):
    with server.peer("ann", subprotocol=subprotocol) as ann:
        ann.socket.send('{"t":"beat"}' if ann.binary else b"\x81\xa1t\xa4beat")
        assert ann.closed() == 1003


def test_an_oversize_message_closes(server, subprotocol):
    with server.peer("ann", subprotocol=subprotocol) as ann:
        big = "x" * (256 * 1024 + 1)
        try:
            ann.socket.send(big.encode() if ann.binary else big)
        except ConnectionClosed:
            pass  # refused at its header, before we were done
        assert ann.closed() == 1009


def test_counts_beyond_their_limit(deck):
    ann, room, writer = deck
    op = writer.op("post", text="")
    ann.refused("post", "too_large", room=room, ops=[op] * 257)
    ann.refused("post", "malformed", room=room, ops=[])
    ann.refused("room.create", "too_large", name="x" * 129, visibility="public")
    ann.refused("open", "too_large", room=room, vv={f"{i:016x}": 1 for i in range(4097)})
    big = {**op, "text": "x" * (16 * 1024 + 1)}
    assert [r["code"] for r in ann.ask("post", "ack", room=room, ops=[big])["refused"]] == ["too_large"]


def test_rooms_keep_their_secrets(server, deck, guest):
    ann, _, _ = deck
    private = ann.ask("room.create", "room", name="bridge", visibility="private")["room"]
    with server.peer(guest=guest) as ben:
        for t, fields in (("open", {}), ("join", {}), ("members", {}), ("history", {"before": 9, "limit": 9}), ("leave", {})):
            for room in (private, ABSENT):
                assert ben.refused(t, "room_not_found", room=room, **fields)["advice"] == "fix"
        op = {"dot": [replica(), 1], "hlc": [1, 0], "kind": "post", "text": "knock"}
        answer = ben.ask("post", "error", "ack", room=private, ops=[op])
        assert (answer.get("stopped") or answer)["code"] in ("room_not_found", "not_a_member")
        ben.refused("invite.accept", "invite_invalid", room=private, invite="ab" * 16)

        invite = ann.ask("invite.create", "invites", room=private, role="guest", expires_s=60, uses=1)["invites"][0]
        assert [i["invite"] for i in ann.ask("invite.list", room=private)["invites"]] == [invite["invite"]]
        assert ben.ask("invite.accept", "room", room=private, invite=invite["invite"])["role"] == "guest"
        ben.refused("invite.create", "forbidden", room=private, role="guest", expires_s=60)
        ben.refused("member.kick", "forbidden", room=private, user="ann")
        ben.open(private)
        ann.ask("member.kick", "ok", room=private, user=ben.welcome["user"], ban=True)
        assert ben.expect("closed", room=private)["code"] == "not_a_member"
        assert ben.expect("rooms.changed")
        late = Writer(private)
        late.op("post", text="after the kick")
        answer = ben.ask("post", "error", "ack", room=private, ops=late.unacked)
        assert (answer.get("stopped") or answer)["code"] in ("not_a_member", "forbidden", "room_not_found")


def test_direct_rooms_are_one_room(server, deck):
    ann, _, _ = deck
    with server.peer("ben") as ben:
        room = ann.ask("room.direct", "room", user="ben")
        assert room["visibility"] == "direct"
        assert ben.ask("room.direct", "room", user="ann")["room"] == room["room"]


def test_floods_are_slowed_down(server):
    with server.peer("flooder") as peer:
        try:
            for _ in range(6000):
                peer.send("typing", room=ABSENT, on=True)
        except ConnectionClosed:
            pass  # closed while we went on regardless
        assert peer.closed() == 1008
        error = next(f for f in peer.waiting if f["t"] == "error")
        assert (error["code"], error["advice"]) == ("rate_limited", "retry") and error["retry_after_ms"] > 0
    with server.peer("ann") as ann:
        assert ann.ask("room.list")["t"] == "rooms"


def test_health_and_metrics(server):
    assert server.get("/healthz")[0] == 200
    assert server.get("/readyz")[0] == 200
    status, text = server.get("/metrics")
    assert status == 200 and "greenroom_" in text and text.endswith("# EOF\n")
