"""Words for a shell that end its runs when it leaves, however it does."""

from __future__ import annotations

import shlex
import signal

_ENDS = (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM)
# What was to be done at the end before finds the status there that it would have found.
_LAST_WORDS = (
    'runlog_status=$?; eval "$runlog_last"; if [ "$runlog_status" = 0 ]; then eval "$runlog_before"; '
    'else (exit "$runlog_status") || eval "$runlog_before"; fi'
)


def traps(run_id: str, store: str) -> str:
    """Lines that end a run with the status of the shell, and each that the same shell began before it, if they still run. Then
    what the shell was to do at its end already is done, where it can tell that: in bash and zsh.

    A shell below this one inherits the words for the end, which are not its own: it is known by the parent of a program that it
    starts. At a signal some shells leave without their last words, and others take them with the status of the command
    before; so each signal becomes a status of its own first. That comes before bash is asked for its trap, for below another
    shell it tells of the traps of that until it has one of its own. Zsh tells only what is no substitution, so a file is needed.
    """
    end = f'runlog --store {shlex.quote(store)} finish -q --if-running --exit-code "$runlog_status" {run_id} || :; '
    return "".join(
        (
            "runlog_here=$(exec sh -c 'echo $PPID');\n",
            '[ "${runlog_shell-}" = "$runlog_here" ] || { runlog_last=; runlog_before=; };\n',
            "runlog_shell=$runlog_here;\n",
            f'runlog_last={shlex.quote(end)}"$runlog_last";\n',
            *(f"trap 'exit {128 + number}' {number.name.removeprefix('SIG')};\n" for number in _ENDS),
            "runlog_old=;\n",
            'if [ -n "${BASH_VERSION-}" ]; then runlog_old=$(trap -p EXIT);\n',
            'elif [ -n "${ZSH_VERSION-}" ] && runlog_file=$(mktemp); then trap >| "$runlog_file";\n',
            "runlog_old=$(grep '^trap --' \"$runlog_file\" | grep ' EXIT$' || :); rm -f \"$runlog_file\"; fi;\n",
            'runlog_took() { case "${2-}" in *runlog_last*) ;; *) runlog_before=${2-} ;; esac; };\n',
            # What zsh's function TRAPEXIT prints, which is done at the end of every substitution, is no trap.
            'case "$runlog_old" in "trap -- "*) ;; *) runlog_old= ;; esac;\n',
            'eval "runlog_took ${runlog_old#trap }";\n',
            f"trap {shlex.quote(_LAST_WORDS)} EXIT;\n",
        )
    )
