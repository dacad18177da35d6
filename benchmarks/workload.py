"""What every tracker is asked to do, said once. Standard library only: the peers' interpreters import this too."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

BATCH = 20
TEN = tuple(f"metric_{number}" for number in range(10))


def random_values(count: int, seed: int = 7) -> list[float]:
    """Uniform random floats: all 53 bits of each are noise, so no encoding can flatter itself."""
    source = random.Random(seed)
    return [source.random() for _ in range(count)]


def random_batches(count: int) -> list[dict[str, float]]:
    """One dict of 20 metrics per step, made beforehand: making it is the user's work and not the tracker's."""
    values = random_values(count * BATCH)
    return [{f"metric_{j:02}": values[i * BATCH + j] for j in range(BATCH)} for i in range(count)]


def small_runs(count: int) -> Iterator[tuple[str, dict[str, Any], dict[str, str], dict[str, float]]]:
    """Name, 10 params, 5 tags and 5 final metrics of each run."""
    source = random.Random(11)
    for number in range(count):
        params: dict[str, Any] = {f"param_{j}": source.random() for j in range(5)}
        params |= {f"option_{j}": f"choice-{source.randrange(9)}" for j in range(5)}
        tags = {f"tag_{j}": f"value-{source.randrange(9)}" for j in range(5)}
        metrics = {f"metric_{j}": source.random() for j in range(5)}
        yield f"run-{number}", params, tags, metrics
