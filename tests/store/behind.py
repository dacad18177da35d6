"""The store behind its back: logs, documents and points written and read as docs/format.md says, with none of runlog's code."""

from __future__ import annotations

import contextlib
import json
import os
import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import Phase

from runlog.records import Birth, Process
from runlog.store.rundir import RunDir
from runlog.store.store import Store

MAGIC = b"runlog1\n"
# An example that makes a store is too dear to be tried again and again for a smaller one.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
RUN = "20261120-213012-k3f9x2"
WRITERS = [f"20261120-21301{second}-{letter * 6}" for second in range(5) for letter in "abcdefgh"]
NOW = 1_795_210_212_000_000_000  # a whole microsecond of November 2026

Point = tuple[str, int, int, bytes]  # metric, step, time, and the bits of the value, for NaN does not equal itself


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


@dataclass(frozen=True)
class Record:
    """One record of a log, and where it stands."""

    start: int
    end: int
    at: int
    document: dict[str, Any] | None
    points: tuple[Point, ...] = ()


@dataclass
class Parsed:
    records: list[Record] = field(default_factory=list)
    rest: bytes = b""

    @property
    def points(self) -> list[Point]:
        return [point for record in self.records for point in record.points]

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [record.document for record in self.records if record.document and "kind" in record.document]


def parse_log(data: bytes) -> Parsed:
    """A log that nothing is wrong with, except perhaps that its end is missing."""
    assert data[:8] == MAGIC
    parsed = Parsed()
    shapes: dict[int, list[str]] = {}
    place = 8
    while place + 24 <= len(data):
        checksum, shape, step, at = struct.unpack_from("<IIqq", data, place)
        length = 24 + (-(-step // 8) * 8 if shape == 0 else 8 * len(shapes[shape]))
        whole = data[place : place + length]
        if len(whole) < length:
            break
        assert zlib.crc32(whole[4:]) == checksum
        if shape == 0:
            assert set(whole[24 + step :]) <= {0x20}
            document = json.loads(whole[24 : 24 + step])
            if "shape" in document:
                shapes[document["shape"]] = document["names"]
            parsed.records.append(Record(place, place + length, at, document))
        else:
            values = [whole[24 + 8 * column : 32 + 8 * column] for column in range(len(shapes[shape]))]
            points = tuple((name, step, at, value) for name, value in zip(shapes[shape], values, strict=True))
            parsed.records.append(Record(place, place + length, at, None, points))
        place += length
    parsed.rest = data[place:]
    return parsed


def json_record(document: dict[str, Any], at: int = NOW) -> bytes:
    text = json.dumps(document).encode()
    return _sealed(struct.pack("<Iqq", 0, len(text), at) + text + b" " * (-len(text) % 8))


def row(shape: int, step: int, at: int, values: Sequence[float]) -> bytes:
    return _sealed(struct.pack(f"<Iqq{len(values)}d", shape, step, at, *values))


def definition(shape: int, names: Sequence[str]) -> bytes:
    return json_record({"shape": shape, "names": list(names)})


def _sealed(body: bytes) -> bytes:
    return struct.pack("<I", zlib.crc32(body)) + body


def process_object(pid: int = 0) -> dict[str, Any]:
    """A process that ran elsewhere, so that nobody here can ask for it."""
    return {"pid": pid, "started": 0, "host": "elsewhere", "boot": "", "namespace": "", "user": "ada"}


def opening(at: int = NOW, role: str = "main") -> bytes:
    return json_record({"kind": "open", "key": "", "value": {"role": role, "process": process_object()}}, at)


def ending(at: int = NOW, role: str = "main", state: str = "finished") -> bytes:
    return json_record({"kind": "end", "key": "", "value": {"role": role, "state": state}}, at)


def log_of(points: Iterable[tuple[str, int, int, float]], *, ended: bool = True, at: int = NOW) -> bytes:
    """A log of single points."""
    parts = [MAGIC, opening(at)]
    shapes: dict[str, int] = {}
    for name, step, moment, value in points:
        if name not in shapes:
            shapes[name] = len(shapes) + 1
            parts.append(definition(shapes[name], [name]))
        parts.append(row(shapes[name], step, moment, [value]))
    return b"".join([*parts, ending(at) if ended else b""])


def a_birth(process: Process, run_id: str = RUN) -> Birth:
    return Birth(
        id=run_id,
        experiment="default",
        name=None,
        created_at=NOW,
        parent=None,
        note=None,
        params={"alpha": 0.1},
        tags={"model": "ridge"},
        command={"argv": ["train"], "cwd": "."},
        process=process,
        host={"os": "linux"},
    )


def new_run(root: Path, *, run_id: str = RUN, pid: int = 0) -> RunDir:
    """A run in a new store, begun by a process of another machine."""
    process = Process(pid=pid, started=0, host="elsewhere", boot="", namespace="", user="ada")
    return Store.create(root).create_run(a_birth(process, run_id))


@contextlib.contextmanager
def memory_folder() -> Iterator[Path]:
    """A folder for the many small stores of one property, in memory where the system has such a place: waiting for the disk
    a thousand times proves nothing."""
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK | os.X_OK) else None) as place:
        yield Path(place)


def put_log(run: RunDir, writer: str, data: bytes, ending: str = "log") -> Path:
    run.live.mkdir(exist_ok=True)
    path = run.live / f"{writer}.{ending}"
    path.write_bytes(data)
    return path


def age(path: Path) -> None:
    """Let a file look as if nobody had written to it for a day."""
    then = path.stat().st_mtime - 86400
    os.utime(path, (then, then))


def table_points(table: Any) -> list[tuple[str, int, int, bytes]]:
    """The rows of an Arrow table, as bits, with times in milliseconds."""
    import pyarrow as pa

    times = table["time"].cast(pa.int64()).to_pylist()
    values = [bits(value) for value in table["value"].to_pylist()]
    return list(zip(table["metric"].to_pylist(), table["step"].to_pylist(), times, values, strict=True))


def parquet_points(path: Path) -> list[tuple[str, int, int, bytes]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        return table_points(file.read(use_threads=False))


def documents(run: RunDir) -> dict[str, dict[str, Any]]:
    """The entries documents of a run, by file name."""
    return {path.name: json.loads(path.read_bytes()) for path in sorted(run.path.glob("entries-*.json"))}


def file_names(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
