# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's stock kernel and a first file system for it, fetched once into a cache."""
import fcntl
import pathlib
import os
import re
import shutil
import subprocess

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache",
                     "synergy", "vm")
HERE = pathlib.Path(__file__).parent
BASE = ["virtio_pci", "virtio_console", "9pnet_virtio", "9p"] # to see the host's files
SETS = { # in the order in which they can be loaded
    "usb": ["xhci_pci", "ftdi_sio"],
    "ble": ["ctr", "sha256_generic", "sha512_generic", "hmac", "drbg", "af_alg", "algif_skcipher",
            "algif_hash", "ecb", "cmac", "ccm", "hci_vhci"],
}


class Skip(Exception):
    """This machine cannot run it; why."""


def needs(*programs):
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    for program in programs:
        if not shutil.which(program, path=path):
            raise Skip(f"there is no {program} here")


def run(words, folder):
    done = subprocess.run(words, cwd=folder, text=True, capture_output=True,
                          env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise Skip(f"no kernel: '{' '.join(words[:2])}' failed: {last}")
    return done.stdout


def fetch():
    """Downloads the kernel's package without installing it."""
    needs("apt-get", "apt-cache", "dpkg-deb", "depmod")
    depends = run(["apt-cache", "depends", "linux-image-amd64"], CACHE)
    package = re.search(r"Depends: (linux-image-\S+)", depends)
    if not package:
        raise Skip("no kernel: apt-cache knows no linux-image-amd64")
    name = package[1]
    version = name.removeprefix("linux-image-")
    tree = CACHE / "unpacked"
    shutil.rmtree(tree, ignore_errors=True)
    run(["apt-get", "download", "-q", name], CACHE)
    for file in CACHE.glob(name + "_*.deb"):
        run(["dpkg-deb", "-x", str(file), str(tree)], CACHE)
        file.unlink()
    run(["depmod", "-b", str(tree), version], CACHE)
    tree.rename(CACHE / version)


class Kernel:
    def __init__(self):
        needs("qemu-system-x86_64", "busybox")
        CACHE.mkdir(parents=True, exist_ok=True)
        with open(CACHE / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.trees():
                fetch()
            self.tree = self.trees()[-1]
            self.modules = self.tree / "lib" / "modules" / self.tree.name
            self.image = self.tree / "boot" / f"vmlinuz-{self.tree.name}"
            self.initrd = self.make_initrd()

    @staticmethod
    def trees():
        return sorted(p.parents[3] for p in CACHE.glob("[0-9]*/lib/modules/*/modules.dep"))

    def files(self, names):
        """Of modules and of all that they need, in the order in which they can be loaded."""
        depends = {}
        for line in (self.modules / "modules.dep").read_text().splitlines():
            file, needed = line.split(":")
            depends[pathlib.Path(file).name.split(".")[0].replace("-", "_")] = (file, needed.split())
        order = []
        for name in names:
            if name not in depends:
                continue # built in
            file, needed = depends[name]
            order += [f for f in [*reversed(needed), file] if f not in order]
        return [self.modules / f for f in order]

    def make_initrd(self):
        init = (HERE / "init").read_bytes()
        path = self.tree / "initrd"
        archive = Archive()
        for folder in ("bin", "dev", "proc", "sys", "host", "modules"):
            archive.add(folder, b"", 0o40755)
        archive.add("init", init, 0o100755)
        archive.add("bin/busybox", pathlib.Path(shutil.which("busybox")).read_bytes(), 0o100755)
        files = self.files(BASE)
        for file in files:
            archive.add(f"modules/{file.name}", file.read_bytes(), 0o100644)
        archive.add("modules/order", "".join(f"{f.name}\n" for f in files).encode(), 0o100644)
        data = archive.finish()
        if not path.exists() or path.read_bytes() != data:
            path.with_suffix(".new").write_bytes(data)
            path.with_suffix(".new").rename(path)
        return path


class Archive:
    """cpio, as the kernel unpacks it ("newc")."""
    def __init__(self):
        self.data, self.inode = bytearray(), 0

    def add(self, name, content, mode):
        self.inode += 1
        fields = [self.inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
        self.data += b"070701" + b"".join(b"%08x" % f for f in fields) + name.encode() + b"\0"
        self.pad()
        self.data += content
        self.pad()

    def pad(self):
        self.data += bytes(-len(self.data) % 4)

    def finish(self):
        self.add("TRAILER!!!", b"", 0)
        return bytes(self.data)
