"""Words for a shell that end its runs when it leaves, however it does."""

from __future__ import annotations

import shlex
import signal

_ENDS = (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM)


def traps(run_id: str, store: str) -> str:
    """Lines that end a run with the status of the shell, and each that the same shell began before it, if they still run.

    A shell below this one inherits the words for the end, which are not its own: it is known by the parent of a program that it
    starts. At a signal some shells leave without their last words, and others take them with the status of the command
    before; so each signal becomes a status of its own first.
    """
    end = f'runlog --store {shlex.quote(store)} finish -q --if-running --exit-code "$runlog_status" {run_id} || :; '
    return "".join(
        (
            "runlog_here=$(exec sh -c 'echo $PPID');\n",
            '[ "${runlog_shell-}" = "$runlog_here" ] || runlog_last=;\n',
            "runlog_shell=$runlog_here;\n",
            f'runlog_last={shlex.quote(end)}"$runlog_last";\n',
            "trap 'runlog_status=$?; eval \"$runlog_last\"' EXIT;\n",
            *(f"trap 'exit {128 + number}' {number.name.removeprefix('SIG')};\n" for number in _ENDS),
        )
    )
