# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of Bluetooth wearables share: the radio and the devices, SMP's echo, running."""
import struct
import subprocess
import tempfile
import time

from central import OUR_PSM, SMP_MESSAGES

SMP_HEADER = 8


class World:
    def __init__(self, radio, agent):
        self.agent = agent
        self.folder = tempfile.TemporaryDirectory()
        self.socket = self.folder.name + "/air"
        self.processes = []
        self.radio = self.start(radio, self.socket)

    def start(self, *command):
        p = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.processes.append(p)
        assert p.stdout.readline().startswith("ready"), command
        return p

    def wearable(self, ident, *options, address=None):
        where = self.socket + (f",address={address}" if address else "")
        return self.start(self.agent, "--id", ident, "--ble", where, *options)

    def close(self):
        for p in reversed(self.processes):
            p.terminate()
            p.wait()
        self.folder.cleanup()


def text(value):
    raw = value.encode()
    n = len(raw)
    if n < 24:
        return bytes([0x60 | n]) + raw
    return (bytes([0x78, n]) if n < 256 else b"\x79" + struct.pack(">H", n)) + raw


def echo(seq, value):
    """An SMP echo request, and its answer."""
    request, answer = b"\xa1\x61d" + text(value), b"\xa1\x61r" + text(value)
    return (struct.pack(">BBHHBB", 0x0A, 0, len(request), 0, seq, 0) + request,
            struct.pack(">BBHHBB", 0x0B, 0, len(answer), 0, seq, 0) + answer)


def find(central, name):
    devices = central.scan(lambda all: any(d["name"] == name for d in all.values()))
    return next((a, d) for a, d in devices.items() if d["name"] == name)


def connect(central, name, **options):
    where, device = find(central, name)
    return central.connect(where, device["random"], **options)


def gatt_message(link):
    data = link.next(link.notifications)[3:]
    while len(data) < SMP_HEADER + struct.unpack_from(">H", data, 2)[0]:
        data += link.next(link.notifications)[3:]
    return data


def subscribe(link):
    handle = link.characteristics()[SMP_MESSAGES][0]
    link.write(handle + 1, b"\x01\x00")
    return handle


def open_ours(link):
    psm, = struct.unpack("<H", link.read(link.characteristics()[OUR_PSM][0]))
    return link.open_channel(psm)


def run(module, *programs):
    """Every function of `module` with the one argument `world` is a test, its name a sentence."""
    tests = [f for f in vars(module).values()
             if callable(f) and getattr(f, "__code__", None) and
             f.__code__.co_varnames[:f.__code__.co_argcount] == ("world",)]
    for test in tests:
        world = World(*programs)
        begin = time.monotonic()
        try:
            test(world)
        finally:
            world.close()
        print(f"ok {test.__name__.replace('_', ' ')} ({time.monotonic() - begin:.1f} s)", flush=True)
