"""Starts real servers for the tests: `GREENROOM_BIN`, or the debug build."""

import asyncio
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection

from peer import SUBPROTOCOLS, Guest, Peer, Writer

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("GREENROOM_BIN", str(ROOT / "target/debug/greenroom"))
START_S = 120
WAIT_S = 60  # how long an answer may take on a busy machine: an error, never a measurement
# Below those that the system gives to outgoing connections, which could take a port before a server does, or between
# its lives.
PORTS = range(20_000, 32_000)


def free_port():
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Server:
    """A greenroom process with a data folder of its own, which outlives restarts."""

    def __init__(self, folder, **settings):
        self.data = folder / "data"
        self.log = folder / "log.txt"
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("GREENROOM_")}
        self.env["GREENROOM_CALLS__PORT"] = "0"
        self.env["GREENROOM_CALLS__LISTEN"] = '["127.0.0.1"]'
        self.env |= {"GREENROOM_" + k.upper(): v for k, v in settings.items()}
        self.port = free_port()
        self.process = None

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/ws"

    def run(self, *arguments):
        command = [BINARY, *arguments, "--data", str(self.data)]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=START_S, check=True).stdout

    def start(self):
        with self.log.open("a") as log:
            command = [BINARY, "serve", "--guests", "--data", self.data, "--listen", f"127.0.0.1:{self.port}"]
            self.process = subprocess.Popen(command, env=self.env, stdout=log, stderr=log)
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if self.get("/readyz")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError("the server is not ready:\n" + self.log.read_text())

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
        return self.process and self.process.wait(WAIT_S)

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=WAIT_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def token(self, user, device="laptop", *more):
        return self.run("token", "--user", user, "--device", device, *more).strip()

    def peer(self, user=None, guest=None, subprotocol=SUBPROTOCOLS[0], device="laptop", **hello):
        """A connection that is logged in."""
        token = self.token(user, device) if user else None  # first, for who connects has seconds to log in
        peer = Peer(self.url, subprotocol)
        welcome = peer.hello(token=token, guest=guest, **hello)
        assert welcome["t"] == "welcome", welcome
        return peer


def metric(server, name, **labels):
    """The sum of a metric's samples with these labels; a label of `None` may have any value."""
    total = 0
    for line in server.get("/metrics")[1].splitlines():
        sample, _, value = line.rpartition(" ")
        found, _, rest = sample.partition("{")
        if found == name and all(f'{k}="{v}"' in rest for k, v in labels.items() if v is not None):
            total += float(value)
    return total


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"), tokens__leeway_s="0", guests__create_rooms="false").start()
    yield server
    server.stop(signal.SIGKILL)
    print(server.log.read_text()[-4000:], file=sys.stderr)


@pytest.fixture
def own_server(tmp_path):
    """A server to kill and start again."""
    server = Server(tmp_path).start()
    yield server
    server.stop(signal.SIGKILL)
    print(server.log.read_text()[-4000:], file=sys.stderr)


@pytest.fixture(params=SUBPROTOCOLS)
def subprotocol(request):
    return request.param


@pytest.fixture
def deck(server):
    """A public room with its owner on the line: (peer, room, writer)."""
    with server.peer("ann") as ann:
        room = ann.ask("room.create", "room", name="deck", visibility="public")["room"]
        yield ann, room, Writer(room)


@pytest.fixture
def guest():
    return Guest("Guest " + os.urandom(4).hex())


@pytest.fixture(scope="session")
def offer():
    """What aiortc offers: microphone, camera, one slot of each kind."""

    async def make():
        bundled = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        rtc = RTCPeerConnection(bundled)
        for direction in ("sendonly", "recvonly"):
            for kind in ("audio", "video"):
                rtc.addTransceiver(kind, direction=direction)
        await rtc.setLocalDescription(await rtc.createOffer())
        sdp = rtc.localDescription.sdp
        await rtc.close()
        return sdp

    return asyncio.run(make())
