"""Which process this is, and whether another one still lives."""

from __future__ import annotations

import functools
import os

from runlog.records import Process


def this_process() -> Process:
    """The name of this very process. Asked once; a fork asks anew, for it has a new one."""
    return _this_process()


@functools.cache
def _this_process() -> Process:
    pid = os.getpid()
    machine = _machine()
    started = started_at(pid) or 0
    return Process(pid=pid, started=started, host=machine[0], boot=machine[1], namespace=_namespace(), user=machine[2])


os.register_at_fork(after_in_child=_this_process.cache_clear)


def no_process() -> Process:
    """The name of a run that no process stands for: it runs until somebody says that it ended."""
    machine = _machine()
    return Process(pid=0, started=0, host=machine[0], boot=machine[1], namespace="", user=machine[2])


def is_alive(process: Process) -> bool | None:
    """Whether the process lives; none when this machine cannot know, because it ran elsewhere or before a reboot."""
    here = _machine()
    if process.pid <= 0 or (process.host, process.boot) != here[:2] or process.namespace != _namespace():
        return None
    return started_at(process.pid) == process.started if process.started else _answers(process.pid)


@functools.cache
def _machine() -> tuple[str, str, str]:
    return os.uname().nodename, first_line("/proc/sys/kernel/random/boot_id"), user_name()


def calling_command() -> list[str]:
    """The command line of the process that called this one, as a shell's that runs a script; nothing where it cannot be seen."""
    try:
        with open(f"/proc/{os.getppid()}/cmdline", "rb") as file:
            words = file.read().split(b"\0")
    except OSError:
        return []
    return [word.decode("utf-8", "replace") for word in words[:-1]]


def user_name() -> str:
    """The login of whoever runs this, by the means that need no lookup first."""
    for key in ("LOGNAME", "USER", "USERNAME"):
        if name := os.environ.get(key):
            return name
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return str(os.getuid()) if hasattr(os, "getuid") else ""


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def started_at(pid: int) -> int | None:
    """When the process began, in ticks after boot; none when there is none, or only its corpse."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name in the second field may hold blanks and brackets, so count from its end.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {b"Z", b"X"} else int(fields[19])


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def first_line(path: str) -> str:
    """The first line of a system file, or nothing."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.readline().strip()
    except OSError:
        return ""
