#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""bluetoothd as a program sees it on D-Bus, with an SMP device in range that is not there.

    bluetoothd.py [OPTIONS] -- COMMAND...

Starts a bus of its own, which COMMAND takes for the system bus, and ends with COMMAND's status. The
device is tests/testbed/smp's; one more, a thermometer, only advertises.
"""
import argparse
import os
import pathlib
import socket
import subprocess
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smp"))
import server
import wire

PROPERTIES = "org.freedesktop.DBus.Properties"
MANAGER = "org.freedesktop.DBus.ObjectManager"
ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
SERVICE, CHARACTERISTIC = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
SMP, SMP_DATA = "8d53dc1d-1db7-4cd3-868b-8a527460aa84", "da2e7828-fbce-4e01-ae9e-261174997c48"
AGENT, CHANNEL = "5e5d0001-9e3b-4f3c-8d2a-5359a6b20001", "abdd3056-28fa-441d-a470-55a75a52553a"
HCI = "/org/bluez/hci0"


class Error(dbus.DBusException):
    def __init__(self, name, message):
        super().__init__(message)
        self._dbus_error_name = name


class Object(dbus.service.Object):
    """An object with properties that its manager knows."""

    def __init__(self, world, path, interface, properties):
        super().__init__(world.bus, path)
        self.world, self.path, self.interface, self.properties = world, path, interface, properties

    def set(self, **changed):
        self.properties.update(changed)
        self.PropertiesChanged(self.interface, dbus.Dictionary(changed, signature="sv"), [])

    @dbus.service.signal(PROPERTIES, signature="sa{sv}as")
    def PropertiesChanged(self, interface, changed, invalidated):
        pass

    def described(self):
        return {self.interface: dbus.Dictionary(self.properties, signature="sv")}


class Manager(dbus.service.Object):
    def __init__(self, world):
        super().__init__(world.bus, "/")
        self.objects = {}

    def add(self, thing):
        self.objects[thing.path] = thing
        self.InterfacesAdded(thing.path, thing.described())

    @dbus.service.method(MANAGER, out_signature="a{oa{sa{sv}}}")
    def GetManagedObjects(self):
        return {dbus.ObjectPath(path): thing.described() for path, thing in self.objects.items()}

    @dbus.service.signal(MANAGER, signature="oa{sa{sv}}")
    def InterfacesAdded(self, path, interfaces):
        pass


class Adapter(Object):
    def __init__(self, world):
        super().__init__(world, HCI, ADAPTER, {"Address": "00:11:22:33:44:55", "Powered": not world.options.off})
        self.discovering = False

    @dbus.service.method(ADAPTER, in_signature="a{sv}")
    def SetDiscoveryFilter(self, wanted):
        if wanted.get("Transport") != "le":
            raise Error("org.bluez.Error.InvalidArguments", "this device is found by LE alone")

    @dbus.service.method(ADAPTER)
    def StartDiscovery(self):
        self.discovering = True
        if not self.world.options.silent:
            GLib.timeout_add(20, self.world.hear)

    @dbus.service.method(ADAPTER)
    def StopDiscovery(self):
        self.discovering = False


class Device(Object):
    def __init__(self, world, address, kind, name, uuids, rssi):
        properties = {"Address": address, "AddressType": kind, "Connected": False, "ServicesResolved": False,
                      "Adapter": dbus.ObjectPath(HCI), "UUIDs": dbus.Array(uuids, signature="s")}
        if name:
            properties["Name"] = name
        if rssi:
            properties["RSSI"] = dbus.Int16(rssi)
        super().__init__(world, f"{HCI}/dev_{address.replace(':', '_')}", DEVICE, properties)

    @dbus.service.method(DEVICE, async_callbacks=("done", "failed"))
    def Connect(self, done, failed):
        if self.world.options.deaf or self.world.adapter.discovering:
            return # bluetoothd's own hangs while it scans
        if self.world.options.refuse:
            failed(Error("org.bluez.Error.Failed", "le-connection-abort-by-local"))
            return
        self.set(Connected=True)
        done()
        self.world.offer(self)
        if not self.world.options.unresolved:
            GLib.timeout_add(20, lambda: self.set(ServicesResolved=True))

    @dbus.service.method(DEVICE)
    def Disconnect(self):
        self.set(Connected=False, ServicesResolved=False)
        self.world.say("disconnected")


class Service(Object):
    def __init__(self, device, number, uuid):
        super().__init__(device.world, f"{device.path}/service{number:04x}", SERVICE, {"UUID": uuid, "Primary": True})


class Data(Object):
    """SMP's characteristic: by descriptors, or by calls and signals."""

    def __init__(self, service):
        options = service.world.options
        properties = {"UUID": SMP_DATA, "Service": dbus.ObjectPath(service.path)}
        if not options.by_call:
            properties.update(WriteAcquired=False, NotifyAcquired=False)
        if not options.no_mtu:
            properties["MTU"] = dbus.UInt16(options.mtu)
        super().__init__(service.world, service.path + "/char0001", CHARACTERISTIC, properties)
        self.smp = server.Device(server.parse(["-"])[0])
        self.message = b""
        self.sockets = {}
        self.count = self.longest = 0
        self.world.data = self

    def check_pairing(self):
        if self.world.options.unpaired:
            raise Error("org.bluez.Error.NotPermitted", "Operation failed with ATT error: 0x0f")

    def acquire(self, name):
        self.check_pairing()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sockets[name] = ours
        if name == "write":
            GLib.io_add_watch(ours.fileno(), GLib.IO_IN | GLib.IO_HUP, self.readable)
        return dbus.types.UnixFd(theirs.fileno()), dbus.UInt16(self.world.options.mtu)

    def readable(self, *_):
        packet = self.sockets["write"].recv(4096)
        self.take(packet)
        return bool(packet)

    def take(self, packet):
        self.longest = max(self.longest, len(packet))
        if len(packet) > self.world.options.mtu - 3:
            raise SystemExit("a packet is longer than the MTU allows")
        self.message += packet
        if len(self.message) < 8 or len(self.message) < 8 + wire.Header(self.message).length:
            return
        frame, self.message = self.smp.answer(self.message), b""
        for answer in wire.Receiver(65536).feed(frame):
            self.send(answer)
        self.count += 1
        if self.count == self.world.options.leave:
            for end in self.sockets.values():
                end.close()
            self.world.device.set(Connected=False, ServicesResolved=False)

    def send(self, answer):
        step = self.world.options.mtu - 3
        for at in range(0, len(answer), step):
            piece = answer[at:at + step]
            if "notify" in self.sockets:
                self.sockets["notify"].send(piece)
            else:
                self.set(Value=dbus.Array(piece, signature="y"))

    @dbus.service.method(CHARACTERISTIC, in_signature="a{sv}", out_signature="hq")
    def AcquireWrite(self, _):
        return self.acquire("write")

    @dbus.service.method(CHARACTERISTIC, in_signature="a{sv}", out_signature="hq")
    def AcquireNotify(self, _):
        return self.acquire("notify")

    @dbus.service.method(CHARACTERISTIC)
    def StartNotify(self):
        self.check_pairing()

    @dbus.service.method(CHARACTERISTIC, in_signature="aya{sv}")
    def WriteValue(self, value, options):
        if options.get("type") != "command":
            raise Error("org.bluez.Error.NotSupported", "writes without response alone")
        self.take(bytes(value))


class Channel(Object):
    def __init__(self, service):
        super().__init__(service.world, service.path + "/char0002", CHARACTERISTIC, {"UUID": CHANNEL})

    @dbus.service.method(CHARACTERISTIC, in_signature="a{sv}", out_signature="ay")
    def ReadValue(self, _):
        return dbus.ByteArray(self.world.options.psm.to_bytes(2, "little"))


class World:
    def __init__(self, bus, options):
        self.bus, self.options = bus, options
        self.manager = Manager(self)
        self.adapter = Adapter(self)
        self.device = self.data = None
        self.manager.add(self.adapter)
        if options.known:
            self.appear(None)

    def say(self, text):
        if self.options.verbose:
            print("bluetoothd:", text, file=sys.stderr, flush=True)

    def appear(self, rssi):
        uuids = [] if self.options.no_smp else [SMP] + ([AGENT] if self.options.psm else [])
        self.device = Device(self, "C0:FF:EE:00:00:01", "random", self.options.name, uuids, rssi)
        self.manager.add(self.device)

    def hear(self):
        if not self.adapter.discovering:
            return False
        if not self.device:
            self.appear(-47)
            self.manager.add(Device(self, "10:20:30:40:50:60", "public", "thermo\x1b[2Jmeter",
                                    ["00001809-0000-1000-8000-00805f9b34fb"], -80))
        else:
            self.device.set(RSSI=dbus.Int16(-47))
        return True

    def offer(self, device):
        if self.options.no_smp:
            return
        service = Service(device, 6, SMP)
        self.manager.add(service)
        self.manager.add(Data(service))
        if self.options.psm:
            service = Service(device, 10, AGENT)
            self.manager.add(service)
            self.manager.add(Channel(service))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="bench")
    parser.add_argument("--mtu", type=int, default=247)
    parser.add_argument("--psm", type=int, default=0, help="the channel that it offers")
    parser.add_argument("--leave", type=int, default=0, help="messages after which it ends the connection")
    for flag, text in (("known", "bluetoothd knows the device before it scans"),
                       ("silent", "nobody advertises"),
                       ("off", "the adapter is switched off"),
                       ("deaf", "connecting never ends"),
                       ("refuse", "connecting fails"),
                       ("unresolved", "services never become known"),
                       ("unpaired", "the characteristic wants pairing"),
                       ("no-smp", "the device offers something else"),
                       ("by-call", "no descriptors: data by calls and signals"),
                       ("no-mtu", "the characteristic does not tell the MTU, as before BlueZ 5.62"),
                       ("gone", "the bus is there, bluetoothd is not"),
                       ("verbose", "tells what is asked for")):
        parser.add_argument("--" + flag, action="store_true", help=text)
    split = sys.argv.index("--")
    return parser.parse_args(sys.argv[1:split]), sys.argv[split + 1:]


def watch(child, loop):
    if child.poll() is not None:
        loop.quit()
        return False
    return True


def main():
    options, command = parse()
    daemon = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) # it cannot raise its limits everywhere, and says so
    child = None
    try:
        address = daemon.stdout.readline().decode().strip()
        dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
        bus = dbus.bus.BusConnection(address)
        loop = GLib.MainLoop()
        if not options.gone:
            world = World(bus, options)
            bus.request_name("org.bluez")
        child = subprocess.Popen(command, env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address})
        GLib.timeout_add(20, watch, child, loop)
        loop.run()
        if options.by_call and not options.gone and world.data:
            world.say(f"packets of at most {world.data.longest} bytes came")
        return child.returncode
    finally:
        daemon.terminate()
        daemon.wait()


if __name__ == "__main__":
    sys.exit(main())
