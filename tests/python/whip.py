"""WHIP and WHEP for tests: plain requests, and GStreamer as a child under the system's Python."""

import pathlib
import queue
import subprocess
import threading
import time
import urllib.error
import urllib.request

PROGRAM = pathlib.Path(__file__).with_name("gstreamer.py")
PYTHON = "/usr/bin/python3"  # Debian's, which has GStreamer's bindings
WAIT_S = 60
SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


def url(server, path):
    return f"http://127.0.0.1:{server.port}{path}"


def ask(server, method, path, body="", token=None, content=None, **headers):
    """(status, headers, text) of one request; `If_Match` becomes `If-Match`."""
    request = urllib.request.Request(url(server, path), data=body.encode() or None, method=method)
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    if content:
        request.add_header("Content-Type", content)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


class GStreamer:
    """`gstreamer.py`, and what it says."""

    def __init__(self, role, server, room, token):
        endpoint = {"publish": "whip", "play": "whep"}[role]
        arguments = [PYTHON, str(PROGRAM), role, url(server, f"/{endpoint}/{room}"), token]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(arguments, **pipes)
        self.lines, self.said = queue.Queue(), []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def says(self, wanted):
        """Waits until it says a line that begins so; gives that line."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            try:
                line = self.lines.get(timeout=end - time.monotonic())
            except queue.Empty:
                break
            self.said.append(line)
            if line.startswith(wanted):
                return line
        raise AssertionError(f"GStreamer did not say {wanted} but {self.said}")

    def end(self):
        """Deletes its session; gives the status."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.says("deleted").split()[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
