# SPDX-License-Identifier: Apache-2.0
# Behind bench/ratios.awk: prints each side of bench/policy beside no policy and the goals with OK or MISSED, and writes all as JSON.
{ if (!seen[$2]++) sides[++sides_count] = $2 }

function all(side, streams, connect) {
    beside("Gbit/s of 1 stream", "streams-1", side, "none", streams)
    beside("Gbit/s of 8 streams", "streams-8", side, "none", streams)
    beside("round trip p50, us", "rtt-p50", side, "none", 0, 1)
    beside("round trip p99, us", "rtt-p99", side, "none", 0, 1)
    beside("new connections/s", "connect", side, "none", connect)
}

END {
    printf "%-24s %-4s %-15s %-11s %4s %11s %11s  %s\n", "", "", "side", "beside", "n", "side", "beside", "ratio (least-greatest)"
    for (i = 1; i <= sides_count; i++) {
        if (sides[i] ~ /^weft/) all(sides[i], 0.95, 0.92)
        if (sides[i] ~ /^naive/) all(sides[i])
    }
    printf "\n%s", goals_text
    printf "{\n  \"date\": \"%s\",\n  \"kernel\": \"%s\",\n  \"measures\": [%s\n  ],\n  \"goals\": [%s\n  ]\n}\n", date, kernel, measures, goals >json
}
