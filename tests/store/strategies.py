"""What documents of a store may say, drawn at random."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from runlog.records import Birth, Entry, Kind, Metric, Process, Said
from tests.store.behind import RUN, WRITERS, process_object

LETTERS = st.characters(exclude_categories=["Cs"])
TEXT = st.text(LETTERS, max_size=12)
KEYS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | st.sampled_from(["float", "dict"]), inner, max_size=3),
    max_leaves=10,
)
MOMENTS = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999).map(lambda microseconds: microseconds * 1000)
PROCESSES = st.builds(Process, st.integers(0, 2**31), st.integers(0, 2**63), TEXT, TEXT, TEXT, TEXT)


def same(one: object, other: object) -> bool:
    """Equal, also where NaN is in it; dataclasses and plain data show all they hold."""
    return repr(one) == repr(other)


BIRTHS = st.builds(
    Birth,
    id=st.just(RUN),
    experiment=st.sampled_from(["default", "Größe", "a b"]),
    name=st.none() | st.sampled_from(["ridge", "π-run"]),
    created_at=MOMENTS,
    parent=st.none() | st.just(RUN),
    note=st.none() | TEXT,
    params=st.dictionaries(KEYS, VALUES, max_size=4),
    tags=st.dictionaries(KEYS, TEXT, max_size=4),
    command=st.just({"argv": ["python", "train.py", "--größe", "1"], "cwd": "."}),
    process=PROCESSES,
    host=st.just({"os": "linux", "cpus": 2, "gpus": [], "x": None}),
    code=st.sampled_from([{}, {"kind": "git", "commit": "0" * 40, "dirty": True}]),
    environment=st.sampled_from([{}, {"file": "0" * 64}]),
    origin=st.sampled_from([{}, {"author": {"name": "ada"}}]),
)
METRICS = st.builds(
    Metric,
    count=st.integers(1, 2**62),
    first=st.floats(),
    last=st.floats(),
    last_step=st.integers(-(2**63), 2**63 - 1),
    last_at=MOMENTS,
    min=st.none() | st.floats(allow_nan=False),
    step_of_min=st.none() | st.integers(),
    max=st.none() | st.floats(allow_nan=False),
    step_of_max=st.none() | st.integers(),
    first_step=st.integers(),
    first_at=MOMENTS,
)
ARTIFACT = st.fixed_dictionaries({"bytes": st.integers(0), "sha256": TEXT}, optional={"note": TEXT})
INPUT = st.fixed_dictionaries({"path": TEXT, "bytes": st.integers(0), "sha256": TEXT}, optional={"files": st.integers(0)})
END = st.fixed_dictionaries(
    {"role": st.sampled_from(["main", "side"]), "state": st.sampled_from(["finished", "failed", "killed"])},
    optional={
        "exit_code": st.integers(-300, 300),
        "signal": TEXT,
        "error": st.dictionaries(st.sampled_from(["type", "message"]), TEXT),
    },
)
SAYINGS: dict[Kind, tuple[st.SearchStrategy[str], st.SearchStrategy[Any]]] = {
    "open": (st.just(""), st.just({"role": "main", "process": process_object()})),
    "param": (KEYS, VALUES),
    "tag": (KEYS, TEXT),
    "untag": (KEYS, st.none()),
    "name": (st.just(""), st.none() | st.just("ridge")),
    "note": (st.just(""), st.none() | TEXT),
    "experiment": (st.just(""), st.just("Größe")),
    "artifact": (st.sampled_from(["a", "a/b.txt", "é"]), ARTIFACT),
    "input": (KEYS, INPUT),
    "problem": (st.just(""), TEXT),
    "lost": (st.just("artifacts/a"), TEXT),
    "end": (st.just(""), END),
    "beat": (st.just(""), st.none()),
}


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    kind = draw(st.sampled_from(sorted(SAYINGS)))
    key, value = SAYINGS[kind]
    return Entry(draw(MOMENTS), kind, draw(key), draw(value))


SAIDS = st.builds(
    Said,
    writer=st.sampled_from(WRITERS),
    records=st.integers(0, 2**62),
    process=st.none() | PROCESSES,
    entries=st.lists(entries(), max_size=6).map(tuple),
    metrics=st.dictionaries(KEYS, METRICS, max_size=3),
    points=st.integers(0),
    last_sign=MOMENTS,
    rejected=st.integers(0),
    gaps=st.integers(0),
)
