"""WHIP and WHEP: encoders and players in a call, by GStreamer and by plain requests."""

import asyncio

import pytest

import whip
from caller import callers, source
from test_calls import in_a_room

ICE = "a=ice-ufrag:{}\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"


def test_what_gstreamer_publishes_is_heard_and_seen(server):
    room, peers = in_a_room(server, "ann", "obs")

    async def call():
        async with callers(peers[:1], room) as (ann,):
            await ann.join()
            with whip.GStreamer("publish", server, room, server.token("obs")) as encoder:
                joined = await ann.expect("call.changed", lambda frame: frame.get("joined"))
                (person,) = joined["joined"]
                assert person["user"] == "obs" and "device" not in person
                await asyncio.to_thread(encoder.says, "connected")
                await ann.show(source(person, "camera"))
                await ann.watches()
                await ann.hears()
                assert await asyncio.to_thread(encoder.end) == 200
            left = await ann.expect("call.changed", lambda frame: frame.get("left"))
            assert left["left"] == [{"participant": person["participant"], "reason": "left"}]

    asyncio.run(call())


def test_gstreamer_plays_a_call(server):
    room, peers = in_a_room(server, "ann", "wall")

    async def call():
        async with callers(peers[:1], room) as (ann,):
            await ann.join()
            with whip.GStreamer("play", server, room, server.token("wall")) as player:
                await asyncio.to_thread(player.says, "connected")
                await asyncio.to_thread(player.says, "video 50")
                await asyncio.to_thread(player.says, "audio 100")
                assert await asyncio.to_thread(player.end) == 200
            await ann.expect("call.changed", lambda frame: frame.get("left"))

    asyncio.run(call())


@pytest.fixture
def session(server, offer):
    """A published session without media: (room, token, location, etag)."""
    room, _ = in_a_room(server, "ann", "obs")
    token = server.token("obs")
    status, headers, answer = whip.ask(server, "POST", f"/whip/{room}", offer, token, whip.SDP)
    assert status == 201, answer
    assert headers["Content-Type"] == whip.SDP and "a=ice-lite" in answer
    return room, token, headers["Location"], headers["ETag"]


def test_new_credentials_restart_ice(server, session):
    _, token, location, etag = session

    def patch(body, about, content=whip.FRAGMENT, token=token):
        more = {"If_Match": about} if about else {}
        return whip.ask(server, "PATCH", location, body, token, content, **more)

    candidates = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.7 9 typ host\r\n"
    assert patch(candidates, etag)[0] == 204
    status, headers, fragment = patch(ICE.format("Q8zR"), "*")
    assert status == 200 and headers["Content-Type"] == whip.FRAGMENT
    assert headers["ETag"] not in (etag, None)
    assert f'a=ice-ufrag:{headers["ETag"].strip(chr(34))}' in fragment and "a=candidate:" in fragment
    assert patch(ICE.format("Q8zS"), etag)[0] == 412, "of the session before"
    assert patch(ICE.format("Q8zS"), headers["ETag"])[0] == 200
    assert patch(ICE.format("Q8zT"), None)[0] == 428
    assert patch(ICE.format("Q8"), "*")[0] == 400
    assert patch(ICE.format("Q8zT"), "*", whip.SDP)[0] == 415
    assert patch(ICE.format("Q8zT"), "*", token=None)[0] == 401
    assert whip.ask(server, "DELETE", location)[0] == 401
    assert whip.ask(server, "DELETE", location, token=token)[0] == 200
    assert patch(candidates, "*")[0] == 404
    assert whip.ask(server, "DELETE", location, token=token)[0] == 404


def test_a_session_belongs_to_whoever_knows_it(server, session):
    room, token, location, _ = session
    forged = location[:-32] + "0" * 32
    assert whip.ask(server, "DELETE", forged, token=token)[0] == 404
    assert whip.ask(server, "DELETE", f"/whip/{room}/what", token=token)[0] == 404
    assert whip.ask(server, "GET", location, token=token)[0] == 405
    assert whip.ask(server, "DELETE", location, token=token)[0] == 200


def test_refusals_say_what_is_wrong(server, offer):
    room, _ = in_a_room(server, "ann", "obs")
    token, stranger = server.token("obs"), server.token("stranger")
    reader = server.token("obs", "reader", "--rights", "read")
    elsewhere = server.token("obs", "elsewhere", "--rooms", "ab" * 16)
    here, nowhere = f"/whip/{room}", f"/whip/{'ab' * 16}"
    refusals = [
        (401, "unauthorized", dict(token=None)),
        (401, "unauthorized", dict(token="nonsense")),
        (403, "forbidden", dict(token=elsewhere)),
        (403, "not_a_member", dict(token=stranger)),
        (403, "forbidden", dict(token=reader)),
        (404, "room_not_found", dict(path=nowhere)),
        (404, "room_not_found", dict(path="/whip/what")),
        (404, "call_not_found", dict(path=f"/whep/{room}")),
        (405, "method_not_allowed", dict(method="PUT")),
        (415, "unsupported_media_type", dict(content="text/plain")),
        (415, "unsupported_media_type", dict(content=None)),
        (400, "offer_refused", dict(body="v=0\r\n")),
        (400, "offer_refused", dict(body=offer.replace("a=group:BUNDLE", "a=group:LS"))),
        (413, "too_large", dict(body=offer + "a=x\r\n" * 200_000)),
    ]
    for status, code, change in refusals:
        request = dict(method="POST", path=here, body=offer, token=token, content=whip.SDP) | change
        found, headers, text = whip.ask(server, **request)
        assert (found, text.split(":")[0]) == (status, code), (change, text[:200])
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert found != 401 or headers["WWW-Authenticate"] == "Bearer"
    status, headers, _ = whip.ask(server, "OPTIONS", here)
    assert (status, headers["Access-Control-Allow-Methods"]) == (204, "POST, OPTIONS")
