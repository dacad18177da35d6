"""A store of many runs that have ended, written as a session of many days would have left it."""

from __future__ import annotations

import random
from pathlib import Path

from runlog.records import Birth, Entry, Metric, Process, Said
from runlog.store import files, layout
from runlog.store.experiments import make
from runlog.store.format import birth_document, said_document
from runlog.store.store import Store

_BEGAN = 1_760_000_000
_MODELS = ("xgb", "lgbm", "ridge", "mlp")


def make_store(root: Path, runs: int, experiments: int = 200, first: int = 0, minutes: int = 1) -> Store:
    """A store with so many runs in so many experiments: 8 params, 3 tags and 5 metrics each. With `first`, later ones."""
    store = Store.create(root)
    chance = random.Random(first)
    for name in {_experiment(number, experiments) for number in range(first, first + min(runs, experiments))}:
        make(root, name)
    for number in range(first, first + runs):
        _write_run(root, number, _experiment(number, experiments), chance, minutes)
    return store


def _experiment(number: int, experiments: int) -> str:
    return f"exp-{number % experiments:03d}"


def _write_run(root: Path, number: int, experiment: str, chance: random.Random, minutes: int) -> None:
    at = (_BEGAN + number * 60 * minutes) * 1_000_000_000
    run_id, writer = layout.new_id(at / 1e9), layout.new_id(at / 1e9)
    process = Process(4242, 184467, "node7", "7d0c9b1e-5c0f-4b0e-9a52-0d3f6f1c2a11", "pid:[1]", "ada")
    birth = Birth(
        id=run_id,
        experiment=experiment,
        name=f"trial-{number}",
        created_at=at,
        parent=None,
        note=None,
        params={
            "alpha": chance.random(),
            "depth": chance.randint(2, 12),
            "model": _MODELS[number % 4],
            "seed": number,
            "lr": 10 ** -chance.uniform(1, 5),
            "epochs": 20,
            "optimizer": "adam",
            "data.fold": number % 5,
        },
        tags={"model": _MODELS[number % 4], "user": "ada", "sweep": f"s{number // 100}"},
        command={"argv": ["python", "train.py", "--seed", str(number)], "cwd": "."},
        process=process,
        host={"os": "Linux 6.8.0", "arch": "x86_64", "python": "3.12.1", "cpus": 8},
    )
    folder = root / layout.run_folder(experiment, run_id)
    folder.mkdir()
    files.write_new(folder / layout.RUN_FILE, birth_document(birth), durable=False)
    metrics = {name: _metric(chance, at) for name in ("rmse", "mae", "loss", "val_loss", "accuracy")}
    entries = (
        Entry(
            at + 1000, "open", "", {"role": "main", "process": {"pid": 4242, "started": 184467, "host": "node7", "user": "ada"}}
        ),
        Entry(at + 50_000_000_000, "end", "", {"role": "main", "state": "finished", "exit_code": 0}),
    )
    said = Said(writer, 102, process, entries, metrics, points=0, last_sign=at + 50_000_000_000)
    files.write_new(folder / layout.entries_name(writer, 102), said_document(run_id, said), durable=False)


def _metric(chance: random.Random, at: int) -> Metric:
    last = chance.uniform(4, 9)
    return Metric(100, 9.0, last, 99, at + 49_000_000_000, min(last, 5.0), 60, 9.0, 0, 0, at + 1_000_000_000)
