#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device of somebody else's: an SMP server as Zephyr's is, on a unix socket or a pty.

    server.py [OPTIONS] WHERE -- COMMAND...

WHERE is unix:PATH or pty:PATH (a symbolic link to the terminal). The device lives as long as
COMMAND runs, and ends with its status. It keeps its files and images over resets.
"""
import argparse
import os
import random
import selectors
import socket
import subprocess
import sys
import time
import tty

sys.dont_write_bytecode = True  # the folder is the project's
import groups
import wire


class Device:
    def __init__(self, options):
        self.options = options
        self.buf_size, self.buf_count = options.buf_size, options.buf_count
        self.random = random.Random(options.seed)
        self.images = groups.Images(options.erasing)
        self.files = groups.Files(self)
        self.restart_wanted = False
        self.boot()

    def boot(self):
        parts = [groups.Os(self), self.images, groups.Statistics(), self.files, groups.Shell(),
                 groups.Enumeration(self)]
        self.table = {}
        for part in parts:
            self.table.update({key: row for key, row in part.table().items() if key[0] not in self.options.without})
        self.receiver = wire.Receiver(self.buf_size)

    def restart(self):
        self.restart_wanted = True

    def handle(self, header, payload):
        if self.options.v1_only and header.version > 0:
            raise groups.Refusal(13)
        row = self.table.get((header.group, header.id))
        handler = row[1 if header.op == wire.WRITE else 0] if row else None
        if not handler:
            raise groups.Refusal(groups.NOTSUP)
        try:
            request = wire.decode(payload)
        except Exception as problem:
            raise groups.Refusal(groups.INVALID) from problem
        if not isinstance(request, dict):
            raise groups.Refusal(groups.INVALID)
        return handler(request)

    def refusal(self, header, refusal):
        if refusal.group is None:
            return {"rc": refusal.rc}
        if header.version == 0:
            return {"rc": 256 + refusal.rc, **refusal.beside}
        return {"err": {"group": refusal.group, "rc": refusal.rc}, **refusal.beside}

    def silent(self, header):
        if self.options.v1_deaf and header.version > 0:
            return True
        return self.options.silent_unknown and header.group not in {group for group, _ in self.table}

    def answer(self, message):
        """The frame that answers, or nothing."""
        if len(message) < 8:
            return b""
        header, payload = wire.Header(message), message[8:]
        if header.length != len(payload) or header.op not in (wire.READ, wire.WRITE) or self.silent(header):
            return b""
        try:
            body = self.handle(header, payload)
        except groups.Refusal as refusal:
            body = self.refusal(header, refusal)
        data = wire.encode(body)
        head = wire.Header.pack(header.op + 1, min(header.version, 1), len(data), header.group, header.seq, header.id)
        if self.random.random() < self.options.lose:
            return b""
        return wire.frame(head + data)


class Serving:
    def __init__(self, device, options, where):
        self.device, self.options = device, options
        self.kind, _, self.path = where.partition(":")
        self.selector = selectors.DefaultSelector()
        self.listener = self.link = None
        if self.kind == "unix":
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(self.path)
            self.listener.listen(1)
            self.selector.register(self.listener, selectors.EVENT_READ)
        elif self.kind == "pty":
            master, self.slave = os.openpty()
            tty.setraw(self.slave)
            os.symlink(os.ttyname(self.slave), self.path)
            self.attach(master)
        else:
            sys.exit(f"{where}: neither unix:PATH nor pty:PATH")

    def attach(self, fd):
        self.link = fd
        self.selector.register(fd, selectors.EVENT_READ)
        if self.options.text:
            self.write(b"*** Booting Zephyr OS build v3.7.0 ***\r\n")

    def detach(self):
        self.selector.unregister(self.link)
        os.close(self.link)
        self.link = None

    def write(self, data):
        step = self.options.fragment or len(data) or 1
        for at in range(0, len(data), step):
            piece = data[at:at + step]
            while piece:
                piece = piece[os.write(self.link, piece):]

    def reply(self, message):
        frame = self.device.answer(message)
        if self.options.slow:
            time.sleep(self.options.slow)  # a slow processor, not a wait for something
        if self.options.text:
            self.write(b"[00:00:01.250,000] <inf> app: a request\r\n")
        if frame and self.options.text:
            frame = b"uart:~$ " + frame
        self.write(frame)
        if self.device.restart_wanted:
            self.device.restart_wanted = False
            self.device.images.restarted()
            self.device.boot()
            if self.options.text:
                self.write(b"*** Booting Zephyr OS build v3.7.0 ***\r\n")

    def take(self):
        try:
            data = os.read(self.link, 4096)
        except OSError:
            data = b""
        if not data:
            self.detach()
            return
        for message in self.device.receiver.feed(data):
            if self.device.options.hang_up == 1:
                self.device.options.hang_up = 0
                self.detach()
                return
            self.device.options.hang_up = max(0, self.device.options.hang_up - 1)
            self.reply(message)

    def turn(self):
        for key, _ in self.selector.select(0.05):
            try:
                if key.fileobj is not self.listener:
                    self.take()
                elif self.link is None:
                    self.attach(self.listener.accept()[0].detach())
            except BrokenPipeError:
                self.detach()

    def close(self):
        if self.kind in ("unix", "pty"):
            os.unlink(self.path)


def parse(argv):
    split = argv.index("--") if "--" in argv else len(argv)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("where")
    parser.add_argument("--buf-size", type=int, default=384)
    parser.add_argument("--buf-count", type=int, default=4)
    parser.add_argument("--slow", type=float, default=0, help="seconds of each answer")
    parser.add_argument("--erasing", type=float, default=0, help="seconds for which it stands still to erase a slot")
    parser.add_argument("--lose", type=float, default=0, help="share of the answers that is lost")
    parser.add_argument("--seed", type=int, default=1, help="of what is lost")
    parser.add_argument("--text", action="store_true", help="log text and a prompt between the frames")
    parser.add_argument("--fragment", type=int, default=0, help="bytes that are written at once")
    parser.add_argument("--hang-up", type=int, default=0, help="requests after which it hangs up, once")
    parser.add_argument("--v1-only", action="store_true", help="refuses headers of version 2")
    parser.add_argument("--v1-deaf", action="store_true", help="is silent to headers of version 2")
    parser.add_argument("--silent-unknown", action="store_true", help="does not answer groups it has not")
    parser.add_argument("--without", type=int, action="append", default=[], help="a group it has not")
    return parser.parse_args(argv[:split]), argv[split + 1:]


def main():
    options, command = parse(sys.argv[1:])
    serving = Serving(Device(options), options, options.where)
    child = subprocess.Popen(command)
    try:
        while child.poll() is None:
            serving.turn()
    finally:
        serving.close()
    return child.returncode


if __name__ == "__main__":
    sys.exit(main())
