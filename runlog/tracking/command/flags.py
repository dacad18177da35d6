"""Flags in the command line of the user's own program, as params: `--lr 0.1 --epochs=3 -b 32 --no-shuffle`.

Which words are the program's own takes some knowledge of what stands before it: `nice -n 10 python -u -m train --lr 0.1`
says one thing about the training.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runlog.errors import RunlogError
from runlog.store import layout
from runlog.tracking.command.words import read_value
from runlog.tracking.values import LONGEST_TEXT


@dataclass(frozen=True, slots=True)
class _Launcher:
    """A program that starts another: how its own options look. Long options take their value after `=`, or are named here."""

    valued: str = ""  # letters of options that take the next word
    instead: str = ""  # letters of options that take the next word, which then stands for the script
    long: frozenset[str] = frozenset()  # long options that take the next word
    words: int = 0  # other words of its own
    script: bool = False  # it starts a script, which has a flag of its own right after


_PYTHON = _Launcher(valued="WX", instead="cm", long=frozenset({"--check-hash-based-pycs"}), script=True)
_SHELL = _Launcher(valued="oO", instead="c", long=frozenset({"--rcfile", "--init-file"}), script=True)
_NODE = _Launcher(valued="rC", instead="ep", long=frozenset({"--require", "--import", "--loader", "--env-file"}), script=True)
_LAUNCHERS = {
    "sh": _SHELL,
    "bash": _SHELL,
    "dash": _SHELL,
    "zsh": _SHELL,
    "ksh": _SHELL,
    "perl": _Launcher(instead="eE", script=True),
    "ruby": _Launcher(valued="ICEr", instead="e", script=True),
    "node": _NODE,
    "Rscript": _Launcher(instead="e", script=True),
    "julia": _Launcher(
        valued="tpLJCH", instead="eE", long=frozenset({"--threads", "--procs", "--load", "--sysimage"}), script=True
    ),
    "lua": _Launcher(valued="l", instead="e", script=True),
    "env": _Launcher(valued="uCS", long=frozenset({"--unset", "--chdir"})),
    "nice": _Launcher(valued="n", long=frozenset({"--adjustment"})),
    "nohup": _Launcher(),
    "setsid": _Launcher(),
    "time": _Launcher(valued="fo", long=frozenset({"--format", "--output"})),
    "timeout": _Launcher(valued="sk", long=frozenset({"--signal", "--kill-after"}), words=1),
    "stdbuf": _Launcher(valued="ioe", long=frozenset({"--input", "--output", "--error"})),
    "ionice": _Launcher(valued="cnpPu", long=frozenset({"--class", "--classdata"})),
    "taskset": _Launcher(words=1),
    "chrt": _Launcher(words=1),
    "numactl": _Launcher(valued="NmCpi", long=frozenset({"--cpunodebind", "--membind", "--physcpubind"})),
    "sudo": _Launcher(valued="ugCDhpRTU", long=frozenset({"--user", "--group", "--chdir"})),
}
# Their options are too many to know. The program is where a launcher above or a script begins, else it cannot be told.
_SEARCHED = {
    *("torchrun", "accelerate", "deepspeed", "mpirun", "mpiexec", "orterun", "srun", "horovodrun", "ray", "java", "make"),
    *("uv", "uvx", "poetry", "pipenv", "conda", "mamba", "micromamba", "hatch", "pdm", "rye", "pixi", "ipython", "papermill"),
    *("coverage", "kernprof", "scalene", "py-spy", "nsys", "ncu", "perf", "strace", "ltrace", "gdb", "valgrind"),
    *("xvfb-run", "docker", "podman", "singularity", "apptainer", "ssh", "xargs", "parallel"),
}
_SCRIPT = re.compile(r".*\.(py|pyz|ipynb|sh|bash|R|r|jl|pl|rb|js|mjs|ts|lua|jar|m)")
_NAME = re.compile(r"[^\W\d][\w.-]*")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def read_flags(command: Sequence[str]) -> dict[str, Any]:
    """The flags of the program itself, by name: `-` in one is `_`, as programs read them. What no param can be is left out."""
    found: dict[str, list[Any]] = {}
    for name, values, _ in _flags(own_words(command)):
        found.setdefault(name, []).extend(values)
    flags = {name: values[0] if len(values) == 1 else _together(values) for name, values in found.items()}
    return {name: value for name, value in flags.items() if _storable(name, value)}


def as_typed(command: Sequence[str], params: Mapping[str, Any]) -> dict[str, list[str]]:
    """The params that are flags of the command and have the values that it says, each by its words in the command."""
    said = read_flags(command)
    found: dict[str, list[str]] = {}
    for name, _, words in _flags(own_words(command)):
        if name in params and name in said and params[name] == said[name]:
            found.setdefault(name, []).extend(words)
    return found


def own_words(command: Sequence[str]) -> list[str]:
    """The words that follow the program, script or module which is really meant."""
    words = list(command)
    while words:
        launcher = _launcher(words[0])
        if launcher is not None:
            rest = words[_after_options(words, launcher) :]
            if launcher.script:
                return rest
            words = rest
        elif _base(words[0]) in _SEARCHED:
            place = next((at for at, word in enumerate(words[1:], 1) if _launcher(word) or _SCRIPT.fullmatch(word)), None)
            if place is None:
                return []
            words = words[place:]
        else:
            return words[1:]
    return []


def _base(word: str) -> str:
    return os.path.basename(word).removesuffix(".exe")


def _launcher(word: str) -> _Launcher | None:
    name = _base(word)
    return _PYTHON if re.fullmatch(r"(python|pypy)[\d.]*w?", name) else _LAUNCHERS.get(name)


def _after_options(words: Sequence[str], launcher: _Launcher) -> int:
    """Where a launcher's own words end: at the program it starts, or behind its script."""
    at, own = 1, launcher.words
    while at < len(words):
        word = words[at]
        if word == "--":
            at += 1
            break
        if word.startswith("--"):
            at += 2 if word in launcher.long else 1
        elif word.startswith("-") and len(word) > 1:
            takes = _letters(word, launcher)
            if takes == "instead":
                return at + 2
            if takes == "instead, attached":
                return at + 1
            at += 2 if takes == "value" else 1
        elif own:
            own -= 1
            at += 1
        elif not launcher.script and re.match(r"\w+=", word):
            at += 1
        else:
            break
    return at + 1 if launcher.script else at


def _letters(word: str, launcher: _Launcher) -> str:
    """What the last letter of `-uW` takes: nothing, the next word as its value, or a word that stands for the script."""
    for place, letter in enumerate(word[1:], 2):
        last = place == len(word)
        if letter in launcher.instead:
            return "instead" if last else "instead, attached"
        if letter in launcher.valued:
            return "value" if last else ""
    return ""


def _flags(words: Sequence[str]) -> Iterator[tuple[str, list[Any], Sequence[str]]]:
    """Each flag by name, with its values and the words that say so."""
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            return
        if not word.startswith("-") or word == "-" or _NUMBER.fullmatch(word):
            continue
        name, equals, text = word.lstrip("-").partition("=")
        attached = re.fullmatch(r"-([^\W\d])(\d+(\.\d+)?)", word)
        if equals:
            yield _name(name), [_value(text)], [word]
        elif attached:
            yield attached[1], [_value(attached[2])], [word]
        else:
            values = _values(words, at)
            if word.startswith("--no-") and not (values and isinstance(values[0], float | int)):
                yield _name(name.removeprefix("no-")), [False], [word]
                continue
            at += len(values)
            yield _name(name), values or [True], words[at - len(values) - 1 : at]


def _values(words: Sequence[str], at: int) -> list[Any]:
    """The value after a flag; of numbers, all that follow."""
    found: list[str] = []
    for word in words[at:]:
        number = _NUMBER.fullmatch(word)
        if (word.startswith("-") and word != "-" and not number) or (found and not number):
            break
        found.append(word)
        if not number:
            break
    return [_value(word) for word in found]


def _name(flag: str) -> str:
    return flag.replace("-", "_") if _NAME.fullmatch(flag) else ""


def _value(text: str) -> Any:
    """Numbers, true and false and lists get their type; an object, or null, is the program's business and stays a text."""
    value = read_value(text)
    return text if value is None or isinstance(value, dict | str) else value


def _together(values: list[Any]) -> Any:
    """A flag that was given several times. A switch that was thrown twice is thrown."""
    return values[-1] if all(isinstance(value, bool) for value in values) else values


def _storable(name: str, value: Any) -> bool:
    try:
        layout.check_key("param", name)
    except RunlogError:
        return False
    return not isinstance(value, str) or len(value) <= LONGEST_TEXT
