# SPDX-License-Identifier: GPL-3.0-or-later
"""A Bluetooth LE central for tests: a controller at a unix socket (H4), driven from here.

It shares no code with devices/ble nor with the console, so that it can judge both. Blocking, one
thing at a time; every wait has an end (PATIENCE_S) and raises Silence."""
import collections
import select
import socket
import struct
import time
import uuid

PATIENCE_S = 10
SMP_SERVICE = uuid.UUID("8D53DC1D-1DB7-4CD3-868B-8A527460AA84")
SMP_MESSAGES = uuid.UUID("DA2E7828-FBCE-4E01-AE9E-261174997C48")
OUR_SERVICE = uuid.UUID("5E5D0001-9E3B-4F3C-8D2A-5359A6B20001")
OUR_PSM = uuid.UUID("ABDD3056-28FA-441D-A470-55A75A52553A")
ATT, SIGNAL, SECURITY = 4, 5, 6
DATA_BYTES = 251


class Silence(Exception):
    pass


class Refused(Exception):
    pass


def address(text):
    return bytes.fromhex(text.replace(":", ""))[::-1]


def address_text(raw):
    return ":".join(f"{b:02X}" for b in raw[::-1])


class Central:
    def __init__(self, path, rx_bytes=65536):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.rx = bytearray()
        self.rx_bytes = rx_bytes
        self.results = {}
        self.reports = {}
        self.connected = None
        self.links = {}
        self.waiting = collections.deque()  # fragments for which the controller had no buffer
        self.command(0x0C03)
        self.command(0x0C01, b"\xff" * 7 + b"\x3f")
        self.command(0x2001, b"\xff" * 8)
        buffers = self.command(0x2002)
        self.acl_bytes, self.acl_free = struct.unpack_from("<HB", buffers, 1)
        self.address = self.command(0x1009)[1:7]

    def close(self):
        self.socket.close()

    # ---- packets ----

    def wait(self, done, seconds=PATIENCE_S):
        end = time.monotonic() + seconds
        while not done():
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise Silence()
            self.take()

    def take(self):
        piece = self.socket.recv(self.rx_bytes)
        if not piece:
            raise EOFError("the radio is gone")
        self.rx += piece
        at = 0
        while True:
            size = self.packet_size(at)
            if size == 0 or len(self.rx) - at < size:
                break
            self.packet(bytes(self.rx[at:at + size]))
            at += size
        del self.rx[:at]

    def packet_size(self, at):
        have = len(self.rx) - at
        if have < 3:
            return 0
        kind = self.rx[at]
        if kind == 4:
            return 3 + self.rx[at + 2]
        assert kind == 2, f"H4: no packet of kind {kind}"
        return 5 + struct.unpack_from("<H", self.rx, at + 3)[0] if have >= 5 else 0

    def packet(self, p):
        if p[0] == 2:
            handle, = struct.unpack_from("<H", p, 1)
            if handle & 0xFFF in self.links:
                self.links[handle & 0xFFF].fragment(handle >> 12 & 3, p[5:])
        elif p[1] == 0x0E:
            self.results[struct.unpack_from("<H", p, 4)[0]] = p[6:]
        elif p[1] == 0x0F:
            self.results[struct.unpack_from("<H", p, 5)[0]] = p[3:4]
        elif p[1] == 0x05:
            link = self.links.pop(struct.unpack_from("<H", p, 4)[0], None)
            if link:
                link.ended = p[6]
        elif p[1] == 0x13:
            for i in range(p[3]):
                self.acl_free += struct.unpack_from("<H", p, 6 + 4 * i)[0]
            while self.waiting and self.acl_free > 0:
                self.put(self.waiting.popleft())
        elif p[1] == 0x3E:
            self.le_event(p[3], p[4:])

    def le_event(self, code, p):
        if code == 1:
            self.connected = p
        elif code == 2 and p[0] == 1:
            key = (bytes(p[3:9]), p[2])
            self.reports.setdefault(key, {})[p[1]] = p[10:10 + p[9]]
        elif code == 3:
            handle, interval = struct.unpack_from("<HH", p, 1)
            if handle in self.links:
                self.links[handle].interval = interval

    def put(self, fragment):
        self.acl_free -= 1
        self.socket.sendall(fragment)

    def command(self, opcode, parameters=b""):
        self.results.pop(opcode, None)
        self.socket.sendall(struct.pack("<BHB", 1, opcode, len(parameters)) + parameters)
        self.wait(lambda: opcode in self.results)
        return self.results[opcode]

    # ---- finding and connecting ----

    def scan(self, found, seconds=PATIENCE_S):
        """Until found(devices); devices: {address text: {"name", "services", "random"}}."""
        self.reports.clear()
        self.command(0x200B, struct.pack("<BHHBB", 1, 16, 16, 0, 0))
        self.command(0x200C, b"\x01\x00")
        try:
            self.wait(lambda: found(self.devices()), seconds)
        finally:
            self.command(0x200C, b"\x00\x00")
        return self.devices()

    def devices(self):
        return {address_text(key[0]): dict(fields(b"".join(r.values())), random=bool(key[1]))
                for key, r in self.reports.items()}

    def connect(self, where, random=False, interval=6):
        self.connected = None
        self.command(0x200D, struct.pack("<HHBB6sBHHHHHH", 16, 16, 0, random, address(where), 0,
                                         interval, interval, 0, 400, 0, 0))
        self.wait(lambda: self.connected is not None)
        if self.connected[0]:
            raise Refused(f"connection: status {self.connected[0]}")
        return self.adopt()

    def adopt(self):
        handle, = struct.unpack_from("<H", self.connected, 1)
        self.links[handle] = Link(self, handle)
        return self.links[handle]


def fields(data):
    """What is advertised, as words."""
    device = {"name": "", "services": []}
    at = 0
    while at < len(data) and data[at]:
        kind, value = data[at + 1], data[at + 2:at + 1 + data[at]]
        if kind == 9 or (kind == 8 and not device["name"]):
            device["name"] = value.decode()
        elif kind in (6, 7):
            device["services"] += [uuid.UUID(bytes=bytes(value[i:i + 16][::-1]))
                                   for i in range(0, len(value), 16)]
        at += 1 + data[at]
    return device


class Link:
    """A connection: raw L2CAP, an ATT client, channels."""

    def __init__(self, central, handle):
        self.central, self.handle = central, handle
        self.l2cap = bytearray()
        self.replies = collections.deque()
        self.notifications = collections.deque()
        self.signals = collections.deque()
        self.security = collections.deque()
        self.channels = {}
        self.ended = None
        self.interval = None
        self.asked = None
        self.mtu = 23
        self.id = 0

    # ---- L2CAP ----

    def fragment(self, boundary, data):
        if boundary != 1:
            assert not self.l2cap, "a packet began before the last one was whole"
            self.l2cap.clear()
        self.l2cap += data
        if len(self.l2cap) < 4:
            return
        size, cid = struct.unpack_from("<HH", self.l2cap)
        assert len(self.l2cap) <= 4 + size, "more bytes than the packet has"
        if len(self.l2cap) == 4 + size:
            payload = bytes(self.l2cap[4:])
            self.l2cap.clear()
            self.received(cid, payload)

    def received(self, cid, p):
        if cid == ATT:
            (self.notifications if p[0] == 0x1B else self.replies).append(p)
        elif cid == SIGNAL:
            self.signal(p)
        elif cid == SECURITY:
            self.security.append(p)
        else:
            self.channels[cid].received(p)

    def signal(self, p):
        code, ident, size = struct.unpack_from("<BBH", p)
        assert size == len(p) - 4
        if code == 0x16:
            cid, credits = struct.unpack_from("<HH", p, 4)
            for channel in self.channels.values():
                if channel.remote == cid:
                    channel.credits += credits
        elif code == 0x12:
            self.asked = struct.unpack_from("<HHHH", p, 4)
            self.send(SIGNAL, struct.pack("<BBHH", 0x13, ident, 2, 0))
            self.central.socket.sendall(struct.pack(
                "<BHBHHHHHHH", 1, 0x2013, 14, self.handle, *self.asked, 0, 0))
        else:
            self.signals.append(p)

    def send(self, cid, payload, wait=True):
        data = struct.pack("<HH", len(payload), cid) + payload
        self.send_raw(data, wait)

    def send_raw(self, data, wait=True):
        for at in range(0, len(data), self.central.acl_bytes):
            piece = data[at:at + self.central.acl_bytes]
            word = self.handle | (0x1000 if at else 0)
            fragment = struct.pack("<BHH", 2, word, len(piece)) + piece
            if wait:
                self.central.wait(lambda: self.central.acl_free > 0)
            if self.central.acl_free > 0:
                self.central.put(fragment)
            else:
                self.central.waiting.append(fragment)

    def next(self, queue, seconds=PATIENCE_S):
        self.central.wait(lambda: queue or self.ended is not None, seconds)
        if not queue:
            raise EOFError(f"disconnected: 0x{self.ended:02x}")
        return queue.popleft()

    def disconnect(self):
        self.central.command(0x0406, struct.pack("<HB", self.handle, 0x13))
        self.central.wait(lambda: self.ended is not None)

    # ---- attributes ----

    def request(self, *parts):
        pdu = b"".join(bytes([p]) if isinstance(p, int) else p for p in parts)
        self.send(ATT, pdu)
        reply = self.next(self.replies)
        if reply[0] == 1:
            assert len(reply) == 5 and reply[1] == pdu[0]
            raise Refused(f"0x{reply[4]:02x} at {struct.unpack_from('<H', reply, 2)[0]}")
        assert reply[0] == pdu[0] + 1, reply.hex()
        return reply[1:]

    def exchange_mtu(self, mtu=247):
        theirs, = struct.unpack("<H", self.request(2, struct.pack("<H", mtu)))
        self.mtu = max(23, min(mtu, theirs))
        return theirs

    def all(self, opcode, *rest):
        """Every entry of a request that is repeated behind its last answer."""
        first = 1
        while True:
            try:
                reply = self.request(opcode, struct.pack("<HH", first, 0xFFFF), *rest)
            except Refused as refused:
                if str(refused).startswith("0x0a"):
                    return
                raise
            size = reply[0] if opcode != 4 else {1: 4, 2: 18}[reply[0]]
            for at in range(1, len(reply), size):
                entry = reply[at:at + size]
                first = struct.unpack_from("<H", entry, 2 if opcode == 0x10 else 0)[0] + 1
                yield entry

    def services(self):
        return {as_uuid(e[4:]): struct.unpack_from("<HH", e) for e in self.all(0x10, b"\x00\x28")}

    def characteristics(self):
        """{UUID: (handle of the value, properties)}"""
        return {as_uuid(e[5:]): (struct.unpack_from("<H", e, 3)[0], e[2])
                for e in self.all(0x08, b"\x03\x28")}

    def descriptors(self):
        return {struct.unpack_from("<H", e)[0]: as_uuid(e[2:]) for e in self.all(0x04)}

    def read(self, handle):
        return self.request(0x0A, struct.pack("<H", handle))

    def write(self, handle, value):
        self.request(0x12, struct.pack("<H", handle), value)

    def write_command(self, handle, value):
        self.send(ATT, b"\x52" + struct.pack("<H", handle) + value)

    # ---- channels ----

    def signal_request(self, code, data):
        self.id = self.id % 255 + 1
        self.send(SIGNAL, struct.pack("<BBH", code, self.id, len(data)) + data)
        while True:
            reply = self.next(self.signals)
            if reply[1] == self.id:
                return reply

    def open_channel(self, psm, mtu=2048, mps=247, credits=40):
        cid = next(c for c in range(0x40, 0x80) if c not in self.channels)
        channel = Channel(self, cid, credits)
        self.channels[cid] = channel
        r = self.signal_request(0x14, struct.pack("<HHHHH", psm, cid, mtu, mps, credits))
        assert r[0] == 0x15, r.hex()
        channel.remote, channel.mtu, channel.mps, channel.credits, result = struct.unpack_from(
            "<HHHHH", r, 4)
        if result:
            del self.channels[cid]
            raise Refused(f"channel: {result}")
        return channel


def as_uuid(raw):
    if len(raw) == 2:
        return uuid.UUID(f"0000{raw[1]:02x}{raw[0]:02x}-0000-1000-8000-00805f9b34fb")
    return uuid.UUID(bytes=bytes(raw[::-1]))


class Channel:
    def __init__(self, link, cid, credits):
        self.link, self.cid, self.grant = link, cid, credits
        self.granted = credits
        self.sdu = bytearray()
        self.left = 0
        self.messages = collections.deque()

    def received(self, p):
        assert self.granted > 0, "a packet without a credit"
        self.granted -= 1
        if self.left == 0:
            self.left, = struct.unpack_from("<H", p)
            p = p[2:]
        assert len(p) <= self.left
        self.sdu += p
        self.left -= len(p)
        if self.left == 0:
            self.messages.append(bytes(self.sdu))
            self.sdu.clear()
        if self.granted <= self.grant // 2:
            more = self.grant - self.granted
            self.granted = self.grant
            self.link.id = self.link.id % 255 + 1
            self.link.send(SIGNAL, struct.pack("<BBHHH", 0x16, self.link.id, 4, self.cid, more),
                           wait=False)

    def send(self, message):
        data = struct.pack("<H", len(message)) + message
        for at in range(0, len(data), self.mps):
            self.link.central.wait(lambda: self.credits > 0 or self.link.ended is not None)
            if self.link.ended is not None:
                raise EOFError()
            self.credits -= 1
            self.link.send(self.remote, data[at:at + self.mps])

    def receive(self, seconds=PATIENCE_S):
        return self.link.next(self.messages, seconds)
