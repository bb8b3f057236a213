# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests: a lab of two hosts. The far one has wearables at serial lines, which ser2net 4
# offers to the network; the near one has the console. Each is a network namespace of Linux, and a
# pair of interfaces is the cable between them. Takes root. What it starts, and the hosts, end with
# the shell that sourced it.
#
#     lab_up                          # or says why not, and returns 77
#     lab_wearable ring 4001          # synergy-agent at a line, at tcp:10.77.0.2:4001
#     lab_serve                       # ser2net on the far host
#     near synergy -c 'connect ring tcp:10.77.0.2:4001'
#     lab_pull; lab_plug              # the cable between the hosts

lab_near=near-$$ lab_far=far-$$
lab_build=$(dirname "$(realpath "$(command -v synergy)")")/..
lab_pids=()

near() { ip netns exec "$lab_near" "$@"; }
far() { ip netns exec "$lab_far" "$@"; }

lab_down() {
    local pid status=$?
    set +e
    for pid in "${lab_pids[@]}"; do kill -9 "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
    ip netns del "$lab_near" 2>/dev/null
    ip netns del "$lab_far" 2>/dev/null
    exit "$status"
}

lab_up() {
    local tool
    for tool in ip ser2net; do
        command -v $tool >/dev/null || { echo "$tool is not installed" && return 77; }
    done
    ip netns add "$lab_near" 2>/dev/null || { echo 'no right to make network namespaces' && return 77; }
    trap lab_down EXIT
    ip netns add "$lab_far"
    ip link add "veth$$" type veth peer name eth0 netns "$lab_far" ||
        { echo 'no pairs of interfaces in this kernel' && return 77; }
    ip link set "veth$$" netns "$lab_near" name eth0
    near ip addr add 10.77.0.1/24 dev eth0
    far ip addr add 10.77.0.2/24 dev eth0
    near ip link set eth0 up
    far ip link set eth0 up
    echo '%YAML 1.1' >ser2net.yaml
    echo --- >>ser2net.yaml
}

# lab_wearable NAME PORT [OPTION...]: OPTIONs are those of synergy-agent.
lab_wearable() {
    local name=$1 port=$2
    shift 2
    "$lab_build/devices/synergy-agent" --wear "$name" --id "$name-1" --pty "$PWD/$name" "$@" >"$name.out" 2>&1 </dev/null &
    lab_pids+=($!)
    for ((i = 0; i < 200; i++)); do
        ! grep -qs ready "$name.out" || break
        sleep 0.05
    done
    printf 'connection: &%s\n  accepter: tcp,%s\n  connector: serialdev(nouucplock=true),%s,115200n81,local\n' \
        "$name" "$port" "$PWD/$name" >>ser2net.yaml
    printf '  options:\n    kickolduser: true\n' >>ser2net.yaml
}

lab_serve() {
    ip netns exec "$lab_far" ser2net -n -c "$PWD/ser2net.yaml" >ser2net.out 2>&1 </dev/null &
    lab_pids+=($!)
    for ((i = 0; i < 200; i++)); do
        ! far ss -ltn | grep -q :4001 || return 0
        sleep 0.05
    done
    cat ser2net.out
    return 1
}

# Frames are lost from now on, and nobody is told.
lab_pull() { far ip link set eth0 down; }
lab_plug() { far ip link set eth0 up; }
