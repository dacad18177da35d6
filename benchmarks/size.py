"""Bytes per point of a finished run, its whole folder counted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

import runlog
from benchmarks.bench import Bench
from benchmarks.table import Row
from benchmarks.workers import Worker

SHAPES = ((1, 100_000), (20, 10_000))


@dataclass(frozen=True)
class Size:
    """Per point: the folder as files say it, as the disk allocates it, and the bare encoding of the same columns."""

    metrics: int
    steps: int
    apparent: float
    allocated: float
    bare: float


def measure(bench: Bench) -> list[Row]:
    sizes = [_measure_shape(bench, metrics, steps) for metrics, steps in SHAPES]
    worst = max(size.apparent for size in sizes)
    return [
        Row(
            "bytes per point on disk, finished run of 100 k+ points (random floats, the whole folder)",
            "at most 8",
            "; ".join(f"{size.apparent:.2f} with {_shape(size)} ({size.allocated:.2f} allocated)" for size in sizes),
            "; ".join(
                f"{size.bare:.2f} for one Parquet file of step, time, value: delta, byte-stream-split, zstd" for size in sizes
            ),
            "; ".join(f"{size.apparent / size.bare:.2f}x" for size in sizes),
            met=worst <= 8,
        )
    ]


def _shape(size: Size) -> str:
    return f"{size.metrics} metric{'s' if size.metrics > 1 else ''} x {size.steps:,} steps"


def _measure_shape(bench: Bench, metrics: int, steps: int) -> Size:
    folder = bench.folder("size")
    with Worker("benchmarks.children.finished", folder, env={"BENCH_STORE": str(folder / "store")}) as worker:
        answer = worker.ask(metrics=metrics, steps=steps)
    paths = [Path(answer["path"]), *Path(answer["path"]).rglob("*")]
    points = metrics * steps
    apparent = sum(path.stat().st_size for path in paths if path.is_file()) / points
    allocated = sum(path.stat().st_blocks * 512 for path in paths) / points
    return Size(metrics, steps, apparent, allocated, _bare_size(folder, answer["id"], metrics, steps) / points)


def _bare_size(folder: Path, run_id: str, metrics: int, steps: int) -> int:
    """What pyarrow alone makes of the same points, with the encodings that suit them: the floor for this container."""
    run = runlog.open_store(folder / "store").run(run_id)
    path = folder / "bare.parquet"
    names = sorted(run.metrics)
    if len(names) != metrics:
        raise AssertionError(f"{metrics} metrics were logged and {len(names)} are there")
    writer = None
    for name in names:
        history = run.history(name).select(["step", "time", "value"])
        if history.num_rows != steps:
            raise AssertionError(f"{steps} points were logged and {history.num_rows} are there")
        if writer is None:
            writer = pq.ParquetWriter(
                path,
                history.schema,
                compression="zstd",
                use_dictionary=False,
                column_encoding={
                    "step": "DELTA_BINARY_PACKED",
                    "time": "DELTA_BINARY_PACKED",
                    "value": "BYTE_STREAM_SPLIT",
                },
            )
        writer.write_table(history)
    assert writer is not None
    writer.close()
    return path.stat().st_size
