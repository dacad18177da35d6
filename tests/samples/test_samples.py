"""The samples as a newcomer meets them: real processes that really learn, and a store that tells what they did."""

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import runlog
from runlog.store.stored import StoredRun

SAMPLES = Path(__file__).parents[2] / "sample_experiments"
BIN = Path(sys.executable).parent
ROOT = 2.0945514815423265  # of x^3 - 2x - 5
NOISE = 2.0  # of the trips: the best error there is


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """A copy of the folder, so that what the samples write stays out of the repository."""
    left_behind = shutil.ignore_patterns(".runlog", "data", "__pycache__")
    return shutil.copytree(SAMPLES, tmp_path / "samples", ignore=left_behind)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def call(*command: str | Path, cwd: Path, **settings: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a command as a user would, even if these tests are themselves a run."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("RUNLOG_")}
    environment = {**inherited, "COLUMNS": "80", **{key: str(value) for key, value in settings.items()}}
    words = [str(part) for part in command]
    return subprocess.run(words, cwd=cwd, env=environment, check=False, capture_output=True, text=True, timeout=100)


def output(*command: str | Path, cwd: Path, **settings: str | Path) -> str:
    done = call(*command, cwd=cwd, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def runlog_run(options: str, *command: str | Path, cwd: Path, store: Path) -> str:
    wrapper = [sys.executable, "-m", "runlog", "run", *options.split(), "--"]
    return output(*wrapper, *command, cwd=cwd, RUNLOG_STORE=store)


def only_run(store: Path) -> StoredRun:
    [run] = runlog.open_store(store).runs()
    assert run.state == "finished"
    assert run.problems == ()
    return run


def values(run: StoredRun, metric: str) -> list[float]:
    """The points of a metric that was logged at steps 0, 1, 2 and so on."""
    points = sorted(run.history(metric).to_pylist(), key=lambda point: point["step"])
    assert [point["step"] for point in points] == list(range(len(points)))
    return [point["value"] for point in points]


# logistic


def test_logistic_learns_and_its_run_can_be_read_back(samples: Path, store: Path) -> None:
    output(sys.executable, "train.py", cwd=samples / "logistic", RUNLOG_STORE=store)

    run = only_run(store)
    assert run.experiment == "logistic"
    assert run.params == {"alpha": 0.1, "epochs": 30, "seed": 0}
    losses = values(run, "loss")
    assert len(losses) == 31
    assert losses[0] == pytest.approx(math.log(2))  # it knows nothing yet
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.4
    assert values(run, "accuracy")[-1] > 0.8
    assert run.inputs["points"].bytes == (samples / "logistic/data/points-0.csv").stat().st_size


def test_logistic_comes_near_the_best_rule(samples: Path, store: Path) -> None:
    options = "--experiment logistic --param alpha=5 --param epochs=200"
    runlog_run(options, sys.executable, "logistic/train.py", cwd=samples, store=store)

    run = only_run(store)
    assert run.experiment == "logistic"
    assert run.params == {"alpha": 5, "epochs": 200, "seed": 0}
    learned = json.loads(run.artifact("weights.json").read_text())
    assert learned["weights"] == pytest.approx(learned["best"]["weights"], abs=0.3)
    assert learned["bias"] == pytest.approx(learned["best"]["bias"], abs=0.5)
    assert run.metrics["accuracy"].last == pytest.approx(0.921, abs=0.01)


# duration


def test_duration_models_stay_above_the_best_error_and_one_comes_near(samples: Path, store: Path) -> None:
    output(sys.executable, "train.py", cwd=samples / "duration", RUNLOG_STORE=store)

    runs = {run.tags["model"]: run for run in runlog.open_store(store).runs("duration")}
    errors = {model: run.metrics["rmse_test"].last for model, run in runs.items()}
    assert set(errors) == {"linear", "ridge", "random_forest", "gradient_boosting"}
    assert min(errors, key=errors.__getitem__) == "gradient_boosting"
    assert NOISE < errors["gradient_boosting"] < NOISE + 0.5
    assert errors["linear"] > NOISE + 3.0  # a straight line does not see the rush hours
    for model, run in runs.items():
        assert run.state == "finished"
        assert run.params["best_rmse"] == NOISE
        assert run.metrics["rmse_above_best"].last == pytest.approx(errors[model] - NOISE)
        assert run.inputs["trips"].bytes == (samples / "duration/data/trips.csv").stat().st_size
    growing = values(runs["gradient_boosting"], "rmse_validation")
    assert len(growing) == 200
    assert growing[-1] < growing[0] / 3


def test_duration_model_can_be_loaded_and_asked(samples: Path, store: Path) -> None:
    options = "--experiment duration --param model=ridge --param alpha=10"
    runlog_run(options, sys.executable, "train.py", cwd=samples / "duration", store=store)

    run = only_run(store)
    assert run.params == {"model": "ridge", "alpha": 10, "best_rmse": NOISE}
    assert run.tags["model"] == "ridge"
    question = (
        "import runlog, sys;"
        "trip = {'route': 'airport to centre', 'distance_km': 8.0, 'hour': 12, 'rain': 0};"
        "print(runlog.load_model(sys.argv[1]).predict([trip])[0])"
    )
    minutes = float(output(sys.executable, "-c", question, run.artifact("model/MLmodel").parent, cwd=samples))
    assert minutes == pytest.approx(28, abs=8)  # 12 at the kerb and 8 km at 30 km/h


def test_duration_models_are_runs_inside_the_one_around_them(samples: Path, store: Path) -> None:
    runlog_run("--name sweep", sys.executable, "duration/train.py", cwd=samples, store=store)

    runs = {run.name: run for run in runlog.open_store(store).runs()}
    assert set(runs) == {"sweep", "linear", "ridge", "random_forest", "gradient_boosting"}
    sweep = runs.pop("sweep")
    assert sweep.metrics == {}
    assert {run.parent for run in runs.values()} == {sweep.id}


def test_duration_noise_is_what_it_says(samples: Path) -> None:
    question = (
        "import math, trips;"
        "rows = trips.make_trips();"
        "known = [trips.expected_duration(t.pickup_hour, t.pickup_zone, t.dropoff_zone, t.distance_km, t.rain)"
        " for t in rows];"
        "squares = [(t.duration_min - k) ** 2 for t, k in zip(rows, known)];"
        "print(len(rows), trips.best_rmse(), math.sqrt(sum(squares) / len(rows)))"
    )
    count, promised, found = output(sys.executable, "-c", question, cwd=samples / "duration").split()
    assert (int(count), float(promised)) == (5000, NOISE)
    assert float(found) == pytest.approx(NOISE, rel=0.03)


def test_duration_refuses_a_model_it_does_not_have(samples: Path, store: Path) -> None:
    wrapper = [sys.executable, "-m", "runlog", "run", "--param", "model=crystal_ball", "--"]
    done = call(*wrapper, sys.executable, "duration/train.py", cwd=samples, RUNLOG_STORE=store)
    assert done.returncode == 1
    assert "error: no model 'crystal_ball'; there are linear, ridge" in done.stderr
    assert [run.state for run in runlog.open_store(store).runs()] == ["failed"]


def test_duration_without_scikit_learn_says_how_to_install_it(samples: Path, store: Path) -> None:
    hidden = "import runpy, sys; sys.modules['sklearn'] = None; runpy.run_path('train.py', run_name='__main__')"
    done = call(sys.executable, "-c", hidden, cwd=samples / "duration", RUNLOG_STORE=store)
    assert done.returncode == 1
    assert done.stderr == 'error: this sample needs scikit-learn: pip install "runlog[samples]"\n'
    assert not store.exists()


# newton


def test_newton_finds_the_root_without_runlog(samples: Path) -> None:
    lines = output("./root.sh", cwd=samples / "newton").splitlines()
    assert lines[0] == "step  0  x = 2  f(x) = -1"
    assert len(lines) == 5  # twice as many right digits with each step
    assert float(lines[-1].split()[4]) == pytest.approx(ROOT, abs=1e-13)


def test_newton_logs_every_step_without_python(samples: Path, store: Path) -> None:
    options = "--experiment newton --param start=10"
    printed = runlog_run(options, "newton/root.sh", "{start}", cwd=samples, store=store).splitlines()

    run = only_run(store)
    assert run.experiment == "newton"
    assert run.params == {"start": 10}
    steps = values(run, "x")
    assert len(steps) == len(printed)
    assert steps[0] == 10
    assert steps[-1] == pytest.approx(ROOT, abs=1e-13)
    assert run.metrics["residual"].last < 1e-12
    assert values(run, "residual") == pytest.approx([abs(x**3 - 2 * x - 5) for x in steps], rel=1e-6, abs=1e-12)


def test_newton_refuses_what_is_not_a_number(samples: Path) -> None:
    done = call("./root.sh", "two", cwd=samples / "newton")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'error: start must be a number, not "two"\n'


# the demo


def test_demo_runs_to_the_end_and_again(samples: Path) -> None:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    first = output("sh", "demo.sh", cwd=samples, PATH=path)
    again = output("sh", samples / "demo.sh", cwd=samples.parent, PATH=path)

    assert commands(first) == commands(again)
    assert "gradient_boosting" in first
    runs = list(runlog.open_store(samples / ".runlog").runs())
    assert {run.state for run in runs} == {"finished"}
    assert len(runs) == 2 * (3 + 1 + 4)


def commands(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("$ ")]
