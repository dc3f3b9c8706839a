# SPDX-License-Identifier: Apache-2.0
# Nodes and pods made with ip, bridge and nft, for bench/paths and bench/policy, which read this file.
# shellcheck shell=bash
# ---- hand-made nodes: of pair P node N is namespace P-N, on bridge P-lan ----

mac() { printf '0a:58:00:00:%02x:%02x' "$1" "$2"; }

make_lan() {
    ip link add "$1-lan" type bridge forward_delay 0
    ip link set "$1-lan" up
    for number in 1 2; do
        local node=$1-$number
        ip netns add "$node"
        ip link add "$node" mtu 1500 type veth peer name eth0 mtu 1500 netns "$node"
        ip link set "$node" master "$1-lan" up
        ip -n "$node" -batch - <<END
link set lo up
link set eth0 up
address add 192.168.1.1$number/24 dev eth0
address add fd00:1::1$number/64 dev eth0 nodad
END
        ip netns exec "$node" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
    done
}

# twin PAIR MTU: bridge, a pod, masquerading.
make_twin() {
    for number in 1 2; do
        local node=$1-$number pod=$1-pod$number
        ip netns add "$pod"
        ip -n "$node" -batch - <<END
link add br0 address $(mac 0 1) mtu $2 type bridge mcast_snooping 0 group_fwd_mask 65528
link set br0 up
address add 10.200.$number.1/24 dev br0 noprefixroute
address add fd00:200:0:$number::1/64 dev br0 nodad noprefixroute
route add unreachable 10.200.$number.0/24
route add unreachable fd00:200:0:$number::/64
link add pod mtu $2 address $(mac 1 $number) type veth peer name eth0 mtu $2 address $(mac 2 $number) netns $pod
link set pod master br0 addrgenmode none up
link set pod type bridge_slave hairpin on learning off flood off mcast_flood off bcast_flood off group_fwd_mask 65533
neighbour add 10.200.$number.2 lladdr $(mac 2 $number) dev br0 nud permanent
neighbour add fd00:200:0:$number::2 lladdr $(mac 2 $number) dev br0 nud permanent
route add 10.200.$number.2 dev br0 scope link
route add fd00:200:0:$number::2 dev br0
END
        bridge -n "$node" fdb replace "$(mac 2 $number)" dev pod master static
        ip -n "$pod" -batch - <<END
link set lo up
address add 10.200.$number.2/24 dev eth0 noprefixroute
address add fd00:200:0:$number::2/64 dev eth0 nodad noprefixroute
neighbour add 10.200.$number.1 lladdr $(mac 0 1) dev eth0 nud permanent
neighbour add fd00:200:0:$number::1 lladdr $(mac 0 1) dev eth0 nud permanent
link set eth0 up
route add 10.200.$number.1 dev eth0 scope link
route add fd00:200:0:$number::1 dev eth0
route add default via 10.200.$number.1
route add default via fd00:200:0:$number::1
END
        ip netns exec "$node" nft -f - <<'END'
table inet twin {
    chain postrouting {
        type nat hook postrouting priority srcnat
        ip saddr 10.200.0.0/16 ip daddr != 10.200.0.0/16 masquerade fully-random
        ip6 saddr fd00:200::/48 ip6 daddr != fd00:200::/48 masquerade fully-random
    }
}
END
    done
}

# Routes of a twin to the other node's block: straight to that node.
route_direct() {
    for number in 1 2; do
        local other=$((3 - number))
        ip -n "$1-$number" -batch - <<END
nexthop add id 4 via 192.168.1.1$other dev eth0
nexthop add id 6 via fd00:1::1$other dev eth0
route add 10.200.$other.0/24 nhid 4
route add fd00:200:0:$other::/64 nhid 6
END
    done
}
