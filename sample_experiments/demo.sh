#!/bin/sh
# Runs the samples and looks at what they logged, showing each command before its output.
# The store is .runlog beside this file and stays, so that you can go on exploring.

set -eu
cd "$(dirname "$0")"
unset RUNLOG_RUN_ID RUNLOG_RUN_DIR RUNLOG_METRICS
export RUNLOG_STORE="$PWD/.runlog"

for program in runlog python; do
    command -v "$program" >/dev/null || {
        printf 'error: there is no %s here: make demo installs it beside the sources\n' "$program" >&2
        exit 1
    }
done

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
show 'runlog model register @best:rmse_test'
show 'runlog model promote duration latest --to production'
show 'runlog gate $(runlog ls --tag model=linear -q -n 1) --no-worse-than duration@production --metric rmse_test || true'

printf '\nThese runs stay in sample_experiments/.runlog. Go on there with:\n'
if [ "$(command -v runlog)" = "$(cd .. && pwd -P)/.venv/bin/runlog" ]; then
    printf '  . ../.venv/bin/activate\n'
fi
printf '  runlog run --param alpha=10 --param epochs=300 -- python logistic/train.py\n'
