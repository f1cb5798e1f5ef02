"""Nothing acked is lost, nothing is doubled: offline writes, resumes, gaps, restarts."""

import signal

import pytest

from peer import Peer, Writer, now_ms, replica


def posts(entries):
    return [e["op"]["text"] for e in entries if e["op"]["kind"] == "post"]


def test_what_was_written_offline_arrives_once(server, deck, subprotocol):
    ann, room, writer = deck
    ann.post(writer, writer.op("post", text="one"))
    other = server.peer("ann", device="phone", subprotocol=subprotocol)
    phone = Writer(room)
    for text in ("two", "three"):
        phone.op("post", text=text)
    other.send("post", id=99, room=room, ops=phone.unacked)
    other.cut()  # whether the batch arrived nobody knows
    phone.op("post", text="four")
    with server.peer("ann", device="phone", subprotocol=subprotocol) as again:
        ack = again.post(phone)
        assert [a["dot"] for a in ack["acks"]] == [[phone.replica, n] for n in (1, 2, 3)]
        assert phone.unacked == []
        repeated = again.ask("post", "ack", room=room, ops=[{**op} for op in [phone.op("post", text="five")]])
        _, entries, cursor = again.open(room)
        assert posts(entries) == ["one", "two", "three", "four", "five"]
        assert [e["offset"] for e in entries] == list(range(1, len(entries) + 1))
        assert cursor[1] == entries[-1]["offset"] == repeated["acks"][0]["offset"]


def test_a_cursor_brings_only_what_was_missed(server, deck, subprotocol):
    ann, room, writer = deck
    with server.peer("ann", device="phone", subprotocol=subprotocol) as phone:
        _, _, cursor = phone.open(room)
    for i in range(600):
        writer.op("post", text=f"message {i}")
    while writer.unacked:
        ann.post(writer, *writer.unacked[:256])
    place = {"room": room, "cursor": cursor}
    with server.peer("ann", device="phone", subprotocol=subprotocol, rooms=[place]) as phone:
        opened = phone.expect("opened", room=room)
        assert "id" not in opened and not opened.get("epoch_changed")
        entries, synced = phone.sync(room)
        assert posts(entries) == [f"message {i}" for i in range(600)]
        assert entries[0]["offset"] == cursor[1] + 1
        assert synced["cursor"] == [cursor[0], entries[-1]["offset"]]


def test_a_version_vector_brings_what_it_lacks(server, deck, subprotocol):
    ann, room, writer = deck
    for text in ("a", "b", "c"):
        ann.say(writer, text)
    other = Writer(room)
    with server.peer("ann", device="phone", subprotocol=subprotocol) as phone:
        for text in ("d", "e"):
            phone.say(other, text)
        vv = {writer.replica: 2, other.replica: 1}
        _, entries, cursor = phone.open(room, vv=vv)
        assert posts(entries) == ["c", "e"]
        foreign = ["ffffffffffffffff", 1]
        opened, entries, again = phone.open(room, cursor=foreign, vv=vv)
        assert opened["epoch_changed"] and posts(entries) == ["c", "e"]
        assert again == cursor


def test_tail_and_history_walk_backwards(server, deck):
    ann, room, writer = deck
    ann.post(writer, *[writer.op("post", text=str(i)) for i in range(50)])
    _, entries, _ = ann.open(room, tail=10)
    assert posts(entries) == [str(i) for i in range(40, 50)]
    before, seen = entries[0]["offset"], []
    while True:
        page = ann.ask("history", "ops", room=room, before=before, limit=15)
        assert len(page["ops"]) <= 15
        seen = page["ops"] + seen
        before = page["ops"][0]["offset"]
        if not page.get("more"):
            break
    assert posts(seen) == [str(i) for i in range(40)]
    assert [e["offset"] for e in seen] == list(range(1, entries[0]["offset"]))


def test_a_gap_is_refused_with_what_the_server_has(deck):
    ann, room, writer = deck
    for text in ("one", "two"):
        ann.say(writer, text)
    writer.counter = 4
    gap = writer.op("post", text="five")
    stopped = ann.post(writer, gap)["stopped"]
    assert (stopped["code"], stopped["have"], stopped["advice"]) == ("gap", 2, "fix")
    writer.counter = 2
    missing = [writer.op("post", text=text) for text in ("three", "four")]
    assert len(ann.post(writer, *missing, gap)["acks"]) == 3


def test_a_known_dot_with_other_content_is_a_conflict(deck):
    ann, room, writer = deck
    dot, _, offset = ann.say(writer, "the original")
    clone = {"dot": dot, "hlc": [now_ms(), 0], "kind": "post", "text": "a clone's"}
    ack = ann.ask("post", "ack", room=room, ops=[clone])
    assert ack["acks"] == [] and ack["stopped"]["code"] == "dot_conflict"
    fresh = Writer(room)
    assert ann.say(fresh, "a clone's")[2] == offset + 1


def test_a_replica_belongs_to_its_device(server, deck):
    ann, room, writer = deck
    ann.say(writer, "mine")
    with server.peer("ann", device="phone") as phone:
        writer.op("post", text="stolen")
        assert phone.post(writer)["stopped"]["code"] == "foreign_replica"
    assert len(ann.post(writer)["acks"]) == 1


def test_a_clock_far_ahead_leaves_no_trace(deck):
    ann, room, writer = deck
    early = {"dot": [writer.replica, 1], "hlc": [now_ms() + 25 * 3600 * 1000, 0], "kind": "post", "text": "tomorrow"}
    ack = ann.ask("post", "ack", room=room, ops=[early])
    assert ack["acks"] == [] and ack["stopped"]["code"] == "clock_skew"
    assert len(ann.ask("post", "ack", room=room, ops=[{**early, "hlc": [now_ms(), 0]}])["acks"]) == 1
    old = {"dot": [writer.replica, 2], "hlc": [1, 0], "kind": "post", "text": "long offline"}
    assert len(ann.ask("post", "ack", room=room, ops=[old])["acks"]) == 1


def test_an_edit_of_anothers_message_leaves_a_void(server, deck, guest):
    ann, room, writer = deck
    dot, _, _ = ann.say(writer, "ann's")
    with server.peer(guest=guest) as ben:
        ben.ask("join", "room", room=room)
        forger = Writer(room)
        batch = [forger.op("edit", target=dot, text="forged"), forger.op("delete", target=dot), forger.op("post", text="honest")]
        ack = ben.post(forger, *batch)
        assert [(r["dot"][1], r["code"]) for r in ack["refused"]] == [(1, "invalid"), (2, "forbidden")]
        assert [a["dot"][1] for a in ack["acks"]] == [3]
        again = ben.ask("post", "ack", room=room, ops=batch)
        settled = lambda a: [(r["dot"], r["code"], r["offset"]) for r in a["refused"]]  # noqa: E731
        assert (settled(again), again["acks"]) == (settled(ack), ack["acks"])
        _, entries, _ = ben.open(room)
        assert posts(entries) == ["ann's", "honest"]
        assert [e["op"].get("code") for e in entries if e["op"]["kind"] == "void"] == ["invalid", "forbidden"]


@pytest.mark.parametrize("body", [{"kind": "member", "user": "ann", "name": "A", "standing": "joined", "role": "owner"}, {"kind": "purge", "up_to": [1, 0]}, {"kind": "post", "purged": True}, {"kind": "post", "text": "", "author": "ben"}])
def test_what_only_the_server_says_is_refused(deck, body):
    ann, room, _ = deck
    op = {"dot": [replica(), 1], "hlc": [now_ms(), 0], **body}
    assert [r["code"] for r in ann.ask("post", "ack", room=room, ops=[op])["refused"]] == ["invalid"]


def test_acked_survives_a_kill(own_server, subprotocol):
    acked, epoch = [], None
    for life in range(3):
        with own_server.peer("ann", subprotocol=subprotocol) as ann:
            if life == 0:
                room = ann.ask("room.create", "room", name="deck", visibility="private")["room"]
                writer = Writer(room)
            opened, entries, cursor = ann.open(room)
            assert epoch in (None, opened["epoch"]), "the log is the same log"
            epoch = opened["epoch"]
            assert [t for t in posts(entries) if t in acked] == acked
            assert len(posts(entries)) == len(set(posts(entries)))
            for i in range(20):
                text = f"{life}.{i}"
                ann.say(writer, text)
                acked.append(text)
            writer.op("post", text=f"{life}.in flight")
            ann.send("post", id=1_000_000, room=room, ops=writer.unacked)
            own_server.stop(signal.SIGKILL)
        own_server.start()
        with own_server.peer("ann", subprotocol=subprotocol) as ann:
            ann.post(writer)
            acked.append(f"{life}.in flight")
    with own_server.peer("ann", subprotocol=subprotocol) as ann:
        assert posts(ann.open(room)[1]) == acked


def test_sigterm_drains(own_server):
    with own_server.peer("ann") as ann:
        own_server.process.send_signal(signal.SIGTERM)
        drain = ann.expect("drain")
        assert drain["reason"] == "shutdown" and drain["reconnect_ms"] > 0
        assert ann.closed() == 1001
    assert own_server.process.wait(60) == 0


def test_a_lost_heartbeat_ends_the_link(server):
    token = server.token("ann")
    with Peer(server.url) as ann:
        ann.hello(token=token, heartbeat_ms=1000)
        assert ann.closed() == 4005
