#!/bin/sh
# Runs the samples and looks at what they logged, showing each command before its output.
# The store is .runlog beside this file and stays, so that you can go on exploring.

set -eu
cd "$(dirname "$0")"
unset RUNLOG_RUN_ID RUNLOG_RUN_DIR RUNLOG_METRICS
export RUNLOG_STORE="$PWD/.runlog"

show() {
    printf '\n$ %s\n' "$1"
    eval "$1"
}

for alpha in 0.1 0.5 2.0; do
    show "runlog run --experiment logistic --param alpha=$alpha -- python logistic/train.py"
done
show 'runlog run --experiment newton --param start=10 -- newton/root.sh {start}'
show 'python duration/train.py'

show 'runlog ls'
show 'runlog ls --tag model=gradient_boosting'
show 'runlog ls --experiment duration -q -n 4 | runlog compare -'
show 'runlog show $(runlog ls --tag model=gradient_boosting -q -n 1)'

printf '\nThe store is sample_experiments/.runlog, a folder of plain files. Go there and try:\n'
printf '  runlog run --experiment logistic --param alpha=10 --param epochs=300 -- python logistic/train.py\n'
