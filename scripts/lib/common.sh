# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by the scripts: where the project is, what it needs from Debian, how to build it.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '\n== %s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

packages_build=(gcc libc6-dev cmake ninja-build pkg-config libcjson-dev libsqlite3-dev
                zlib1g-dev libyaml-dev libserialport-dev libreadline-dev libcmocka-dev
                protobuf-c-compiler libprotobuf-c-dev libonnx-dev libbluetooth-dev libsystemd-dev)
packages_bench=(python3 socat libglpk-dev libxnnpack-dev libpthreadpool-dev)
packages_demo=(dataset-fashion-mnist)
packages_test=(clang clang-format clang-tidy libclang-rt-14-dev libglpk-dev git python3 mandoc tmux procps
               dataset-fashion-mnist gcc-arm-none-eabi picolibc-arm-none-eabi
               qemu-system-arm cppcheck libunicorn-dev
               qemu-system-x86 busybox-static kmod cpio bluez bluez-test-tools dbus
               ser2net iproute2 socat python3-cbor2 python3-dbus python3-gi)

# need PACKAGE...: installs those that are missing, as root or through sudo, saying which.
need() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "needs Debian packages: ${missing[*]}; run as root or install sudo"
        as_root=(sudo)
    fi
    say "installing from Debian: ${missing[*]}"
    "${as_root[@]}" apt-get -qq update
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
}

# build PRESET [TARGET...]: configures and builds it, quietly unless something is wrong.
build() {
    say "building ($1)"
    (cd "$top" && cmake --preset "$1" >"/tmp/synergy-configure.$$" 2>&1) ||
        { cat "/tmp/synergy-configure.$$"; die "cmake could not configure preset $1"; }
    rm -f "/tmp/synergy-configure.$$"
    (cd "$top" && cmake --build --preset "$1" ${2:+--target "${@:2}"} -- --quiet) || die "the build of preset $1 failed"
}
