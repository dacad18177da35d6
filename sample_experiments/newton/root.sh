#!/bin/sh
# Newton's method on the equation he showed it with, x^3 - 2x - 5 = 0. Its root is 2.0945514815423265...
# Not a line of Python: a process that runs under runlog logs a step by appending a line of JSON to the
# file $RUNLOG_METRICS. Without runlog this only prints.
#
#     ./root.sh [start]
#     runlog run --experiment newton --param start=10 -- ./root.sh {start}

set -eu
export LC_ALL=C # a decimal point everywhere

awk -v start="${1:-2}" -v log_file="${RUNLOG_METRICS:-}" '
function f(x) { return x * x * x - 2 * x - 5 }
function slope(x) { return 3 * x * x - 2 }
function distance(a) { return a < 0 ? -a : a }

function report(step, x) {
    printf "step %2d  x = %.15g  f(x) = %.3g\n", step, x, f(x)
    if (log_file == "") return
    printf "{\"x\": %.15g, \"residual\": %.15g, \"step\": %d}\n", x, distance(f(x)), step >> log_file
    close(log_file) # so that the line is out before the next step begins
}

BEGIN {
    if (start !~ /^-?[0-9]+(\.[0-9]+)?$/) {
        printf "error: start must be a number, not \"%s\"\n", start > "/dev/stderr"
        exit 2
    }
    x = start + 0
    report(0, x)
    for (step = 1; step <= 100 && distance(f(x)) > 1e-12; step++) {
        x -= f(x) / slope(x)
        report(step, x)
    }
    exit distance(f(x)) > 1e-12
}'
