# SPDX-License-Identifier: Apache-2.0
# Reads the figures of bench/paths (WHAT SIDE FAMILY ROUND VALUE), prints each side beside the one that it is compared with and
# the goals with OK or MISSED, and writes all as JSON. A ratio is of two turns of one round: how fast the first side is, 1 as fast
# as the other; the median of the rounds, and the least and the greatest.
BEGIN { FS = "\t" }

{
    key = $1 SUBSEP $2 SUBSEP $3
    value[key, ++count[key]] = $5
    measures = measures (NR > 1 ? "," : "") "\n    " sprintf("{\"what\": \"%s\", \"side\": \"%s\", \"family\": \"%s\", \"round\": %s, \"value\": %s}", $1, $2, $3, $4, $5)
}

# Sorts numbers[1..n] and returns the middle one, of an even number the mean of the middle two.
function median(n, i, j, x) {
    for (i = 2; i <= n; i++) {
        x = numbers[i] + 0
        for (j = i - 1; j > 0 && numbers[j] > x; j--) numbers[j + 1] = numbers[j]
        numbers[j + 1] = x
    }
    return n % 2 ? numbers[(n + 1) / 2] : (numbers[n / 2] + numbers[n / 2 + 1]) / 2
}

function median_of(key, i) {
    for (i = 1; i <= count[key]; i++) numbers[i] = value[key, i]
    return median(count[key])
}

# Median of the ratios of two sides' rounds; least and greatest are set besides.
function ratio(one, other, less_is_better, n, i, result) {
    n = count[one] < count[other] ? count[one] : count[other]
    for (i = 1; i <= n; i++) numbers[i] = less_is_better ? value[other, i] / value[one, i] : value[one, i] / value[other, i]
    result = median(n)
    least = numbers[1]; greatest = numbers[n]
    return result
}

function goal(text, is, limit, at_least) {
    met = at_least ? is >= limit : is <= limit
    goals_text = goals_text sprintf("%-64s %9.3f  %s %-6s %s\n", text, is, (at_least ? ">=" : "<="), limit, (met ? "OK" : "MISSED"))
    goals = goals (goals == "" ? "" : ",") "\n    " sprintf("{\"goal\": \"%s\", \"value\": %.3f, \"%s\": %s, \"met\": %s}", text, is, at_least ? "atLeast" : "atMost", limit, met ? "true" : "false")
}

# A row for one measure of two sides; a goal where a limit is given.
function beside(title, what, side, other, limit, less_is_better, family, one, two, r) {
    for (family = 4; family <= 6; family += 2) {
        one = what SUBSEP side SUBSEP family; two = what SUBSEP other SUBSEP family
        if (!count[one] || !count[two]) continue
        r = ratio(one, two, less_is_better)
        printf "%-24s IPv%d %-11s %-11s %4d %11.3f %11.3f  %6.3f (%.3f-%.3f)\n", title, family, side, other, count[one], median_of(one), median_of(two), r, least, greatest
        if (limit) goal(title ", IPv" family ", " side " against " other, r, limit, 1)
    }
}

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
    printf "%-24s %-4s %-11s %-11s %4s %11s %11s  %s\n", "", "", "side", "beside", "n", "side", "beside", "ratio (least-greatest)"
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
