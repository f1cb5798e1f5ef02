"""The examples run: people can start from them."""

import os
import subprocess
import sys

import pytest

from conftest import ROOT
from peer import Writer

BOT = os.environ.get("ECHO_BOT_BIN", str(ROOT / "target/debug/examples/echo_bot"))


@pytest.fixture
def python_chat(server, tmp_path):
    """Runs examples/python/chat.py with these lines as input; returns what it printed."""

    def run(name, lines, *options):
        command = [sys.executable, ROOT / "examples/python/chat.py", server.url, "--name", name]
        state = ["--state", tmp_path / f"{name}.json"]
        done = subprocess.run([*command, *options, *state], input=lines, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_python_example_talks_and_remembers(deck, python_chat):
    ann, room, writer = deck
    ann.open(room)
    ann.say(writer, "Hello from Ann")
    name = "Py " + os.urandom(4).hex()
    assert "ann: Hello from Ann" in python_chat(name, "Hello from Python\n", "--room", room)
    texts = [e["op"].get("text") for e in ann.next_ops(room, 2)]
    assert texts[-1] == "Hello from Python"
    ann.say(writer, "While you were out")
    printed = python_chat(name, "Back again\n")  # the room, the key and the cursor come from the state file
    assert "While you were out" in printed and "Hello from Ann" not in printed
    assert ann.next_ops(room)[-1]["op"]["text"] == "Back again"


def test_the_echo_bot_echoes_in_a_thread(server, deck):
    ann, room, writer = deck
    ann.open(room)
    name = "Echo " + os.urandom(4).hex()
    with subprocess.Popen([BOT, server.url, name, room], stdout=subprocess.PIPE, text=True) as bot:
        try:
            for line in bot.stdout:
                if "listening" in line:
                    break
            dot, _, _ = ann.say(writer, "Is there an echo?")
            echo = next(e["op"] for e in ann.next_ops(room, 2) if e["op"]["kind"] == "post")
            assert (echo["text"], echo["thread"]) == ("Is there an echo?", dot)
        finally:
            bot.kill()
