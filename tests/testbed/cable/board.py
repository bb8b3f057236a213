# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulated board whose UART is a socket, so that cables lead to it (cable.py): it lives on while
they are pulled."""
import os
import pathlib
import shutil

from console import SOURCE, start, wait_for

FIRMWARE = SOURCE / "build" / "firmware"
IMAGE, BOOT = FIRMWARE / "synergy-agent-mps2-an386.img", FIRMWARE / "synergy-boot-mps2-an386.elf"
FLASH_BYTES, MEMORY_BYTES = 8 << 20, 16 << 20  # transports/links/qemu.c


def missing():
    """What a board needs and this machine lacks; None: nothing."""
    if not shutil.which("qemu-system-arm"):
        return "qemu-system-arm is not installed"
    return None if IMAGE.exists() and BOOT.exists() else f"{IMAGE} is not built"


class Board:
    def __init__(self, name, number):
        self.path, flash = os.path.abspath(name + ".uart"), os.path.abspath(name + ".flash")
        pathlib.Path(flash).write_bytes(IMAGE.read_bytes().ljust(FLASH_BYTES, b"\xff"))
        os.truncate(flash, MEMORY_BYTES)
        self.process = start([
            "qemu-system-arm", "-object",
            f"memory-backend-file,id=psram,size={MEMORY_BYTES},mem-path={flash},share=on",
            "-machine", "mps2-an386,memory-backend=psram", "-accel", "tcg", "-display", "none",
            "-monitor", "none", "-chardev", f"socket,id=uart,path={self.path},server=on,wait=off",
            "-serial", "chardev:uart", "-kernel", str(BOOT), "-device",
            f"loader,addr=0x21fffffc,data={number:#x},data-len=4"])
        wait_for(lambda: os.path.exists(self.path), "UART")

    def kill(self):
        self.process.kill()
        self.process.wait()
