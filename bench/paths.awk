# SPDX-License-Identifier: Apache-2.0
# Behind bench/ratios.awk: prints each side of bench/paths beside the one that it is compared with and the goals with OK or
# MISSED, and writes all as JSON.
function all(side, other, limit) {
    beside("Gbit/s of 1 stream", "streams-1", side, other, limit)
    beside("Gbit/s of 8 streams", "streams-8", side, other, limit)
    beside("round trip p50, us", "rtt-p50", side, other, limit, 1)
    beside("round trip p99, us", "rtt-p99", side, other, limit, 1)
    beside("new connections/s", "connect", side, other, limit)
}

function alone(title, key, unit) {
    if (count[key]) printf "%-56s %4d %11.3f %s\n", title, count[key], median_of(key), unit
}

END {
    printf "%-24s %-4s %-15s %-11s %4s %11s %11s  %s\n", "", "", "side", "beside", "n", "side", "beside", "ratio (least-greatest)"
    all("weft-direct", "twin-direct", 0.95)
    all("weft-vxlan", "twin-vxlan", 0.95)
    all("weft-direct", "today", 0.98)
    all("weft-direct", "ref")
    for (family = 4; family <= 46; family += (family == 4 ? 2 : 40)) {
        ours = "peers" SUBSEP "weft" SUBSEP family; batch = "peers" SUBSEP "batch" SUBSEP family
        if (!count[ours]) continue
        label = family == 46 ? "both families" : "IPv" family
        r = 1 / ratio(ours, batch, 1)
        printf "5,000 peers from nothing, %-17s %4d %8.1f ms, ip -batch %8.1f ms, ratio %.3f (%.3f-%.3f)\n", label, count[ours], median_of(ours), median_of(batch), r, 1 / greatest, 1 / least
        goal("5,000 peers from nothing against ip -batch, " label, r, 0.6)
        made = "peers-apply" SUBSEP "weft" SUBSEP family; same = "peers" SUBSEP "batch+sets" SUBSEP family
        r = 1 / ratio(made, same, 1)
        printf "  of that to make the objects, %-17s     %8.1f ms, with nft -f %8.1f ms, ratio %.3f (%.3f-%.3f)\n", label, median_of(made), median_of(same), r, 1 / greatest, 1 / least
        alone("the first of them in a process, ms, " label, "peers-first" SUBSEP "weft" SUBSEP family, "ms")
    }
    for (peers = 10; peers <= 5000; peers += 4990) {
        alone("a peer's change among " peers ", p50", "change-p50" SUBSEP peers SUBSEP 46, "ms")
        alone("a peer's change among " peers ", p99", "change-p99" SUBSEP peers SUBSEP 46, "ms")
        alone("an agent's memory with " peers " peers", "memory" SUBSEP peers SUBSEP 46, "MB")
        change = "change-p50" SUBSEP peers SUBSEP 46
        if (count[change]) goal("a peer's change among " peers ", watch event to kernel, p50, ms", median_of(change), 2)
    }
    many = "memory" SUBSEP 5000 SUBSEP 46; few = "memory" SUBSEP 10 SUBSEP 46
    if (count[many] && count[few]) goal("an agent's memory with 5,000 peers over 10, MB", median_of(many) - median_of(few), 30)
    printf "\n%s", goals_text
    printf "{\n  \"date\": \"%s\",\n  \"kernel\": \"%s\",\n  \"measures\": [%s\n  ],\n  \"goals\": [%s\n  ]\n}\n", date, kernel, measures, goals >json
}
