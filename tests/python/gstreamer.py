"""WHIP and WHEP by GStreamer's webrtcbin: a client that shares no code with the server, browsers or aiortc.

It runs under the system's Python, which has GStreamer's bindings:

    gstreamer.py publish URL [TOKEN]     sends a test picture and a tone, prints `connected` once it is
    gstreamer.py play URL [TOKEN]        receives, prints `audio N` and `video N` as decoded buffers come

A line on standard input ends it: the resource is deleted, and `deleted STATUS` printed.
"""

import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

PUBLISH = """
    webrtcbin name=peer bundle-policy=max-bundle
    videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=15/1
        ! vp8enc deadline=1 target-bitrate=100000 keyframe-max-dist=50 ! rtpvp8pay picture-id-mode=2
        ! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! peer.
    audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! opusenc ! rtpopuspay
        ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer.
"""
RECEIVED = {
    "video": "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96",
    "audio": "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=97",
}

END = "fakesink name=end signal-handoffs=true sync=false async=false"
DECODE = {"video": f"rtpvp8depay ! vp8dec ! {END}", "audio": f"rtpopusdepay ! opusdec ! {END}"}


def say(*words):
    print(*words, flush=True)


class Client:
    def __init__(self, role, url, token):
        self.url, self.token, self.resource = url, token, None
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.parse_launch(PUBLISH) if role == "publish" else Gst.Pipeline.new()
        if role == "play":
            player = Gst.ElementFactory.make("webrtcbin", "peer")
            player.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
            self.pipeline.add(player)
        self.peer = self.pipeline.get_by_name("peer")
        self.peer.connect("notify::ice-gathering-state", self.gathered)
        self.peer.connect("notify::connection-state", self.connection)
        self.peer.connect("pad-added", self.received)
        direction = GstWebRTC.WebRTCRTPTransceiverDirection
        if role == "play":
            for caps in RECEIVED.values():
                self.peer.emit("add-transceiver", direction.RECVONLY, Gst.Caps.from_string(caps))
        else:
            self.peer.connect("on-negotiation-needed", lambda _: self.begin())
        self.pipeline.set_state(Gst.State.PLAYING)
        if role == "publish":
            index = 0
            while transceiver := self.peer.emit("get-transceiver", index):
                transceiver.set_property("direction", direction.SENDONLY)
                index += 1
        else:
            self.begin()

    def begin(self):
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered))

    def offered(self, promise):
        reply = promise.get_reply()  # owns the offer
        offer = reply.get_value("offer")
        self.peer.emit("set-local-description", offer, Gst.Promise.new())

    def gathered(self, peer, _):
        if peer.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE or self.resource:
            return
        offer = peer.get_property("local-description").sdp.as_text()
        status, headers, answer = self.request("POST", self.url, offer.encode(), "application/sdp")
        if status != 201:
            say("refused", status, answer)
            GLib.idle_add(self.loop.quit)
            return
        self.resource = urllib.parse.urljoin(self.url, headers["Location"])
        _, message = GstSdp.SDPMessage.new_from_text(answer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        peer.emit("set-remote-description", description, Gst.Promise.new())

    def connection(self, peer, _):
        say(peer.get_property("connection-state").value_nick)

    def received(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        branch = Gst.parse_bin_from_description(DECODE[kind], True)
        counted = [0]

        def count(*_):
            counted[0] += 1
            if counted[0] % 10 == 0:
                say(kind, counted[0])

        branch.get_by_name("end").connect("handoff", count)
        self.pipeline.add(branch)
        branch.sync_state_with_parent()
        linked = pad.link(branch.get_static_pad("sink"))
        if linked != Gst.PadLinkReturn.OK:
            say("unlinked", linked)

    def request(self, method, url, body=None, content=None):
        request = urllib.request.Request(url, data=body, method=method)
        if content:
            request.add_header("Content-Type", content)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def end_on_input(self):
        sys.stdin.readline()
        if self.resource:
            say("deleted", self.request("DELETE", self.resource)[0])
        GLib.idle_add(self.loop.quit)

    def run(self):
        threading.Thread(target=self.end_on_input, daemon=True).start()
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    Gst.init(None)
    Client(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None).run()
