# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual machine with Debian's stock kernel that sees the host's files and runs one script.

Always without KVM: where there is one it need not work. A script in the machine asks the host for
something by `tests/testbed/vm/host WORDS`, which `request` here answers."""
import json
import pathlib
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading

import kernel

SOURCE = pathlib.Path(__file__).resolve().parents[3]
BOOT_S = 180 # of which the machine needs seven on an idle host
# A kernel that finds out the rates of processor's clocks by counting finds wrong ones on a busy host,
# and its seconds are a fraction of ours; QEMU's HPET is right whatever the host does. Nor are timer
# interrupts counted, of which a busy host delivers too few.
TRUE_TIME = "tsc=unstable nolapic_timer clocksource=hpet no_timer_check"


class Machine:
    """with Machine(...) as vm: status = vm.run("script", 60)"""

    def __init__(self, modules=(), usb=None, ports=None, radio=None, build=None, request=None,
                 interactive=False):
        """`usb`: serial number -> UNIX socket of what is plugged in; `ports`: name -> UNIX socket
        behind /dev/virtio-ports/NAME; `radio`: socket of a testbed-radio, on which the machine's
        kernel has a controller, hci0, by programs of the build folder `build`; `request(words)`
        gives the answer to a script's request."""
        self.usb, self.ports, self.request = dict(usb or {}), dict(ports or {}), request
        self.sets = ["usb"] * bool(usb) + ["ble"] * bool(radio) + list(modules)
        self.interactive, self.qmp, self.hub = interactive, None, ""
        if radio:
            self.ports["hub"] = radio
            bridge = pathlib.Path(build, "tests", "testbed", "vm", "testbed-hcibridge").resolve()
            self.hub = (f"{bridge} /dev/virtio-ports/hub vhci >$VM_WORK/.vm/hub 2>&1 &\n"
                        "until hciconfig hci0 up 2>/dev/null; do sleep 0.05; done\n")

    def __enter__(self):
        self.kernel = kernel.Kernel()
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="synergy-vm-"))
        (self.work / ".vm").mkdir()
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.work, ignore_errors=True)

    # ---- the command line ----

    def words(self):
        tree = self.kernel
        words = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "1024", "-nodefaults",
                 "-no-user-config", "-display", "none", "-no-reboot",
                 "-kernel", str(tree.image), "-initrd", str(tree.initrd),
                 "-append", f"console=ttyS0 quiet panic=-1 {TRUE_TIME} vm.work={self.work} "
                 f"vm.source={pathlib.Path.cwd()}",
                 "-serial", f"file:{self.work}/kernel.log", # what the kernel says
                 "-qmp", f"unix:{self.work}/qmp,server=on,wait=off",
                 "-device", "virtio-serial", "-chardev", "stdio,id=console,signal=off",
                 "-device", "virtconsole,chardev=console" if self.interactive
                 else "virtserialport,chardev=console,name=output",
                 *self.share("host", "/", ",readonly=on"), *self.share("work", self.work, ""),
                 "-device", "qemu-xhci,id=usb"]
        for serial, path in self.usb.items():
            words += ["-chardev", f"socket,id=c-{serial},path={path}",
                      "-device", f"usb-serial,id={serial},chardev=c-{serial},serial={serial}"]
        for name, path in {**self.ports, "host": self.work / "host"}.items():
            words += ["-chardev", f"socket,id=p-{name},path={path}",
                      "-device", f"virtserialport,chardev=p-{name},name={name}"]
        return words

    @staticmethod
    def share(name, path, more):
        return ["-fsdev", f"local,id={name},path={path},security_model=none,multidevs=remap{more}",
                "-device", f"virtio-9p-pci,fsdev={name},mount_tag={name}"]

    # ---- running ----

    def run(self, script, seconds):
        """Its exit status; what it prints is printed. TimeoutError where it takes longer than
        `seconds`, besides booting; RuntimeError where the machine stops before it ends."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.work / "host"))
        listener.listen(1)
        names = [n for s in self.sets for n in kernel.SETS[s]]
        (self.work / ".vm" / "modules").write_text(
            "".join(f"{f}\n" for f in self.kernel.files(names)))
        (self.work / ".vm" / "run").write_text(self.prologue() + script + "\n")
        threading.Thread(target=self.serve, args=(listener,), daemon=True).start()
        stdin = None if self.interactive else subprocess.PIPE # whose end would be a hang-up
        qemu = subprocess.Popen(self.words(), stdin=stdin)
        try:
            qemu.wait(None if self.interactive else BOOT_S + seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"the script did not end within {seconds} s\n{self.log()}") from None
        finally:
            qemu.kill()
            qemu.wait()
            listener.close()
        status = self.work / ".vm" / "status"
        if not status.exists():
            raise RuntimeError(f"the machine stopped before its script ended\n{self.log()}")
        return int(status.read_text())

    def prologue(self):
        size = shutil.get_terminal_size()
        mode = f"stty rows {size.lines} columns {size.columns}\n" if self.interactive else ""
        return (f"{mode}export HOME=/tmp TERM=${{TERM:-linux}} VM_WORK={self.work} "
                f"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\n"
                f"cd {shlex.quote(str(pathlib.Path.cwd()))}\n"
                f"until [ \"$(ls /dev | grep -c ttyUSB)\" = {len(self.usb)} ]; do sleep 0.05; done\n"
                + self.hub)

    def log(self):
        path = self.work / "kernel.log"
        return path.read_text(errors="replace")[-2000:] if path.exists() else ""

    # ---- requests ----

    def serve(self, listener):
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        with peer, peer.makefile("rw") as lines:
            for line in lines:
                try:
                    answer = self.answer(line.split())
                except Exception as problem: # the script is told and fails, not this thread
                    answer = f"error: {problem}"
                lines.write(answer.replace("\n", " ") + "\n")
                lines.flush()

    def answer(self, words):
        if words[0] == "unplug":
            self.unplug(words[1])
        elif words[0] == "plug":
            self.plug(words[1])
        elif self.request:
            return self.request(words) or "ok"
        else:
            raise ValueError(f"nobody knows '{words[0]}'")
        return "ok"

    def unplug(self, serial):
        self.command("device_del", id=serial)

    def plug(self, serial):
        self.command("chardev-remove", id=f"c-{serial}")
        backend = {"type": "socket", "data": {
            "addr": {"type": "unix", "data": {"path": str(self.usb[serial])}}, "server": False}}
        self.command("chardev-add", id=f"c-{serial}", backend=backend)
        self.command("device_add", driver="usb-serial", id=serial, serial=serial,
                     chardev=f"c-{serial}")

    def command(self, name, **arguments):
        """One of QEMU's own (QMP)."""
        if not self.qmp:
            link = socket.socket(socket.AF_UNIX)
            link.connect(str(self.work / "qmp"))
            self.qmp = link.makefile("rw")
            self.qmp.readline()
            self.command("qmp_capabilities")
        self.qmp.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.qmp.flush()
        while True:
            answer = json.loads(self.qmp.readline())
            if "error" in answer:
                raise RuntimeError(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
