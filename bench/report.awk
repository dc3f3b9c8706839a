# SPDX-License-Identifier: Apache-2.0
# Reads the driver's figures, prints them beside each other and the goals with OK or MISSED, and writes all as JSON.
BEGIN { FS = "\t" }

{
    n[$1, $2, $3] = $4; p50[$1, $2, $3] = $5; p99[$1, $2, $3] = $6
    measures = measures (NR > 1 ? "," : "") "\n    " sprintf("{\"scenario\": \"%s\", \"what\": \"%s\", \"who\": \"%s\", \"n\": %s, \"p50\": %s, \"p99\": %s}", $1, $2, $3, $4, $5, $6)
}

function beside(title, scenario, what, unit) {
    if (n[scenario, what, "weft"] == "") return
    w = p50[scenario, what, "weft"]; r = p50[scenario, what, "reference"]
    printf "%-24s %5d  %10.3f %10.3f  %10.3f %10.3f  %8.3f  %s\n", title, n[scenario, what, "weft"], w,
        p99[scenario, what, "weft"], r, p99[scenario, what, "reference"], (r > 0 ? w / r : 0), unit
}

function alone(title, scenario, what, who, unit) {
    printf "%-24s %5d  %10.3f %10.3f  %33s %s\n", title, n[scenario, what, who], p50[scenario, what, who],
        p99[scenario, what, who], "", unit
}

function goal(text, value, limit, at_least) {
    met = at_least ? value >= limit : value <= limit
    printf "%-58s %8.3f  %s %-6s %s\n", text, value, (at_least ? ">=" : "<="), limit, (met ? "OK" : "MISSED")
    goals = goals (goals == "" ? "" : ",") "\n    " sprintf("{\"goal\": \"%s\", \"value\": %.3f, \"%s\": %s, \"met\": %s}",
        text, value, at_least ? "atLeast" : "atMost", limit, met ? "true" : "false")
}

function ratio(scenario, what) { return p50[scenario, what, "weft"] / p50[scenario, what, "reference"] }

END {
    printf "%-24s %5s  %21s  %21s  %8s\n%-24s %5s  %10s %10s  %10s %10s\n", "", "n", "weft", "reference", "ratio", "", "", "p50", "p99", "p50", "p99"
    beside("ADD", "one", "ADD", "ms"); beside("DEL", "one", "DEL", "ms")
    beside("CHECK", "one", "CHECK", "ms"); beside("VERSION", "one", "VERSION", "ms")
    beside("ADD, four at a time", "four", "ADD", "ms"); beside("DEL, four at a time", "four", "DEL", "ms")
    beside("110 ADDs at once", "storm", "ADD", "pods/s"); beside("110 DELs at once", "storm", "DEL", "pods/s")
    beside("system calls of an ADD", "calls", "ADD", "calls"); beside("system calls of a DEL", "calls", "DEL", "calls")
    beside("programs of an ADD", "programs", "ADD", "programs"); beside("programs of a DEL", "programs", "DEL", "programs")
    alone("kernel's floor of an ADD", "one", "ADD", "floor", "ms")
    alone("empty static program", "one", "start", "empty", "ms")
    alone("agent ready", "restart", "ready", "agent", "ms")
    alone("first ADD after that", "restart", "first-ADD", "weft", "ms")
    for (step = 1; step <= 5; step++) alone("agent's memory", "churn", "RSS-" step, "agent", "MB, n = ADD/DEL")
    print ""
    goal("ADD against the reference", ratio("one", "ADD"), 0.14)
    goal("ADD against the reference, four at a time", ratio("four", "ADD"), 0.18)
    goal("ADD against the floor + an empty static program", p50["one", "ADD", "weft"] / (p50["one", "ADD", "floor"] + p50["one", "start", "empty"]), 1.6)
    goal("DEL against the reference", ratio("one", "DEL"), 0.06)
    goal("110 ADDs at once against the reference", ratio("storm", "ADD"), 7, 1)
    goal("110 DELs at once against the reference", ratio("storm", "DEL"), 7, 1)
    goal("VERSION against the reference", ratio("one", "VERSION"), 0.15)
    goal("CHECK against the reference", ratio("one", "CHECK"), 0.2)
    goal("agent's memory at the end, MB", p50["churn", "RSS-5", "agent"], 110)
    goal("growth of it over the last 3/5, MB", p50["churn", "RSS-5", "agent"] - p50["churn", "RSS-2", "agent"], 3)
    goal("agent ready after its start, ms", p50["restart", "ready", "agent"], 1200)
    goal("first ADD after readiness, ms", p50["restart", "first-ADD", "weft"], 5)
    printf "{\n  \"date\": \"%s\",\n  \"kernel\": \"%s\",\n  \"measures\": [%s\n  ],\n  \"goals\": [%s\n  ]\n}\n", date, kernel, measures, goals >json
}
