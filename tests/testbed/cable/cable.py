# SPDX-License-Identifier: GPL-3.0-or-later
"""A cable between the console and a device on a socket, that can be pulled, plugged in elsewhere,
and go silent: by hand, or in the middle of what is said next.

    cable = Cable(device_socket, "pty", "/tmp/ring")   # or "unix", "/tmp/ring"; "tcp", port
    cable.plug()                                       # connect ring pty:/tmp/ring
    cable.arm("answer", "cut")                         # the next answer is cut in its middle
"""
import os
import select
import socket
import threading
import tty


class Cable:
    def __init__(self, device, kind, name):
        self.device, self.kind, self.name = device, kind, name
        self.lock = threading.RLock()
        self.listener = self.host = self.far = self.slave = None
        self.silent = self.comes_again = False
        self.armed = None
        self.seen = {"request": 0, "answer": 0}  # bytes passed on
        self.wake_r, self.wake_w = os.pipe()
        self.over = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def uri(self):
        return f"tcp:127.0.0.1:{self.name}" if self.kind == "tcp" else f"{self.kind}:{self.name}"

    # ---- what a hand does ----

    def plug(self):
        with self.lock:
            self.silent, self.armed, self.comes_again = False, None, False
            if self.kind == "pty":
                self._plug_pty()
            else:
                self._listen()
        self._wake()
        return self

    def cut(self):
        """Pulled: the console's side hangs up, and nothing is there any more."""
        with self.lock:
            self.comes_again = False
            self._cut()
        self._wake()

    def silence(self):
        """Nothing passes any more, and nobody is told."""
        with self.lock:
            self.silent = True

    def arm(self, way, what, skip=0):
        """In the middle of the next "request" or "answer", after `skip` bytes: "cut", "silence"."""
        with self.lock:
            self.armed = (way, what, self.seen[way] + skip)

    def close(self):
        with self.lock:
            self._cut()
            self.over = True
        self._wake()
        self.thread.join()

    # ---- how ----

    def _wake(self):
        os.write(self.wake_w, b"x")

    def _plug_pty(self):
        master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.symlink(os.ttyname(self.slave), self.name)
        self.host = socketless(master)
        self._reach()

    def _listen(self):
        if self.kind == "tcp":
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(("127.0.0.1", self.name))
            self.name = self.listener.getsockname()[1]
        else:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(self.name)
        self.listener.listen(4)

    def _reach(self):
        self.far = socket.socket(socket.AF_UNIX)
        self.far.connect(self.device)

    def _device_listens(self):
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(self.device)
            return True
        except OSError:
            return False

    def _accept(self):
        host, _ = self.listener.accept()
        if self.host:  # one console at a time
            host.close()
            return
        self.host = host
        self._reach()

    def _hang_up(self):
        for end in (self.host, self.far):
            if end:
                end.close()
        if self.slave is not None:
            os.close(self.slave)
        self.host = self.far = self.slave = None
        self.armed = None

    def _cut(self):
        self._hang_up()
        if self.listener:
            self.listener.close()
            self.listener = None
        if self.kind != "tcp" and os.path.lexists(self.name):
            os.unlink(self.name)

    def _pass_on(self, way, source, sink):
        data = source.recv(4096)
        if not data:
            # The console went away; the next may come. The port of a device that restarts goes
            # with it, and comes again.
            self._hang_up() if way == "request" else self._cut()
            self.comes_again = way == "answer"
            return
        if self.silent:
            return
        if self.armed and self.armed[0] == way and self.seen[way] + len(data) > self.armed[2]:
            what = self.armed[1]
            self.armed = None
            sink.sendall(data[: len(data) // 2])
            if what == "cut":
                self._cut()
            else:
                self.silent = True
            return
        self.seen[way] += len(data)
        sink.sendall(data)

    def _step(self, ready):
        if self.listener and self.listener in ready:
            self._accept()
        for way, source, sink in (("request", self.host, self.far), ("answer", self.far, self.host)):
            if source and source in ready and source in (self.host, self.far):
                try:
                    self._pass_on(way, source, sink)
                except OSError:  # the device hung up while it was spoken to
                    self._cut()
                    self.comes_again = True

    def _run(self):
        while not self.over:
            with self.lock:
                ends = [e for e in (self.listener, self.host, self.far) if e]
                again = 0.2 if self.comes_again else None
            try:
                ready, _, _ = select.select([self.wake_r, *ends], [], [], again)
            except (OSError, ValueError):
                continue  # closed meanwhile
            if self.wake_r in ready:
                os.read(self.wake_r, 64)
            with self.lock:
                if self.comes_again and self._device_listens():
                    self.plug()
                self._step(ready)


class socketless:
    """A terminal's master with the methods of a socket."""

    def __init__(self, fd):
        self.fd = fd

    def fileno(self):
        return self.fd

    def recv(self, size):
        return os.read(self.fd, size)

    def sendall(self, data):
        while data:
            data = data[os.write(self.fd, data):]

    def close(self):
        os.close(self.fd)
