"""People talk: posts, threads, reactions, edits, deletes, presence, read markers, in both subprotocols."""

import time

from peer import Guest, Writer


def meet(server, deck, guest, subprotocol):
    """Ann's room, with a guest in it, both following."""
    ann, room, _ = deck
    ben = server.peer(guest=guest, subprotocol=subprotocol)
    ben.ask("join", "room", room=room)
    ben.open(room)
    ann.open(room)
    return ben


def test_two_people_talk(server, deck, guest, subprotocol):
    ann, room, writer = deck
    with meet(server, deck, guest, subprotocol) as ben:
        dot, stamp, offset = ann.say(writer, "Hello **all** 👋", mentions=[ben.welcome["user"]])
        (entry,) = ben.next_ops(room)
        assert (entry["offset"], entry["stamp"], entry["op"]["dot"]) == (offset, stamp, dot)
        assert entry["op"]["text"] == "Hello **all** 👋"
        assert entry["op"]["author"] == "ann"
        assert entry["op"]["mentions"] == [ben.welcome["user"]]

        answers = Writer(room)
        reply, _, _ = ben.say(answers, "Hello Ann", thread=dot)
        (entry,) = ann.next_ops(room)
        assert entry["op"]["thread"] == dot
        assert entry["op"]["author"] == ben.welcome["user"]
        assert entry["offset"] == offset + 1

        ben.post(answers, answers.op("reaction", target=dot, emoji="👍", on=True))
        assert ann.next_ops(room)[0]["op"]["emoji"] == "👍"
        ben.post(answers, answers.op("edit", target=reply, text="Hello, Ann"))
        assert ann.next_ops(room)[0]["op"]["text"] == "Hello, Ann"
        ben.post(answers, answers.op("delete", target=reply))
        assert ann.next_ops(room)[0]["op"]["kind"] == "delete"

        # Who comes later finds no body of the deleted message, neither of its edit.
        _, entries, _ = ann.open(room)
        bodies = [e["op"] for e in entries if e["op"]["dot"][0] == answers.replica and e["op"]["kind"] in ("post", "edit")]
        assert len(bodies) == 2
        assert all(op["purged"] and "text" not in op for op in bodies)


def test_unknown_fields_and_kinds_are_passed_on(server, deck, guest, subprotocol):
    ann, room, writer = deck
    with meet(server, deck, guest, subprotocol) as ben:
        extra = {"alg": "mls", "data": [1, -2, 1.5, None, True, "x"]}
        ann.post(writer, writer.op("post", text="", cipher=extra), writer.op("poll", question="Tea?", options=["yes", "no"]))
        post, poll = ben.next_ops(room, 2)
        assert post["op"]["cipher"] == extra
        assert (poll["op"]["kind"], poll["op"]["options"]) == ("poll", ["yes", "no"])
        ann.post(writer, writer.op("reaction", target=post["op"]["dot"], emoji="👍", on=True, image=extra))
        assert ben.next_ops(room)[0]["op"]["image"] == extra


def test_presence_and_typing_are_told(server, deck, guest, subprotocol):
    ann, room, _ = deck
    with meet(server, deck, guest, subprotocol) as ben:
        user = ben.welcome["user"]
        ben.send("typing", room=room, on=True)
        while user not in ann.expect("typing", room=room).get("on", []):
            pass
        ben.send("presence", status="away")
        while {"user": user, "status": "away"} not in ann.expect("presence", room=room).get("changes", []):
            pass
        assert any(m["user"] == user and m["status"] == "away" for m in ann.ask("members", room=room)["members"])
    while not any(c["user"] == user and "status" not in c for c in ann.expect("presence", room=room).get("changes", [])):
        pass


def test_read_markers_count_what_is_unread(server, deck, guest, subprotocol):
    ann, room, writer = deck
    with meet(server, deck, guest, subprotocol) as ben:
        said = [ann.say(writer, f"message {i}") for i in range(3)]
        ben.next_ops(room, 3)
        ben.send("read", room=room, stamp=said[1][1], dot=said[1][0])
        read = ben.expect("read", room=room, user=ben.welcome["user"])
        assert (read["dot"], read["unread"]) == (said[1][0], 1)
        assert ann.expect("read", room=room, user=ben.welcome["user"])["dot"] == said[1][0]
        listed = []  # lists are read from the disk, where markers arrive within seconds
        for _ in range(240):
            listed = [r["unread"] for r in ben.ask("room.list")["rooms"] if r["room"] == room]
            if listed == [1]:
                break
            time.sleep(0.25)
        assert listed == [1]


def test_topics_and_pins_need_a_member(server, deck, guest):
    ann, room, writer = deck
    with meet(server, deck, guest, "greenroom.v1.json") as ben:
        forbidden = Writer(room)
        ack = ben.post(forbidden, forbidden.op("topic", text="mine now"))
        assert [r["code"] for r in ack["refused"]] == ["forbidden"]
        ann.post(writer, writer.op("topic", text="Watch bill"))
        assert ann.open(room)[0]["topic"] == "Watch bill"


def test_guests_look_after_the_rooms_they_make(own_server):
    with own_server.peer(guest=Guest("Ann")) as ann, own_server.peer(guest=Guest("Ben")) as ben:
        room = ann.ask("room.create", "room", name="Bridge", visibility="public")["room"]
        assert ben.ask("join", "room", room=room)["role"] == "member"
        ben.refused("member.kick", "forbidden", room=room, user=ann.welcome["user"])
        ben.refused("room.update", "forbidden", room=room, name="Mine")
        ann.ask("room.update", "ok", room=room, name="Engine room")
        ann.ask("member.role", "ok", room=room, user=ben.welcome["user"], role="moderator")
        ben.refused("member.kick", "forbidden", room=room, user=ann.welcome["user"])
        ann.ask("member.kick", "ok", room=room, user=ben.welcome["user"], ban=True)
        ben.refused("join", "forbidden", room=room)
