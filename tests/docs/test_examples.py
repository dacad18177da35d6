"""Every example that a command's help ends with, executed."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from docs.generate import DOCS
from tests.scene import bare_runs, made_store, shell

EXAMPLES = re.findall(r"^  Example: (.*)$", (DOCS / "cli.md").read_text(encoding="utf-8"), re.MULTILINE)

SCENE = """
from pathlib import Path
import runlog

Path("train.py").write_text("import sys; print('loss: 0.5')\\n")
Path("predict.py").write_text("import sys; print(open(sys.argv[1]).read())\\n")
Path("train.sh").write_text("#!/bin/sh\\n")
Path("train.sh").chmod(0o755)
Path("data.csv").write_text("x,y\\n")
Path("model.pt").write_text("a model\\n")

for model, rmse in [("ridge", 6.5), ("xgb", 6.1), ("xgboost", 6.2), ("lasso", 101.0)]:
    with runlog.start_run(experiment="duration", name=model, params={"alpha": rmse / 100}) as run:
        run.set_tag("model", model)
        run.set_tag("broken", "")
        for step in range(3):
            run.log_metric("rmse", rmse - step / 10, step=step)
            run.log_metric("loss", rmse / (step + 1), step=step)
        run.log_text("seen\\n", "notes.txt")
        run.log_text("weights\\n", "model.bin")
        run.log_text("weights\\n", "models/last.bin")
        run.log_artifact("model.pt")
        run.log_text("flavors: {}\\n", "model/MLmodel")
        run.use_data("data.csv")
"""

# What must have happened before, by how the example begins.
REGISTER = "runlog model register @last --name duration"
# Two machines gave one number, and the piece of an id that the example says.
CLASH = f"""{REGISTER}; {REGISTER}; python -c "
import json, pathlib
folder = pathlib.Path('.runlog/models/duration/versions')
for place, path in enumerate(sorted(folder.iterdir())):
    document = json.loads(path.read_text())
    document.update(number=3, id=document['id'] if place else '20261120-213012-k3f9x2')
    path.unlink()
    folder.joinpath('3.' + document['id'] + '.json').write_text(json.dumps(document))
" """
# A model that can be asked, in production, and something to ask it.
TRAINED = f"""python -c "
import runlog
from sklearn.linear_model import Ridge
with runlog.start_run() as run:
    run.log_model(Ridge().fit([[1.0], [2.0]], [1.0, 2.0]))
"; {REGISTER} --stage production; printf 'x\\n1.5\\n' > trips.csv"""
# A server goes on until it is told to end.
SERVED = f"""{TRAINED}
runlog() {{
    command runlog "$@" 2> told & child=$!
    until grep -q serving told; do kill -0 $child; sleep 0.1; done
    kill $child; wait $child || test $? = 143
}}"""
RUNNING = "runlog run -q -- sleep 100 & until runlog exists --status running; do sleep 0.1; done"
BEFORE = {
    "runlog model serve ": SERVED,
    "runlog model predict ": TRAINED,
    "runlog model register ": "true",
    "runlog model restore ": f"{REGISTER}; runlog model rm duration 1",
    "runlog model settle ": CLASH,
    "runlog model ": REGISTER,
    "python predict.py $(runlog model ": f"{REGISTER} --stage production; echo 'print(1)' > predict.py",
    'eval "$(runlog finish)"': 'eval "$(runlog start)"',
    "runlog ls -q --status running | runlog stop ": RUNNING,
    "runlog restore ": "runlog rm k3f9x2",
    "runlog experiments restore ": "runlog experiments rm duration",
}


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_store(SCENE, tmp_path_factory.mktemp("examples")).parent


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_works_as_it_stands(example: str, made_once: Path, tmp_path: Path) -> None:
    project = shutil.copytree(made_once, tmp_path / "project")
    before = next((words for begin, words in BEFORE.items() if example.startswith(begin)), "true")
    script = f"set -eu\n{before}\n{example}\n".replace("k3f9x2", next(iter(bare_runs(project / ".runlog")))[-6:])
    done = shell(script, cwd=project, sh="bash", PATH=f"{Path(sys.executable).parent}:/usr/bin:/bin", HOME=tmp_path)
    assert (done.returncode, "error" in done.stderr, "no runs fit" in done.stderr) == (0, False, False), done
