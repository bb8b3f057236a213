# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual wearables on this machine, which the console in the virtual machine connects to."""
import pathlib
import select
import shutil
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[3]
KINDS = ["earbud", "glasses", "watch", "ring"]
READY_S = 30


class Wearables:
    """with Wearables(agent) as worn: one of each kind, in a folder of their sockets"""

    def __init__(self, agent, speed=1):
        """At `speed` times real time."""
        self.agent, self.speed, self.kinds, self.processes = agent, speed, KINDS, {}
        self.has_board = ""

    def __enter__(self):
        self.home = tempfile.TemporaryDirectory(prefix="synergy-wear-")
        self.folder = pathlib.Path(self.home.name)
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.kill()
            process.wait()
            process.stdout.close()
        self.home.cleanup()

    def start(self, kind, *options):
        self.program(kind, self.agent, "--id", f"sim-{kind}", "--wear", kind, "--speed",
                     self.speed, *options)

    def program(self, name, *words):
        """Returns once it says that it is ready."""
        words = [str(word) for word in words]
        process = subprocess.Popen(words, stdout=subprocess.PIPE)
        self.processes[name] = process
        if not select.select([process.stdout], [], [], READY_S)[0] or not process.stdout.readline():
            raise RuntimeError(f"{' '.join(words)}: it does not get ready")

    def on_usb(self):
        """Serial number of the adapter -> socket of the wearable behind it."""
        sockets = {}
        for number, kind in enumerate(self.kinds, 1):
            path = self.folder / kind
            self.start(kind, "--unix", str(path))
            sockets[f"WEAR{number:04}"] = path
        return sockets

    def on_air(self, radio, trace):
        """The radio's sockets: where controllers are, and where it is told what to do. The wearable
        N has the address C0:00:00:00:00:0N, and its kind for a name."""
        socket, control = self.folder / "air", self.folder / "control"
        self.program("radio", radio, "-c", control, *(["-t", trace] if trace else []), socket)
        for number, kind in enumerate(self.kinds, 1):
            self.start(kind, "--ble", f"{socket},address=C0:00:00:00:00:{number:02},name={kind}")
        return socket, control

    def board(self, synergy, kind, socket):
        """Firmware in QEMU with a controller of the radio at its UART. The console starts it, since
        it knows how, and keeps it."""
        image = SOURCE / "build" / "firmware" / f"synergy-agent-{kind}.img"
        if not shutil.which("qemu-system-arm") or not image.exists():
            return
        self.program("board", synergy, "--memory", "-c", "set timeout 60", "-c",
                     f"connect board qemu:{kind}?number=5&hci={socket}", "-c", "wait 100000")
        self.has_board = "mps2-5"


def lab(uris):
    """A script that connects one of each kind."""
    return "".join(f"connect {kind} {uri}\n" for kind, uri in zip(KINDS, uris))
