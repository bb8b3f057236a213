# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulated board whose power can be cut, and a small SMP client for it: COBS frames over the
UART (devices/wire/PROTOCOL.md). What is in flash lies in a file."""
import binascii
import hashlib
import os
import pathlib
import select
import struct
import subprocess
import time

FLASH_BYTES, MEMORY_BYTES, SLOT_BYTES, PAGE_BYTES = 8 << 20, 16 << 20, 256 << 10, 8 << 10
READ, WRITE = 0, 2
OS, IMG, SYNERGY = 0, 1, 0x5359
RESET = 5
STATE, UPLOAD, ERASE = 0, 1, 5
HELLO, ACCEL, BLOB, PLAN = 0, 1, 2, 3
ROUND_A_PIECE = 108 # bytes of a message


class Gone(Exception):
    """The board gives no answer."""


# ---- CBOR ----

def head(kind, value):
    for code, form in ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q")):
        if value < 24:
            return bytes([kind << 5 | value])
        if value < 1 << 8 * struct.calcsize(form):
            return bytes([kind << 5 | code]) + struct.pack(form, value)
    raise ValueError(value)


def encode(value):
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value)) + value.encode()
    return head(5, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())


def decode(data, at=0):
    kind, low = data[at] >> 5, data[at] & 31
    at += 1
    endless = low == 31
    if 24 <= low <= 27:
        size = 1 << low - 24
        low, at = int.from_bytes(data[at:at + size], "big"), at + size
    if kind == 0:
        return low, at
    if kind == 1:
        return -1 - low, at
    if kind in (2, 3):
        text = data[at:at + low]
        return (text if kind == 2 else text.decode(errors="replace")), at + low
    if kind == 7:
        return {20: False, 21: True, 22: None}.get(low), at
    items = []
    count = low * (kind - 3) if not endless else -1
    while count and not (endless and data[at] == 0xFF):
        item, at = decode(data, at)
        items.append(item)
        count -= 1
    at += endless
    return (items if kind == 4 else dict(zip(items[::2], items[1::2]))), at


# ---- frames ----

def cobs(data):
    out, block = bytearray(), bytearray()
    for byte in data + b"\0":
        if byte:
            block.append(byte)
        if not byte or len(block) == 254:
            out += bytes([len(block) + 1]) + block
            full = byte != 0
            block.clear()
    return bytes(out[:-1] if full else out)


def uncobs(data):
    out, at = bytearray(), 0
    while at < len(data):
        size = data[at]
        out += data[at + 1:at + size]
        at += size
        if size < 255 and at < len(data):
            out.append(0)
    return bytes(out)


def frame(message):
    return b"\0" + cobs(message + struct.pack(">H", binascii.crc_hqx(message, 0))) + b"\0"


def messages(stream):
    """The messages in what lies between zeros; anything else there is text."""
    for part in stream:
        body = uncobs(part)
        if len(body) > 9 and binascii.crc_hqx(body, 0) == 0:
            yield body[:-2]


# ---- flash ----

def factory(path, image):
    """Erased, with an image in slot 0."""
    pathlib.Path(path).write_bytes(image.ljust(FLASH_BYTES, b"\xff") +
                                   bytes(MEMORY_BYTES - FLASH_BYTES))


def write_slot(path, slot, image):
    with open(path, "r+b") as file:
        file.seek(slot * SLOT_BYTES)
        file.write(image.ljust(SLOT_BYTES, b"\xff"))


def phase(path):
    """What the journal says (devices/boot/BOOT.md): 0 settled, 1 requested, 2 swapping, 3 trial."""
    with open(path, "rb") as file:
        file.seek(2 * SLOT_BYTES + PAGE_BYTES)
        pages = file.read(2 * PAGE_BYTES)
    records = [pages[i:i + 16] for i in range(0, len(pages), 16)]
    valid = [r for r in records if r[7] == 0 and struct.unpack("<I", r[12:])[0] == binascii.crc32(r[:12])]
    return max(valid, key=lambda r: struct.unpack("<I", r[:4])[0], default=bytes(16))[4]


def image_hash(image):
    """The hash in the trailer of an image of ours, which is its last."""
    return image[-32:]


class Board:
    def __init__(self, boot, flash):
        self.command = [
            "qemu-system-arm", "-object",
            f"memory-backend-file,id=psram,size=16M,mem-path={flash},share=on", "-machine",
            "mps2-an386,memory-backend=psram", "-accel", "tcg", "-display", "none", "-monitor",
            "none", "-chardev", "stdio,id=uart,signal=off", "-serial", "chardev:uart", "-kernel",
            str(boot)]
        self.flash, self.qemu, self.seq, self.text = flash, None, 0, b""

    def start(self):
        os.truncate(self.flash, FLASH_BYTES) # memory forgets what flash keeps
        os.truncate(self.flash, MEMORY_BYTES)
        self.qemu = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        os.set_blocking(self.qemu.stdout.fileno(), False)
        self.rest = b""

    def cut(self):
        """Takes the power, whatever it does."""
        if self.qemu:
            self.qemu.kill()
            self.qemu.wait()
            self.qemu.stdin.close()
            self.qemu.stdout.close()
            self.qemu = None

    def send(self, op, group, command, payload):
        self.seq = (self.seq + 1) % 255
        body = encode(payload)
        header = struct.pack(">BBHHBB", 1 << 3 | op, 0, len(body), group, self.seq, command)
        self.qemu.stdin.write(frame(header + body))
        self.qemu.stdin.flush()
        return self.seq

    def received(self, seconds):
        """Messages that come within this time, or as soon as there are any."""
        if not select.select([self.qemu.stdout], [], [], max(seconds, 0))[0]:
            return []
        data = self.qemu.stdout.read() or b""
        if not data:
            raise Gone("the emulator has ended")
        *whole, self.rest = (self.rest + data).split(b"\0")
        found = list(messages(whole))
        self.text += b"".join(part for part in whole if b"boot:" in part)
        return found

    def ask(self, op, group, command, payload=None, seconds=5, tries=3):
        for _ in range(tries):
            seq = self.send(op, group, command, payload or {})
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                for message in self.received(end - time.monotonic()):
                    if message[6] == seq and message[0] & 7 == op + 1:
                        return decode(message[8:])[0]
        raise Gone(f"no answer to group {group:#x}, command {command}")

    # ---- images ----

    def images(self):
        answer = self.ask(READ, IMG, STATE)
        return {image["slot"]: image for image in answer["images"]}

    def choose(self, digest, keep):
        return self.ask(WRITE, IMG, STATE, {"hash": digest, "confirm": keep})

    def upload(self, image, until=None, size=None):
        """True once all of it is there; False where the time is up before, or `size` of it is."""
        at, piece = 0, self.ask(READ, SYNERGY, HELLO)["max"] - ROUND_A_PIECE
        while at < len(image):
            if size and at >= size:
                return False
            if until and time.monotonic() > until:
                return False
            request = {"off": at, "data": image[at:at + piece]}
            if at == 0:
                request.update(len=len(image), sha=hashlib.sha256(image).digest())
            answer = self.ask(WRITE, IMG, UPLOAD, request)
            if "off" not in answer:
                raise Gone(f"upload: {answer}")
            at = answer["off"]
        return True
