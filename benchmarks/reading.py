"""Reading one metric of ten, 1 M points each, to numpy: through runlog, and with pyarrow from the same row groups."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pyarrow.parquet as pq

import runlog
from benchmarks.bench import Bench
from benchmarks.measure import interleave
from benchmarks.memory import FOLDER, POINTS, log_ten_metrics
from benchmarks.table import Row, digits, render_ratio
from benchmarks.workload import TEN

METRIC = "metric_3"
COLUMNS = ["step", "time", "value"]


def measure(bench: Bench) -> list[Row]:
    folder = bench.once(FOLDER, lambda path: log_ten_metrics(bench, path))
    store = folder / "store"
    run_id = json.loads((folder / "memory.json").read_text())["run"]
    groups = find_row_groups(runlog.open_store(store).run(run_id).path)
    ours, bare = read_ours(store, run_id)[1], read_bare(groups)[1]
    if ours != bench.size(POINTS) // len(TEN) or bare < ours:
        raise AssertionError(f"runlog read {ours} points and pyarrow {bare}")
    rounds = interleave({"runlog": lambda: read_ours(store, run_id)[0], "bare": lambda: read_bare(groups)[0]}, bench.rounds(15))
    ratio = rounds.ratio("runlog", "bare")
    return [
        Row(
            f"read one metric of ten, {digits(ours / 1e6)} M points each, to numpy",
            "at most 3x a bare pyarrow read of those columns",
            f"{digits(rounds.spread('runlog').median * 1000)} ms, opening the store and finding the run included",
            f"{digits(rounds.spread('bare').median * 1000)} ms "
            f"({sum(len(numbers) for _, numbers in groups)} row groups in {len(groups)} files)",
            render_ratio(ratio),
            met=ratio.median <= 3,
        )
    ]


def find_row_groups(run: Path) -> list[tuple[Path, list[int]]]:
    """The row groups that may hold the metric, and perhaps others too: the bare read is told where to look."""
    found = []
    for path in sorted((run / "metrics").glob("*.parquet")):
        metadata = pq.ParquetFile(path).metadata
        column = metadata.schema.to_arrow_schema().get_field_index("metric")
        numbers = []
        for number in range(metadata.num_row_groups):
            limits = metadata.row_group(number).column(column).statistics
            if limits is None or limits.min <= METRIC <= limits.max:
                numbers.append(number)
        if numbers:
            found.append((path, numbers))
    return found


def read_ours(store: Path, run_id: str) -> tuple[float, int]:
    begin = time.perf_counter()
    history = runlog.open_store(store).run(run_id).history(METRIC)
    arrays = [history.column(name).to_numpy() for name in COLUMNS]
    return time.perf_counter() - begin, len(arrays[0])


def read_bare(groups: list[tuple[Path, list[int]]]) -> tuple[float, int]:
    points = 0
    begin = time.perf_counter()
    for path, numbers in groups:
        with pq.ParquetFile(path) as file:
            table = file.read_row_groups(numbers, columns=COLUMNS)
        arrays = [table.column(name).to_numpy() for name in COLUMNS]
        points += len(arrays[0])
    return time.perf_counter() - begin, points
