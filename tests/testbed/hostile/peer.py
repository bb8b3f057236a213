# SPDX-License-Identifier: GPL-3.0-or-later
"""A peer on a unix socket that is no good device: it says hello like one where its mode lets it, and
misbehaves from then on, as fast as it is read.

    peer = Peer("/tmp/evil", "flood")     # connect evil unix:/tmp/evil
    peer.close()
"""
import base64
import binascii
import itertools
import os
import random
import socket
import struct
import threading
import time

import cbor2

GROUP, EVENT = 0x5359, 6


def message(op, group, seq, command, payload, length=None):
    body = payload if isinstance(payload, bytes) else cbor2.dumps(payload)
    size = len(body) if length is None else length
    return struct.pack(">BBHHBB", 8 | op, 0, size, group, seq, command) + body


def framed(data):
    """Console framing."""
    body = struct.pack(">H", len(data) + 2) + data + struct.pack(">H", binascii.crc_hqx(data, 0))
    text, lines = base64.b64encode(body), b""
    for at in range(0, len(text), 124):
        lines += (b"\x06\x09" if at == 0 else b"\x04\x14") + text[at:at + 124] + b"\n"
    return lines


def event(**keys):
    return framed(message(1, GROUP, 0xFF, EVENT, keys))


HELLO = {"proto": 1, "feat": 0, "max": 512, "win": 4, "id": "evil-1", "prof": "max78000-feather",
         "part": "MAX78000", "fw": "6.6.6", "sens": "ppg,imu", "act": "haptic,led", "speed": 1000,
         "now": 1000000000}


class Answers:
    """To requests in console framing, decently."""

    def __init__(self):
        self.frame, self.line = b"", b""

    def take(self, data):
        for byte in data.split(b"\n"):
            self.line += byte
            if self.line[:2] in (b"\x06\x09", b"\x04\x14"):
                self.frame = (b"" if self.line[0] == 6 else self.frame) + self.line[2:]
                yield from self._whole()
            self.line = b""

    def _whole(self):
        try:
            body = base64.b64decode(self.frame)
        except ValueError:
            return
        if len(body) < 12 or len(body) < 2 + struct.unpack(">H", body[:2])[0]:
            return
        op, _, _, group, seq, command = struct.unpack(">BBHHBB", body[2:10])
        answer = HELLO if (group, command) == (GROUP, 0) else {}
        if (group, command) == (0, 0):
            answer = {"r": cbor2.loads(body[10:-2]).get("d", "")}
        yield (op & 7) + 1, group, seq, command, answer


def nested(depth):
    return b"\xbf" + b"\x61x\x81" * depth


# What is said for ever after hello. Each yields pieces.
STREAMS = {
    "garbage": lambda r: (r.randbytes(4096) for _ in itertools.count()),
    "lines": lambda r: (b"this line is one of many, many more: %d\n" % i for i in itertools.count()),
    "endless-line": lambda r: (b"and on and on " * 256 for _ in itertools.count()),
    "truncated": lambda r: (framed(message(1, GROUP, 0xFF, EVENT, {"ev": "log", "msg": "x" * 99}))
                            [:r.randrange(20, 120)] for _ in itertools.count()),
    "oversized": lambda r: (b"\x06\x09" + base64.b64encode(b"\xff\xff" + bytes(91)) + b"\n"
                            + b"\x04\x14" + base64.b64encode(bytes(93)) + b"\n"
                            for _ in itertools.count()),
    "long-length": lambda r: (framed(message(1, GROUP, 0xFF, EVENT, {"ev": "log"}, 0xFFFF))
                              for _ in itertools.count()),
    "cobs": lambda r: (b"\x00" + b"\xff" * 4095 for _ in itertools.count()),
    "nesting": lambda r: (framed(message(1, GROUP, 0xFF, EVENT, nested(200)))
                          for _ in itertools.count()),
    "arrays": lambda r: (framed(message(1, GROUP, 0xFF, EVENT, b"\xa2\x62ev\x65count\x64busy"
                                        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff" + b"\x00" * 200))
                         for _ in itertools.count()),
    "events": lambda r: (event(ev="log", lvl=3, msg="\x1b[2Jlook at me %d" % i)
                         for i in itertools.count()),
    "faults": lambda r: (event(ev="fault", msg="it burns %d" % i) for i in itertools.count()),
    "results": lambda r: (event(ev="res", p=r.randrange(40), n=i, best=1, val=2, sec=1, ih=1, oh=1,
                                s=-(2 ** 62), a=2 ** 62) for i in itertools.count()),
    "counters": lambda r: (event(ev="count", t=-(2 ** 63), busy=[2 ** 64 - 1] * 4,
                                 tasks=[2 ** 64 - 1] * 64, nj=2 ** 64 - 1, done=[2 ** 32 - 1] * 32)
                           for _ in itertools.count()),
    "tensors": lambda r: (framed(message(2, GROUP, r.randrange(256), 4, struct.pack(
        "<HBBII", r.randrange(8), r.randrange(9), r.randrange(4), r.randrange(2 ** 32),
        r.randrange(2 ** 32)) + r.randbytes(r.randrange(200)))) for _ in itertools.count()),
    "answers": lambda r: (framed(message(1, GROUP, r.randrange(255), r.randrange(11), {}))
                          for _ in itertools.count()),
}

# How answers to requests go wrong.
TWISTS = {
    "wrong-sequence": lambda a: framed(message(a[0], a[1], (a[2] + 1) % 255, a[3], a[4])),
    "wrong-group": lambda a: framed(message(a[0], a[1] ^ 1, a[2], a[3], a[4])),
    "twice": lambda a: framed(message(*a)) * 50,
    "not-cbor": lambda a: framed(message(a[0], a[1], a[2], a[3], b"\xff\xff\xff")),
    "wrong-types": lambda a: framed(message(a[0], a[1], a[2], a[3], {k: [v] for k, v in a[4].items()}
                                            or {"rc": "zero"})),
    "huge-numbers": lambda a: framed(message(a[0], a[1], a[2], a[3],
                                             {k: 2 ** 64 - 1 if isinstance(v, int) else v
                                              for k, v in a[4].items()} or {"off": 2 ** 64 - 1})),
    "huge-texts": lambda a: framed(message(a[0], a[1], a[2], a[3],
                                           {k: v * 1000 if isinstance(v, str) else v
                                            for k, v in a[4].items()})),
    "nothing": lambda a: b"",
    "dribble": lambda a: framed(message(*a)),
}


class Peer:
    def __init__(self, path, mode, seed=1):
        self.mode, self.random = mode, random.Random(seed)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(4)
        self.path, self.sent, self.over = path, 0, False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self):
        self.over = True
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.unlink(self.path)

    def _serve(self):
        while not self.over:
            try:
                host, _ = self.listener.accept()
                with host:
                    self._speak(host)
            except OSError:
                continue

    def _speak(self, host):
        answers, stream = Answers(), None
        host.settimeout(0.05)
        while not self.over:
            try:
                data = host.recv(4096)
                if not data:
                    return
                for answer in answers.take(data):
                    self._reply(host, answer)
                    if self.mode in STREAMS:
                        stream = stream or STREAMS[self.mode](self.random)
            except TimeoutError:
                pass
            end = time.monotonic() + 0.05
            while stream and time.monotonic() < end and not self.over:
                self._send(host, next(stream))

    def _reply(self, host, answer):
        hello = answer[1:4:2] == (GROUP, 0)
        decent = framed(message(*answer))
        twisted = TWISTS.get(self.mode)
        # Without a hello there is nothing to spoil: those that need one say it decently.
        if not twisted or (hello and self.mode in ("wrong-sequence", "not-cbor", "nothing")
                           and not self.mode == "nothing"):
            self._send(host, decent)
        elif self.mode == "dribble":
            for byte in decent:
                self._send(host, bytes([byte]))
                time.sleep(0.001)
        else:
            self._send(host, twisted(answer))

    def _send(self, host, data):
        """A peer that is not read waits."""
        while data and not self.over:
            try:
                sent = host.send(data)
                self.sent += sent
                data = data[sent:]
            except TimeoutError:
                continue
