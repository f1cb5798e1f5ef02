"""A client of docs/PROTOCOL.md that shares no code with the server: the `websockets` and `msgpack` packages."""

import contextlib
import itertools
import json
import os
import time

import msgpack
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SUBPROTOCOLS = ("greenroom.v1.json", "greenroom.v1.msgpack")
WAIT_S = 60  # how long an answer may take on a busy machine: an error, never a measurement


def replica():
    return os.urandom(8).hex()


def now_ms():
    return int(time.time() * 1000)


class Guest:
    """A key of one's own."""

    def __init__(self, name):
        self.name = name
        self.secret = Ed25519PrivateKey.generate()
        self.key = self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def prove(self, challenge):
        lines = ("greenroom guest v1", challenge["node"], challenge["nonce"], self.name, self.key)
        return self.secret.sign("\n".join(lines).encode()).hex()


class Writer:
    """A replica in one room, with its ops that are not acked yet."""

    def __init__(self, room):
        self.room, self.replica, self.counter, self.hlc = room, replica(), 0, [0, 0]
        self.unacked = []

    def op(self, kind, **fields):
        self.counter += 1
        wall = [now_ms(), 0]
        self.hlc = wall if wall > self.hlc else [self.hlc[0], self.hlc[1] + 1]
        op = {"dot": [self.replica, self.counter], "hlc": self.hlc, "kind": kind, **fields}
        self.unacked.append(op)
        return op


class Peer:
    """One connection."""

    def __init__(self, url, subprotocol=SUBPROTOCOLS[0], **options):
        self.binary = subprotocol.endswith("msgpack")
        self.ids = itertools.count(1)
        self.waiting = []  # frames that came while another was waited for
        self.link = contextlib.ExitStack()
        # Beats do it: the library's own pings fail while frames wait here to be read. It reads on meanwhile, for the
        # server gives up who does not within seconds.
        options = {"max_size": 2**24, "max_queue": None, "proxy": None, "ping_interval": None, **options}
        options = {"open_timeout": WAIT_S, **options}
        connecting = connect(url, subprotocols=[subprotocol], **options)
        self.socket = self.link.enter_context(connecting)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()

    def cut(self):
        """The cable is pulled: no close frame."""
        self.socket.socket.shutdown(2)

    def send(self, t, **fields):
        frame = {"t": t, **{k: v for k, v in fields.items() if v is not None}}
        self.socket.send(msgpack.packb(frame) if self.binary else json.dumps(frame))

    def receive(self, timeout=WAIT_S):
        message = self.socket.recv(timeout=timeout)
        assert isinstance(message, bytes) == self.binary, "the wrong kind of message for the subprotocol"
        return msgpack.unpackb(message) if self.binary else json.loads(message)

    def expect(self, *types, **fields):
        """The next frame of these types with these fields; others are kept for later."""

        def fits(frame):
            return frame["t"] in types and all(frame.get(k) == v for k, v in fields.items())

        for i, frame in enumerate(self.waiting):
            if fits(frame):
                return self.waiting.pop(i)
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            try:
                frame = self.receive(end - time.monotonic())
            except TimeoutError:
                break
            if fits(frame):
                return frame
            self.waiting.append(frame)
        raise AssertionError(f"no {types} with {fields}; instead {self.waiting}")

    def ask(self, t, *answers, **fields):
        """A request and its answer; without `answers` any but an error."""
        number = next(self.ids)
        self.send(t, id=number, **fields)
        expected = answers or ("ok", "ack", "room", "rooms", "members", "invites", "opened", "ops", "error")
        answer = self.expect(*expected, id=number)
        assert answers or answer["t"] != "error", answer
        return answer

    def refused(self, t, code, **fields):
        error = self.ask(t, "error", **fields)
        assert error["code"] == code, error
        return error

    def hello(self, token=None, guest=None, rooms=None, heartbeat_ms=60_000):
        self.token = token
        login = guest and {"name": guest.name, "key": guest.key}
        self.send("hello", token=token, guest=login, heartbeat_ms=heartbeat_ms, rooms=rooms, client="pytest")
        first = self.expect("challenge", "welcome", "error")
        if first["t"] == "challenge":
            self.send("prove", signature=guest.prove(first))
            first = self.expect("welcome", "error")
        self.welcome = first
        return first

    def post(self, writer, *ops):
        """Sends what is unacked (or just `ops`), notes acks, returns the ack."""
        ack = self.ask("post", "ack", room=writer.room, ops=list(ops) or writer.unacked)
        settled = [a["dot"] for a in ack["acks"] + ack.get("refused", [])]
        writer.unacked = [op for op in writer.unacked if op["dot"] not in settled]
        return ack

    def say(self, writer, text, **fields):
        """Posts one message; returns (dot, stamp, offset)."""
        op = writer.op("post", text=text, **fields)
        (ack,) = self.post(writer, op)["acks"]
        return ack["dot"], ack["stamp"], ack["offset"]

    def open(self, room, **place):
        """Opens a room; returns (opened, entries of the sync, cursor)."""
        opened = self.ask("open", "opened", room=room, **place)
        entries, synced = self.sync(room)
        return opened, entries, synced["cursor"]

    def sync(self, room):
        entries = []
        while True:
            frame = self.expect("ops", "synced", room=room)
            if frame["t"] == "synced":
                return entries, frame
            assert 0 < len(frame["ops"]) <= 256
            entries += frame["ops"]

    def next_ops(self, room, count=1):
        """The next so many live entries."""
        entries = []
        while len(entries) < count:
            entries += self.expect("ops", room=room)["ops"]
        return entries

    def closed(self):
        """Reads to the end; returns the close code."""
        try:
            end = time.monotonic() + WAIT_S
            while time.monotonic() < end:
                self.waiting.append(self.receive(end - time.monotonic()))
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006
        raise AssertionError("the server did not close")
