# SPDX-License-Identifier: GPL-3.0-or-later
"""SMP on a serial console, written from the protocol's description and without any of the project's
code: header, console framing and CBOR as a device of the Zephyr kind does them."""
import base64
import binascii
import io
import struct

import cbor2

READ, READ_RSP, WRITE, WRITE_RSP = range(4)
FIRST, NEXT = b"\x06\x09", b"\x04\x14"
LINE = 127  # bytes of a line, marker and newline included


class Header:
    """The eight bytes before a payload."""

    def __init__(self, data):
        first, self.flags, self.length, self.group, self.seq, self.id = struct.unpack(">BBHHBB", data[:8])
        self.op = first & 7
        self.version = first >> 3 & 3

    @staticmethod
    def pack(op, version, length, group, seq, id_):
        return struct.pack(">BBHHBB", version << 3 | op, 0, length, group, seq, id_)


def frame(message):
    """Console framing: lines of base64 with markers."""
    body = struct.pack(">H", len(message) + 2) + message + struct.pack(">H", binascii.crc_hqx(message, 0))
    step = (LINE - 3) // 4 * 3
    lines = []
    for at in range(0, len(body), step):
        marker = FIRST if at == 0 else NEXT
        lines.append(marker + base64.b64encode(body[at:at + step]) + b"\n")
    return b"".join(lines)


class Receiver:
    """Takes bytes and hands out messages; what is no frame is dropped, as a shell would take it."""

    def __init__(self, largest):
        self.largest = largest
        self.line = b""
        self.body = None

    def feed(self, data):
        messages = []
        for byte in data:
            if byte in b"\r\n":
                message = self._take(self.line)
                self.line = b""
                if message is not None:
                    messages.append(message)
            elif len(self.line) < 4096:
                self.line += bytes([byte])
        return messages

    def _take(self, line):
        if line.startswith(FIRST):
            self.body = b""
        elif not line.startswith(NEXT) or self.body is None:
            return None
        try:
            self.body += base64.b64decode(line[2:], validate=True)
        except ValueError:
            self.body = None
            return None
        return self._whole()

    def _whole(self):
        if len(self.body) < 2:
            return None
        length, = struct.unpack(">H", self.body[:2])
        if length + 2 > self.largest:
            self.body = None  # no buffer is as large: dropped without a word
            return None
        if len(self.body) < length + 2:
            return None
        message, crc = self.body[2:length], self.body[length:length + 2]
        self.body = None
        return message if struct.pack(">H", binascii.crc_hqx(message, 0)) == crc else None


def decode(payload):
    return cbor2.loads(payload) if payload else {}


def encode(value):
    """CBOR with maps and lists of indefinite length, as zcbor writes them without canonical mode."""
    out = io.BytesIO()
    _put(out, value)
    return out.getvalue()


def _put(out, value):
    if isinstance(value, dict):
        out.write(b"\xbf")
        for key, item in value.items():
            out.write(cbor2.dumps(key))
            _put(out, item)
        out.write(b"\xff")
    elif isinstance(value, (list, tuple)):
        out.write(b"\x9f")
        for item in value:
            _put(out, item)
        out.write(b"\xff")
    else:
        out.write(cbor2.dumps(value))
