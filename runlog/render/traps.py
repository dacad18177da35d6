"""Words for a shell that end a run when the shell leaves, however it does."""

from __future__ import annotations

import signal

_ENDS = (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM)


def traps(run_id: str) -> str:
    """Lines that end a run with the status of the shell, unless that has turned to another run.

    At a signal some shells leave without their last words, and others take them with the status of the command before; so
    each signal becomes a status of its own first.
    """
    ours = f'[ "${{RUNLOG_RUN_ID-}}" != {run_id} ]'
    last = f"trap 'runlog_status=$?; {ours} || runlog finish -q --exit-code \"$runlog_status\" || :' EXIT;\n"
    return last + "".join(f"trap 'exit {128 + end}' {end.name.removeprefix('SIG')};\n" for end in _ENDS)
