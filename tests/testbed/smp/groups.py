# SPDX-License-Identifier: GPL-3.0-or-later
"""What the device answers, group by group."""
import hashlib
import struct
import time
import zlib

UNKNOWN, NOMEM, INVALID, NOENT, BADSTATE, NOTSUP, BUSY = 1, 2, 3, 5, 6, 8, 10
MAGIC = 0x96f3b83d  # of an MCUboot image


class Refusal(Exception):
    """Codes of a group, or of the protocol where group is None."""

    def __init__(self, rc, group=None, **beside):
        super().__init__(rc)
        self.rc, self.group, self.beside = rc, group, beside


def need(request, key, kind):
    value = request.get(key)
    if not isinstance(value, kind) or isinstance(value, bool) and kind is int:
        raise Refusal(INVALID)
    return value


class Os:
    def __init__(self, device):
        self.device = device
        self.clock = None

    def echo(self, request):
        return {"r": need(request, "d", str)}

    def tasks(self, _request):
        # Stacks are counted in words of four bytes, times in ticks.
        rows = (("main", 0, 26, 190, 512, 101, 20), ("idle", 15, 1, 17, 80, 9120, 400321),
                ("mcumgr smp", 3, 2, 350, 640, 77, 12))
        return {"tasks": {name: {"prio": prio, "tid": i, "state": state, "stkuse": use, "stksiz": size,
                                 "cswcnt": switches, "runtime": ticks, "last_checkin": 0, "next_checkin": 0}
                          for i, (name, prio, state, use, size, switches, ticks) in enumerate(rows)}}

    def memory(self, _request):
        return {"kheap": {"blksiz": 8, "nblks": 2048, "nfree": 1500, "min": 1200},
                "net_buf": {"blksiz": 384, "nblks": 4, "nfree": 3, "min": 1}}

    def read_time(self, _request):
        if self.clock is None:
            raise Refusal(4, 0)
        return {"datetime": self.clock}

    def write_time(self, request):
        self.clock = need(request, "datetime", str)
        return {}

    def reset(self, _request):
        self.device.restart()
        return {}

    def params(self, _request):
        return {"buf_size": self.device.buf_size, "buf_count": self.device.buf_count}

    def info(self, request):
        words = {"s": "Zephyr", "n": "bench", "r": "3.7.0", "v": "v3.7.0", "b": "Jul 26 2024 10:11:12",
                 "m": "arm", "p": "cortex-m4", "i": "nrf52840dk", "o": "Zephyr"}
        letters = request.get("format") or "s"
        if "a" in letters:
            letters = "".join(words)
        if any(letter not in words for letter in letters):
            raise Refusal(2, 0)
        return {"output": " ".join(text for letter, text in words.items() if letter in letters)}

    def bootloader(self, request):
        query = request.get("query")
        if query == "mode":
            return {"mode": 1, "no-downgrade": True}
        if query:
            raise Refusal(3, 0)
        return {"bootloader": "MCUboot"}

    def table(self):
        return {(0, 0): (self.echo, self.echo), (0, 2): (self.tasks, None), (0, 3): (self.memory, None),
                (0, 4): (self.read_time, self.write_time), (0, 5): (None, self.reset), (0, 6): (self.params, None),
                (0, 7): (self.info, None), (0, 8): (self.bootloader, None)}


class Images:
    """Two slots, with the states of MCUboot that swaps."""

    SLOT_BYTES = 262144

    def __init__(self, erasing_s=0):
        self.erasing_s = erasing_s
        self.slots = [self.make(b"\x11" * 2000, (1, 2, 3)), None]
        self.confirmed, self.pending, self.permanent = True, False, False
        self.upload = None

    @staticmethod
    def make(body, version):
        header = struct.pack("<IIHHIIBBHI", MAGIC, 0, 32, 0, len(body), 0, *version, 0)
        data = header + b"\0" * (32 - len(header)) + body
        return data + struct.pack("<HHHH", 0x6907, 40, 0x10, 32) + hashlib.sha256(data).digest()

    @staticmethod
    def parse(data):
        """Version and hash, or None."""
        if len(data) < 32:
            return None
        magic, _, head, _, size, _, major, minor, revision, build = struct.unpack("<IIHHIIBBHI", data[:28])
        end = head + size
        if magic != MAGIC or len(data) < end + 40:
            return None
        digest = hashlib.sha256(data[:end]).digest()
        tlv = struct.unpack("<HHHH", data[end:end + 8])
        if tlv[0] != 0x6907 or data[end + 8:end + 40] != digest:
            return None
        return f"{major}.{minor}.{revision}" + (f".{build}" if build else ""), digest

    def state(self, _request=None):
        images = []
        for slot, data in enumerate(self.slots):
            parsed = self.parse(data) if data else None
            if not parsed:
                continue
            active = slot == 0
            images.append({"image": 0, "slot": slot, "version": parsed[0], "hash": parsed[1], "bootable": True,
                           "pending": not active and self.pending,
                           "confirmed": self.confirmed if active else not self.confirmed,
                           "active": active, "permanent": not active and self.permanent})
        return {"images": images, "splitStatus": 0}

    def choose(self, request):
        wanted, confirm = request.get("hash"), request.get("confirm", False)
        if not wanted:
            if not confirm:
                raise Refusal(INVALID)
            self.confirmed = True
            return self.state()
        slots = [slot for slot, data in enumerate(self.slots) if data and (self.parse(data) or (0, 0))[1] == wanted]
        if not slots:
            raise Refusal(8, 1)
        if slots[0] == 0:
            if not confirm:
                raise Refusal(33, 1)
            self.confirmed = True
        else:
            self.pending, self.permanent = True, confirm
        return self.state()

    def restarted(self):
        if self.pending:
            self.slots.reverse()
            self.confirmed, self.pending, self.permanent = self.permanent, False, False
        elif not self.confirmed:
            self.slots.reverse()
            self.confirmed = True

    def first_piece(self, request, data):
        length, sha = need(request, "len", int), request.get("sha")
        if self.pending or not self.confirmed:
            raise Refusal(9, 1)
        if len(data) < 32:
            raise Refusal(22, 1)
        if struct.unpack("<I", data[:4])[0] != MAGIC:
            raise Refusal(23, 1)
        if length > self.SLOT_BYTES:
            raise Refusal(30, 1)
        same = self.upload and sha and self.upload["sha"] == sha and self.upload["len"] == length
        if same and not self.upload["done"]:
            return
        self.upload = {"len": length, "sha": sha, "data": b"", "done": False}
        self.slots[1] = None

    def write(self, request):
        offset, data = need(request, "off", int), need(request, "data", bytes)
        if offset == 0:
            self.first_piece(request, data)
        if not self.upload:
            raise Refusal(INVALID)
        held = self.upload["data"]
        if offset != len(held):
            return {"off": len(held)}
        held += data
        if len(held) > self.upload["len"]:
            raise Refusal(31, 1)
        self.upload["data"] = held
        if len(held) < self.upload["len"]:
            return {"off": len(held)}
        match = self.upload["sha"] in (None, hashlib.sha256(held).digest())
        self.slots[1], self.upload["done"] = held, True  # the last piece may come again
        return {"off": len(held), "match": match}

    def erase(self, _request):
        if self.pending:
            raise Refusal(28, 1)
        time.sleep(self.erasing_s)  # as flash does to a core, not a wait for something
        self.slots[1] = self.upload = None
        return {}

    def sizes(self, _request):
        slots = [{"slot": slot, "size": self.SLOT_BYTES} for slot in range(2)]
        return {"images": [{"image": 0, "slots": slots, "max_image_size": self.SLOT_BYTES}]}

    def table(self):
        return {(1, 0): (self.state, self.choose), (1, 1): (None, self.write), (1, 5): (None, self.erase),
                (1, 6): (self.sizes, None)}


class Statistics:
    GROUPS = {"smp_com": {"frame_max": 0, "pack_cnt": 12}, "adc": {"samples": 4294967296, "lost": 3}}

    def list(self, _request):
        return {"stat_list": list(self.GROUPS)}

    def show(self, request):
        name = need(request, "name", str)
        if name not in self.GROUPS:
            raise Refusal(2, 2)
        return {"name": name, "fields": self.GROUPS[name]}

    def table(self):
        return {(2, 0): (self.show, None), (2, 1): (self.list, None)}


class Files:
    """A file system with one mount point, /lfs."""

    ROOM = 1 << 20
    HASHES = {"crc32": (0, 4, lambda data: zlib.crc32(data)),
              "sha256": (1, 32, lambda data: hashlib.sha256(data).digest())}

    def __init__(self, device):
        self.device = device
        self.files = {"/lfs/hello.txt": b"Hello from the device\n", "/lfs/empty": b"",
                      "/lfs/big.bin": bytes(i * 7 + (i >> 8) & 255 for i in range(20000))}

    def find(self, request):
        name = need(request, "name", str)
        if not name.startswith("/lfs/"):
            raise Refusal(14 if name.startswith("/") else 2, 8)
        if name not in self.files:
            raise Refusal(3, 8)
        return self.files[name]

    def read(self, request):
        data, offset = self.find(request), need(request, "off", int)
        if offset > len(data):
            raise Refusal(12, 8)
        piece = data[offset:offset + self.device.buf_size - 64]
        answer = {"off": offset, "data": piece}
        if offset == 0:
            answer["len"] = len(data)
        return answer

    def write(self, request):
        name, offset = need(request, "name", str), need(request, "off", int)
        data = need(request, "data", bytes)
        if not name.startswith("/lfs/"):
            raise Refusal(14, 8)
        if offset == 0:
            if need(request, "len", int) > self.ROOM:
                raise Refusal(10, 8)
            self.files[name] = b""
        elif name not in self.files:
            raise Refusal(3, 8)
        held = self.files[name]
        if offset != len(held):
            raise Refusal(11, 8, len=len(held))
        self.files[name] = held + data
        return {"off": len(self.files[name])}

    def status(self, request):
        return {"len": len(self.find(request))}

    def hash(self, request):
        data, kind = self.find(request), request.get("type") or "sha256"
        if kind not in self.HASHES:
            raise Refusal(13, 8)
        if not data:
            raise Refusal(16, 8)
        offset, length = request.get("off", 0), request.get("len", len(data))
        answer = {"type": kind, "len": min(length, len(data) - offset),
                  "output": self.HASHES[kind][2](data[offset:offset + length])}
        return dict(answer, off=offset) if offset else answer

    def types(self, _request):
        return {"types": {kind: {"format": row[0], "size": row[1]} for kind, row in self.HASHES.items()}}

    def close(self, _request):
        return {}

    def table(self):
        return {(8, 0): (self.read, self.write), (8, 1): (self.status, None), (8, 2): (self.hash, None),
                (8, 3): (self.types, None), (8, 4): (None, self.close)}


class Shell:
    def run(self, request):
        argv = need(request, "argv", list)
        if not argv:
            raise Refusal(3, 9)
        if argv[0] == "echo":
            return {"o": " ".join(argv[1:]) + "\r\n", "ret": 0}
        if argv[0] == "args":
            return {"o": "".join(f"{i}: {word}\r\n" for i, word in enumerate(argv)), "ret": 0}
        if argv[0] == "fail":
            return {"o": "it did not work\r\n", "ret": -22}
        return {"o": f"{argv[0]}: command not found\r\n", "ret": -8}

    def table(self):
        return {(9, 0): (None, self.run)}


class Enumeration:
    NAMES = {0: "os mgmt", 1: "img mgmt", 2: "stat mgmt", 8: "fs mgmt", 9: "shell mgmt", 10: "enum mgmt"}

    def __init__(self, device):
        self.device = device

    def groups(self):
        return sorted({group for group, _ in self.device.table})

    def count(self, _request):
        return {"count": len(self.groups())}

    def list(self, _request):
        return {"groups": self.groups()}

    def table(self):
        return {(10, 0): (self.count, None), (10, 1): (self.list, None)}
