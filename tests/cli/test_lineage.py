"""`runlog lineage`: where things come from, and what came of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import runlog
from runlog.models.promote import promote
from runlog.models.registry import register
from tests.cli.conftest import Answer, Cli
from tests.scene import on_a_terminal, python


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """From raw data over features and a sweep to a model, what it predicted, and a report."""
    monkeypatch.chdir(tmp_path)
    found = {}
    Path("raw.csv").write_text("x,y\n1,2\n")
    with runlog.start_run(experiment="prep", name="features") as run:
        run.use_data("raw.csv")
        run.log_text("f\n1\n", "out/features.csv")
        found["features"] = run.id
    Path("features.csv").write_text("f\n1\n")
    with runlog.start_run(experiment="duration", name="sweep") as sweep:
        found["sweep"] = sweep.id
    with runlog.start_run(experiment="duration", name="ridge", parent=sweep.id) as run:
        run.use_data("features.csv", "train")
        run.log_text("flavors: {}\n", "model/MLmodel")
        run.log_text("weights\n", "model/weights.txt")
        found["ridge"] = run.id
    store = runlog.open_store()
    register(store, store.run(found["ridge"]), "duration", aliases=["champion"])
    with runlog.start_run(experiment="batch", name="predict") as run:
        run.use_model("duration@champion")
        run.log_text("7\n", "predicted.csv")
        found["predict"] = run.id
    Path("predicted.csv").write_text("7\n")
    with runlog.start_run(experiment="batch", name="report") as run:
        run.use_data("predicted.csv")
        run.use_data("raw.csv")
        found["report"] = run.id
    return found


def named(text: str, ids: dict[str, str]) -> str:
    """With the names of runs in the place of their ids."""
    for name, run_id in ids.items():
        text = text.replace(run_id, f"<{name}>").replace(run_id[-6:], f"<{name}>")
    return text


WHOLE = """\
model duration@1  champion

comes from
└─ run <ridge> ridge  duration, finished
   ├─ part of run <sweep> sweep  duration, finished
   └─ artifact <features>/out/features.csv  4 B
      └─ run <features> features  prep, finished
         └─ data raw.csv  8 B

led to
└─ run <predict> predict  batch, finished
   └─ artifact <predict>/predicted.csv  2 B
      └─ run <report> report  batch, finished
"""


def test_a_model_from_data_to_what_was_made_of_it(cli: Cli, ids: dict[str, str], tmp_path: Path) -> None:
    for what in (
        "duration",
        "duration@1",
        "duration@champion",
        "models:/duration/1",
        "ridge/model",
        f"{ids['ridge'][-6:]}/model/",
    ):
        told = cli("lineage", what)
        assert (told.status, named(told.out, ids), told.err) == (0, WHOLE, "")
    assert ids["ridge"] in cli("lineage", "duration").out
    shown = on_a_terminal("lineage", "duration", cwd=tmp_path)
    assert named(shown, ids) == WHOLE and ids["ridge"] not in shown


def test_a_copy_of_the_model_is_known_too(cli: Cli, ids: dict[str, str], tmp_path: Path) -> None:
    folder = runlog.open_store().run(ids["ridge"]).artifact("model/MLmodel").parent
    shutil.copytree(folder, tmp_path / "somewhere")
    assert named(cli("lineage", "somewhere").out, ids) == WHOLE
    (tmp_path / "somewhere" / "weights.txt").chmod(0o644)
    (tmp_path / "somewhere" / "weights.txt").write_text("other\n")
    nothing = "error: no run made or used './somewhere' as it is now\nhint: runlog ls\n"
    assert cli("lineage", "./somewhere") == Answer(3, "", nothing)


def test_data_and_what_came_of_it(cli: Cli, ids: dict[str, str]) -> None:
    whole = """\
data raw.csv  8 B

nothing is known of where it comes from

led to
├─ run <features> features  prep, finished
│  └─ artifact <features>/out/features.csv  4 B
│     └─ run <ridge> ridge  duration, finished
│        └─ model duration@1  champion
│           └─ run <predict> predict  batch, finished
│              └─ artifact <predict>/predicted.csv  2 B
│                 └─ run <report> report  batch, finished
└─ run <report> report  batch, finished
"""
    Path("raw.csv").rename("moved.csv")
    sha = json.loads(cli("lineage", "moved.csv", "--json").out)["root"].removeprefix("file:")
    for what in ("raw.csv", "moved.csv", "./moved.csv", sha[:8], sha):
        assert named(cli("lineage", what).out, ids) == whole


def test_a_run_with_all_that_it_made(cli: Cli, ids: dict[str, str]) -> None:
    assert (
        named(cli("lineage", "@last", "--up", "--depth", "2").out, ids)
        == """\
run <report> report  batch, finished

comes from
├─ artifact <predict>/predicted.csv  2 B
│  └─ run <predict> predict  batch, finished  ...
└─ data raw.csv  8 B
"""
    )
    with runlog.start_run(name="alone") as run:
        run.log_text("nobody uses it\n", "notes.txt")
    assert named(cli("lineage", "alone").out, {"alone": run.id}) == """\
run <alone> alone  default, finished

nothing is known of where it comes from

led to
└─ artifact <alone>/notes.txt  15 B
"""  # fmt: skip
    assert named(cli("lineage", "alone/notes.txt", "--up").out, {"alone": run.id}) == """\
artifact <alone>/notes.txt  15 B

comes from
└─ run <alone> alone  default, finished
"""  # fmt: skip


def test_a_model_of_several_names_is_called_as_it_was_asked_for(cli: Cli, ids: dict[str, str]) -> None:
    store = runlog.open_store()
    promote(store, register(store, store.run(ids["ridge"]), "other"), "production")
    register(store, store.run(ids["ridge"]), "third")
    for what, root in (
        ("duration", "model duration@1 (champion), other@1 (production), third@1"),
        ("other@production", "model other@1 (production), duration@1 (champion), third@1"),
        ("third@1", "model third@1, duration@1 (champion), other@1 (production)"),
    ):
        assert cli("lineage", what, "--up", "--depth", "1").out.splitlines()[0] == root
    [model, *_] = json.loads(cli("lineage", "third", "--json").out)["nodes"]
    assert model["versions"] == ["third@1", "duration@1", "other@1"]


def test_branches_are_drawn_with_what_the_output_can_show(ids: dict[str, str], tmp_path: Path) -> None:
    script = "import sys; from runlog.cli import main; sys.argv = ['runlog', 'lineage', 'raw.csv']; sys.exit(main())"
    told = python(script, cwd=tmp_path, PYTHONIOENCODING="ascii")
    whole = """\
data raw.csv  8 B

nothing is known of where it comes from

led to
|- run <features> features  prep, finished
|  `- artifact <features>/out/features.csv  4 B
|     `- run <ridge> ridge  duration, finished
|        `- model duration@1  champion
|           `- run <predict> predict  batch, finished
|              `- artifact <predict>/predicted.csv  2 B
|                 `- run <report> report  batch, finished
`- run <report> report  batch, finished
"""
    assert (told.returncode, named(told.stdout, ids), told.stderr) == (0, whole, "")


def test_runs_in_the_trash_still_tell(cli: Cli, ids: dict[str, str]) -> None:
    assert cli("rm", "features").status == 0
    assert "run <features> features  prep, finished, in the trash\n" in named(cli("lineage", "ridge").out, ids)


def test_for_programs(cli: Cli, ids: dict[str, str]) -> None:
    told = json.loads(cli("lineage", "ridge", "--up", "--depth", "1", "--json").out)
    assert told["root"] == f"run:{ids['ridge']}"
    assert [(node["kind"], named(node["label"], ids), node["path"]) for node in told["nodes"]] == [
        ("run", "<ridge> ridge", None),
        ("run", "<sweep> sweep", None),
        ("artifact", "<features>/out/features.csv", "out/features.csv"),
    ]
    train = next(node["id"] for node in told["nodes"] if node["kind"] == "artifact")
    assert told["edges"] == [
        {"from": f"run:{ids['sweep']}", "to": told["root"], "how": "parent"},
        {"from": train, "to": told["root"], "how": "used"},
    ]
    whole = json.loads(cli("lineage", "duration", "--json").out)
    model = whole["nodes"][0]
    assert (model["versions"], model["run"], model["path"]) == (["duration@1"], ids["ridge"], "model")
    inside = {node["id"] for node in whole["nodes"]}
    assert all({edge["from"], edge["to"]} <= inside for edge in whole["edges"])


def test_as_pictures(cli: Cli, ids: dict[str, str]) -> None:
    assert (
        named(cli("lineage", "ridge", "--up", "--depth", "1", "--mermaid").out, ids)
        == """\
flowchart TD
  n0(["run <ridge> ridge<br/>duration, finished"])
  n1(["run <sweep> sweep<br/>duration, finished"])
  n2["artifact <features>/out/features.csv<br/>4 B"]
  n1 -->|nested| n0
  n2 -->|used by| n0
  style n0 stroke-width:3px
"""
    )
    assert named(cli("lineage", "ridge", "--up", "--depth", "1", "--dot").out, ids) == """\
digraph lineage {
  rankdir=TB;
  node [fontname="sans-serif"];
  n0 [label="run <ridge> ridge\\nduration, finished", shape=box, penwidth=3];
  n1 [label="run <sweep> sweep\\nduration, finished", shape=box];
  n2 [label="artifact <features>/out/features.csv\\n4 B", shape=note];
  n1 -> n0 [label="nested"];
  n2 -> n0 [label="used by"];
}
"""  # fmt: skip


def test_names_cannot_break_out_of_a_picture(cli: Cli, ids: dict[str, str]) -> None:
    with runlog.start_run(name='a "]; x --> y <script> \\', experiment="e") as run:
        pass
    mermaid = cli("lineage", run.id, "--mermaid").out
    assert '(["run ' + run.id + ' a #34;]; x --#62; y #60;script#62; #92;<br/>e, finished"])' in mermaid
    dot = cli("lineage", run.id, "--dot").out
    assert f'[label="run {run.id} a \\"]; x --> y <script> \\\\\\ne, finished", ' in dot


def test_a_reproduced_run_is_tied_to_the_first(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RUNLOG_CAPTURE")
    Path("train.py").write_text("print('loss: 1')\n")
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one"]):
        subprocess.run(["git", *command], check=True)
    assert cli("run", "-q", "-n", "first", "--", "python", "train.py").status == 0
    assert cli("reproduce", "first").status == 0
    told = cli("lineage", "first").out
    shown = re.sub(r"\d{8}-\d{6}-\w{6}( first)?", "<run>", re.sub(r"code [0-9a-f]{7}", "code <commit>", told))
    assert (
        re.sub(r"on \w+", "on <branch>", shown)
        == """\
run <run>  default, finished

comes from
└─ code <commit>  on <branch>

led to
└─ reproduced by run <run>  default, finished
"""
    )


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (
            ["rigde"],
            3,
            "nothing here is called 'rigde': no run, model, input, artifact or known file\nhint: did you mean 'ridge'?",
        ),
        (["./nothing"], 5, "there is no file 'nothing'"),
        (["ridge/modle"], 3, "run {ridge} has no artifact 'modle'\nhint: runlog artifacts ls {ridge}"),
        (["duration@9"], 3, "'duration' has no version 9\nhint: runlog model show duration"),
        (["ridge", "--json", "--dot"], 2, "--json and --dot exclude each other\nhint: choose one form"),
        ([""], 5, "what is meant has no name: it is the empty text\nhint: runlog lineage @last"),
    ],
)
def test_a_mistake_is_a_clear_error(cli: Cli, ids: dict[str, str], words: list[str], status: int, message: str) -> None:
    assert cli("lineage", *words) == Answer(status, "", f"error: {message.format(**ids)}\n")


def test_data_that_changed_under_one_name_must_be_told_apart(cli: Cli, ids: dict[str, str]) -> None:
    Path("raw.csv").write_text("x,y\n3,4\n")
    with runlog.start_run(name="later") as run:
        run.use_data("raw.csv")
    assert "later" in cli("lineage", "raw.csv").out  # the file as it lies there now
    Path("raw.csv").unlink()
    told = cli("lineage", "raw.csv")
    assert told.status == 4
    problem = r"'raw.csv' was 2 different things to 3 runs, the newest first: (\w{8}), \w{8}"
    assert re.fullmatch(rf"error: {problem}\nhint: runlog lineage \1\n", told.err)


def test_a_file_whose_name_looks_like_a_version(cli: Cli, ids: dict[str, str]) -> None:
    Path("raw.csv").rename("raw@2x.csv")
    assert cli("lineage", "raw@2x.csv").out.startswith("data raw.csv  ")
    assert cli("lineage", "rwa@2x.csv").err == "error: no model is registered as 'rwa'\nhint: runlog model ls\n"


def test_a_name_of_both_a_run_and_a_model_is_asked_about(cli: Cli, ids: dict[str, str]) -> None:
    with runlog.start_run(name="duration"):
        pass
    problem = "error: 'duration' is a model, and the name of a run\nhint: write duration@latest, or the id of the run\n"
    assert cli("lineage", "duration") == Answer(4, "", problem)
    assert cli("lineage", "duration@latest").status == 0
