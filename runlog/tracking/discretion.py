"""What a new run may write down of what it was told: everything but secrets, which it names."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runlog.capture import secrets

VARIABLE = "RUNLOG_WITHHELD"


@dataclass(frozen=True, slots=True)
class Discreet:
    """The words of a birth without secrets, and the params as they really are of those that are not shown."""

    params: dict[str, Any]
    tags: dict[str, str]
    note: str | None
    name: str | None
    command: dict[str, Any]
    withheld: dict[str, Any]
    problem: str | None


def discreet(
    params: Mapping[str, Any],
    tags: Mapping[str, str],
    note: str | None,
    name: str | None,
    argv: Sequence[str],
    about: dict[str, Any],
) -> Discreet:
    """What may be stored of all this. The values that are not are named in the command's `withheld`."""
    kept, hidden = secrets.withheld(params)
    told, hidden_tags = secrets.withheld(tags)
    values = [_text(params[key]) for key in hidden]
    command: dict[str, Any] = {"argv": argv, **about}
    flags: list[str] = []
    swapped: dict[str, str] = {}
    for key in command.keys() & {"argv", "typed"}:
        words = list(command[key])
        command[key], found = secrets.withheld_words(words)
        flags += found
        swapped |= {word: shown for word, shown in zip(words, command[key], strict=True) if word != shown}
        command[key] = [_without(word, values) for word in command[key]]
    # A flag of the program is a param as well, and only the command shows what sort of word it is.
    again = [name for name, value in kept.items() if _text(value) in swapped]
    kept |= {name: swapped[_text(kept[name])] for name in again}
    hidden += again
    texts = {"note": note, "name": name}
    shown = {key: None if text is None else secrets.redacted(text)[0] for key, text in texts.items()}
    names = [*hidden, *hidden_tags, *_new(flags, hidden), *(key for key in texts if shown[key] != texts[key])]
    if names:
        command["withheld"] = list(dict.fromkeys(names))
    problem = f"looks like a secret, so its value is not stored: {', '.join(command['withheld'])}" if names else None
    return Discreet(kept, told, shown["note"], shown["name"], command, {key: params[key] for key in hidden}, problem)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _without(word: str, values: Sequence[str]) -> str:
    """A word of the command into which a param was filled that is not shown."""
    for value in values:
        word = word.replace(value, secrets.WITHHELD) if len(value) > 2 else word
    return word


def _new(flags: Sequence[str], params: Sequence[str]) -> list[str]:
    """Flags of the command that are not named as params already."""
    known = {name.replace("-", "_") for name in params}
    return [flag for flag in flags if flag.lstrip("-").replace("-", "_") not in known]


def variable(run_id: str, withheld: Mapping[str, Any]) -> dict[str, str]:
    """The variable by which the programs of a run know the params that its documents do not show."""
    return {VARIABLE: json.dumps({"run": run_id, "params": withheld})} if withheld else {}


def given(run_id: str) -> dict[str, Any]:
    """The params of the surrounding run that its documents do not show."""
    try:
        found = json.loads(os.environ.get(VARIABLE, "{}"))
        return dict(found["params"]) if found.get("run") == run_id else {}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
