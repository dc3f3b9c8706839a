# SPDX-License-Identifier: Apache-2.0
# For the reports of bench/paths and bench/policy: reads figures (WHAT SIDE FAMILY ROUND VALUE) and puts sides beside each other.
# A ratio is of two turns of one round: how fast the first side is, 1 as fast as the other; the median of the rounds, and the
# least and the greatest.
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
        printf "%-24s IPv%d %-15s %-11s %4d %11.3f %11.3f  %6.3f (%.3f-%.3f)\n", title, family, side, other, count[one], median_of(one), median_of(two), r, least, greatest
        if (limit) goal(title ", IPv" family ", " side " against " other, r, limit, 1)
    }
}
