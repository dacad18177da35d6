"""Promise 11: `ls` shows runs in time order, anything that reads JSON and Parquet reads the store, with runlog uninstalled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import runlog
from tests.scene import points
from tests.store.damage import LARGE, Scene

# As somebody writes it who has read docs/format.md; in a Python that cannot find runlog.
STRANGER = """
import glob, json, sys
sys.path[:] = [path for path in sys.path if path not in ("", sys.argv[2])]
try:
    import runlog
except ImportError:
    pass
else:
    sys.exit("runlog can be found")
{imports}
found = {{}}
for birth in sorted(glob.glob(sys.argv[1] + "/experiments/*/2*/run.json")):
    folder = birth.rpartition("/")[0]
    run = json.load(open(birth))
    losses = []
    for name in glob.glob(folder + "/metrics/*.parquet"):
        losses += {losses}
    for name in glob.glob(folder + "/entries-*.json"):
        for entry in json.load(open(name))["entries"]:
            if "param" in entry:
                run["params"][entry["param"]] = entry["value"]
    found[run["id"]] = [run["experiment"], run["name"], run["params"], losses]
print(json.dumps(found))
"""
READERS = {
    "pyarrow": (
        "import pyarrow.parquet as pq",
        "[row['value'] for row in pq.read_table(name).to_pylist() if row['metric'] == 'loss']",
    ),
    "pandas": (
        "import pandas",
        "(lambda frame: frame[frame.metric == 'loss'].sort_values('step').value.tolist())(pandas.read_parquet(name))",
    ),
    "polars": (
        "import polars",
        "polars.read_parquet(name).filter(polars.col('metric') == 'loss').sort('step')['value'].to_list()",
    ),
    "duckdb": (
        "import duckdb",
        """[value for value, in duckdb.sql(f"select value from '{name}' where metric = 'loss' order by step").fetchall()]""",
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_program_without_runlog_reads_the_points_and_the_words(scene: Scene, tmp_path: Path, reader: str) -> None:
    if reader in {"duckdb", "polars", "pandas"}:
        pytest.importorskip(reader)
    imports, losses = READERS[reader]
    script = tmp_path / "stranger.py"
    script.write_text(STRANGER.format(imports=imports, losses=losses))
    # For the tests runlog is installed where the other libraries are.
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "sitecustomize.py").write_text(
        "import sys\nsys.meta_path[:] = [finder for finder in sys.meta_path if 'editable' not in repr(finder).lower()]\n"
    )
    command = [sys.executable, str(script), str(scene.store), str(Path(runlog.__file__).parents[1])]
    env = {**os.environ, "PYTHONPATH": str(blocked)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    expected = {}
    for run in runlog.open_store(scene.store).runs():
        kept = [value for _, value in points(run, "loss")]
        expected[run.id] = [run.experiment, run.name, dict(run.params), kept]
    assert json.loads(done.stdout) == expected


def test_the_order_of_names_is_the_order_of_time(scene: Scene) -> None:
    for _ in range(3):
        with runlog.start_run(store=scene.store, experiment="duration"):
            pass
    documents = scene.store.glob("experiments/*/*/run.json")
    births = {path.parent.name: json.loads(path.read_bytes())["created_at"] for path in documents}
    listed = subprocess.run(["ls", scene.store / "experiments" / "duration"], capture_output=True, text=True, check=True)
    runs = [name for name in listed.stdout.split() if name in births]
    assert len(runs) >= 5
    # To the second, as the names say.
    assert [births[run][:19] for run in runs] == sorted(births[run][:19] for run in runs)
    assert all(run[:15] == births[run][:19].translate(str.maketrans("T", "-", "-:")) for run in runs)


def test_people_read_it_with_what_every_machine_has(scene: Scene) -> None:
    shown = subprocess.run(["cat", scene.whole / "run.json"], capture_output=True, text=True, check=True).stdout
    assert ' "name": "whole",\n' in shown
    assert '  "alpha": 0.1\n' in shown
    kept = subprocess.run(["cat", scene.whole / "artifacts" / "model.bin"], capture_output=True, check=True).stdout
    assert kept == LARGE
    readme = (scene.store / "README.md").read_text()
    assert "runlog" in readme
    documents = [path for path in scene.store.rglob("*.json") if "artifacts" not in path.parts]
    assert len(documents) > 10
    for path in documents:
        assert isinstance(json.loads(path.read_text(encoding="utf-8")), dict)
        assert max(map(len, path.read_text(encoding="utf-8").splitlines())) < 2000
