"""On what a run ran, in one line."""

from __future__ import annotations

from collections.abc import Mapping

_PARTS = ("gpus", "cuda", "cpu", "system", "lock file")
_NAMED = {"cuda": "CUDA "}


def ran_on(packages: int, rest: Mapping[str, str]) -> str:
    """Python, how many packages, what counts of the machine, and the variables that were set."""
    parts = [rest["python"]] if "python" in rest else []
    parts += [f"{packages} package{'' if packages == 1 else 's'}"] if packages else []
    parts += [f"{_NAMED.get(key, '')}{rest[key]}" for key in _PARTS if rest.get(key)]
    parts += [f"{key[1:]}={value}" for key, value in rest.items() if key.startswith("$")]
    return ", ".join(parts)
