"""A store with some of everything in it, and all the ways in which it is damaged behind runlog's back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import runlog
from tests.scene import environment

LARGE = b"weights of a model\n" * 1000

_MAKE = """
import os, signal, sys, runlog
store = sys.argv[1]
with runlog.start_run(experiment="duration", name="whole", params={"alpha": 0.1}, tags={"model": "ridge"}, store=store) as run:
    for step in range(200):
        run.log_metrics({"loss": 1 / (step + 1), "rmse": 7.5 - step / 100}, step=step)
    run.log_param("epochs", 200)
    run.log_text("weights of a model\\n" * 1000, "model.bin")
    run.log_text("a small file", "deep/notes.txt")
print(run.id)
try:
    with runlog.start_run(experiment="duration", name="failed", store=store) as run:
        run.log_metric("loss", 1.0)
        run.log_text("weights of a model\\n" * 1000, "copy.bin")
        raise ValueError("no")
except ValueError:
    print(run.id)
with runlog.start_run(experiment="Ridge Regression", name="no points", store=store) as run:
    run.set_note("nothing was measured")
print(run.id)
run = runlog.start_run(experiment="duration", name="lost", store=store)
run.log_metric("loss", 2.0)
with open(os.environ["RUNLOG_METRICS"], "w") as door:
    door.write('{"door": 1}\\nno json\\n')
print(run.id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@dataclass(frozen=True)
class Scene:
    """Where everything lies."""

    store: Path
    whole: Path
    failed: Path
    no_points: Path
    lost: Path

    def copied(self, to: Path) -> Scene:
        shutil.copytree(self.store, to, symlinks=True)
        runs = (to / run.relative_to(self.store) for run in (self.whole, self.failed, self.no_points, self.lost))
        return Scene(to, *runs)

    @property
    def outside(self) -> Path:
        """A folder that is none of the store's business."""
        return self.store.with_name("outside")

    def one(self, pattern: str) -> Path:
        """The file of the run `whole` that fits."""
        [path] = self.whole.glob(pattern)
        return path


def make_scene(folder: Path) -> Scene:
    """The store of a process that was killed in the end, opened once since."""
    store = folder / "store"
    command = [sys.executable, "-c", _MAKE, str(store)]
    done = subprocess.run(command, env=environment(), cwd=folder, capture_output=True, text=True, check=False, timeout=100)
    whole, failed, no_points, lost = (next(store.glob(f"experiments/*/{run_id}")) for run_id in done.stdout.split())
    for door in lost.glob("live/*.jsonl"):
        os.utime(door, (0, 0))
    runlog.open_store(store)
    assert not list(store.glob("experiments/*/*/live"))
    assert list(lost.glob("metrics/*.rejected"))
    return Scene(store, whole, failed, no_points, lost)


@dataclass(frozen=True)
class Damage:
    """One thing that went wrong, what `check` says of it (path and problem), and whether a repair makes the store clean."""

    name: str
    harm: Callable[[Scene], object]
    path: str
    problem: str
    clean_before: bool = False
    loses: tuple[str, ...] = ()  # files of the store that held nothing of anybody and may be removed


def rewrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def instead(path: Path, make: Callable[[Path], object] = lambda path: path.write_text("x")) -> None:
    """Put something else in the place of a file or a folder; by default a file."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    make(path)


def litter(below: str, scene: Scene) -> None:
    staging(Path(below.format(store=scene.store, whole=scene.whole)))


def stranger(below: str, scene: Scene) -> None:
    (Path(below.format(store=scene.store, whole=scene.whole)) / "notes.txt").write_text("x")


def linked_out(below: str, scene: Scene) -> None:
    [path] = scene.whole.glob(below) if "*" in below else [Path(below.format(store=scene.store, whole=scene.whole))]
    link_out(scene, path)


def points_and_words(scene: Scene) -> None:
    rewrite(scene.one("metrics/*.parquet"), b"PAR1")
    rewrite(scene.one("entries-*"), b"")


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0xFF
    rewrite(path, bytes(data))


def link_out(scene: Scene, path: Path) -> None:
    """Move something out of the store and leave a link to it."""
    scene.outside.mkdir(exist_ok=True)
    target = scene.outside / f"{path.name}-{len(list(scene.outside.iterdir()))}"
    if path.exists():
        shutil.move(path, target)
    else:
        target.mkdir()
    path.symlink_to(target)


def document(path: Path, **changes: object) -> None:
    rewrite(path, json.dumps({**json.loads(path.read_bytes()), **changes}).encode())


def staging(folder: Path, old: bool = True) -> None:
    path = folder / ".staging-0011223344556677"
    path.write_text("half a file")
    if old:
        os.utime(path, (0, 0))


def staged_run(scene: Scene) -> None:
    folder = scene.whole.parent / ".staging-0011223344556677"
    shutil.copytree(scene.whole, folder)
    os.utime(folder, (0, 0))


def marker(scene: Scene, name: str, data: bytes, old: bool = True) -> None:
    path = scene.store / "live" / name
    path.write_bytes(data)
    if old:
        os.utime(path, (0, 0))


def marker_of(run: Path, **process: object) -> bytes:
    folder = "/".join(run.parts[-3:])
    return json.dumps({"format": 1, "run": folder, "process": process}).encode()


def half_copied(scene: Scene) -> None:
    """As an interrupted copy leaves it: not all files, the last one not whole, and not the document that comes last."""
    (scene.store / "store.json").unlink()
    (scene.whole / "run.json").unlink()
    os.truncate(next(scene.failed.glob("metrics/*.parquet")), 100)


GONE = "20261120-213012-k3f9x2"
DAMAGES = [
    Damage("store.json missing", lambda s: (s.store / "store.json").unlink(), "store.json", "is missing"),
    Damage("store.json empty", lambda s: rewrite(s.store / "store.json", b""), "store.json", "is empty"),
    Damage("store.json zeros", lambda s: rewrite(s.store / "store.json", b"\0" * 50), "store.json", "is empty"),
    Damage("store.json garbage", lambda s: rewrite(s.store / "store.json", b"\xff{"), "store.json", "is not valid JSON"),
    Damage("store.json a list", lambda s: rewrite(s.store / "store.json", b"[]"), "store.json", "holds no object"),
    Damage(
        "store.json without format", lambda s: rewrite(s.store / "store.json", b"{}"), "store.json", "does not say its format"
    ),
    Damage("half copied", half_copied, "store.json", "is missing"),
    Damage("experiment.json missing", lambda s: (s.whole.parent / "experiment.json").unlink(), "experiment.json", "is missing"),
    Damage(
        "experiment.json garbage",
        lambda s: rewrite(s.no_points.parent / "experiment.json", b"{"),
        "experiment.json",
        "is not valid JSON",
    ),
    Damage("run.json empty", lambda s: rewrite(s.whole / "run.json", b""), "{whole}/run.json", "is empty"),
    Damage("run.json garbage", lambda s: rewrite(s.whole / "run.json", b"garbage"), "{whole}/run.json", "is not valid JSON"),
    Damage("run.json missing", lambda s: (s.whole / "run.json").unlink(), "{whole}/run.json", "is missing"),
    Damage(
        "run.json a folder",
        lambda s: instead(s.whole / "run.json", Path.mkdir),
        "{whole}/run.json",
        "is not an ordinary file",
    ),
    Damage(
        "run.json of another",
        lambda s: shutil.copy(s.failed / "run.json", s.whole / "run.json"),
        "{whole}/run.json",
        "is the birth of run .*, in the folder of another",
    ),
    Damage(
        "run.json without id",
        lambda s: rewrite(s.whole / "run.json", b'{"format": 1}'),
        "{whole}/run.json",
        "is not a run's birth document: key 'id' is missing",
    ),
    Damage("run folder emptied", lambda s: instead(s.whole, Path.mkdir), "{whole}/run.json", "is missing"),
    Damage(
        "run folder copied by hand",
        lambda s: shutil.copytree(s.whole, s.whole.with_name(GONE)),
        f"{GONE}/run.json",
        "is the birth of run .*, in the folder of another",
    ),
    Damage("entries empty", lambda s: rewrite(s.one("entries-*"), b""), "entries-.*json", "is empty"),
    Damage("entries garbage", lambda s: rewrite(s.one("entries-*"), b"\0\xff"), "entries-.*json", "is not valid JSON"),
    Damage(
        "entries of another",
        lambda s: document(s.one("entries-*"), writer=GONE),
        "entries-.*json",
        f"holds the words of {GONE}.*",
    ),
    Damage("entries missing", lambda s: s.one("entries-*").unlink(), "metrics/.*parquet", "has no entries document"),
    Damage(
        "entries a pipe",
        lambda s: instead(s.one("entries-*"), os.mkfifo),
        "entries-.*json",
        "is not an ordinary file",
    ),
    Damage("points missing", lambda s: s.one("metrics/*.parquet").unlink(), "metrics/.*parquet", "is missing"),
    Damage("points cut short", lambda s: os.truncate(s.one("metrics/*.parquet"), 500), "metrics/.*parquet", "cannot be read: .*"),
    Damage("points empty", lambda s: os.truncate(s.one("metrics/*.parquet"), 0), "metrics/.*parquet", "cannot be read: .*"),
    Damage(
        "points with one other byte",
        lambda s: flip(s.one("metrics/*.parquet"), 300),
        "metrics/.*parquet",
        "is not what was written: its checksum differs",
    ),
    Damage(
        "points of another run",
        lambda s: shutil.copy(next(s.failed.glob("metrics/*.parquet")), s.one("metrics/*.parquet")),
        "metrics/.*parquet",
        "holds 1 points where 400 were logged.*",
    ),
    Damage(
        "points and words garbage",
        points_and_words,
        "entries-.*json",
        "is empty",
    ),
    Damage(
        "artifact altered",
        lambda s: rewrite(s.whole / "artifacts/deep/notes.txt", b"a smaLl file"),
        "artifacts/deep/notes.txt",
        "is not what was logged: its hash differs",
    ),
    Damage(
        "artifact cut short",
        lambda s: rewrite(s.whole / "artifacts/deep/notes.txt", b"a sm"),
        "artifacts/deep/notes.txt",
        "has 4 bytes where 12 were logged",
    ),
    Damage("artifact missing", lambda s: (s.whole / "artifacts/model.bin").unlink(), "{whole}/artifacts/model.bin", "is missing"),
    Damage("artifacts missing", lambda s: shutil.rmtree(s.whole / "artifacts"), "{whole}/artifacts/model.bin", "is missing"),
    Damage(
        "artifact a folder",
        lambda s: instead(s.whole / "artifacts/model.bin", Path.mkdir),
        "{whole}/artifacts/model.bin",
        "is not an ordinary file of this run",
    ),
    Damage(
        "metrics a file",
        lambda s: instead(s.whole / "metrics"),
        "{whole}/metrics",
        "is a file where a folder must be",
    ),
    Damage(
        "artifacts a file",
        lambda s: instead(s.whole / "artifacts"),
        "{whole}/artifacts",
        "is a file where a folder must be",
    ),
    Damage(
        "live a file",
        lambda s: instead(s.store / "live"),
        "live",
        "is a file where a folder must be",
    ),
    Damage(
        "experiments a file",
        lambda s: instead(s.store / "experiments"),
        "experiments",
        "is a file where a folder must be",
    ),
    Damage(
        "quarantine a file", lambda s: (s.store / "quarantine").write_text("x"), "quarantine", "is a file where a folder must be"
    ),
    *(
        Damage(f"{name} a link out of the store", partial(linked_out, below), path, "is a symbolic link and is not followed")
        for name, below, path in (
            ("experiments", "{store}/experiments", "experiments"),
            ("live", "{store}/live", "live"),
            ("quarantine", "{store}/quarantine", "quarantine"),
            ("experiment", "{store}/experiments/duration", "experiments/duration"),
            ("run", "{whole}", "{whole}"),
            ("run's live", "{whole}/live", "{whole}/live"),
            ("metrics", "{whole}/metrics", "{whole}/metrics"),
            ("points", "metrics/*.parquet", "metrics/.*parquet"),
            ("entries", "entries-*", "entries-.*json"),
            ("artifacts", "{whole}/artifacts", "{whole}/artifacts"),
            ("folder of artifacts", "{whole}/artifacts/deep", "artifacts/deep"),
            ("artifact", "{whole}/artifacts/model.bin", "artifacts/model.bin"),
            ("marker", "{store}/live/" + GONE, f"live/{GONE}"),
            ("README.md", "{store}/README.md", "README.md"),
        )
    ),
    *(
        Damage(
            f"{below.rpartition('/')[2]} a link out of the store",
            partial(linked_out, below),
            below.replace("{store}/", ""),
            "is a symbolic link, and stores have none",
        )
        for below in ("{store}/store.json", "{store}/experiments/duration/experiment.json", "{whole}/run.json")
    ),
    *(
        Damage(
            f"litter in {below}",
            partial(litter, below),
            ".staging-.*",
            "was left by a killed process",
            loses=(".staging-",),
        )
        for below in (
            "{store}",
            "{store}/experiments",
            "{store}/experiments/duration",
            "{store}/live",
            "{whole}",
            "{whole}/metrics",
        )
    ),
    Damage("half a run", staged_run, ".staging-.*", "was left by a killed process", loses=(".staging-",)),
    Damage(
        "marker of no run",
        lambda s: marker(s, GONE, marker_of(s.whole.with_name(GONE))),
        f"live/{GONE}",
        "points to nothing that is left to finish",
        loses=("live/",),
    ),
    Damage(
        "marker of an ended run",
        lambda s: marker(s, s.whole.name, marker_of(s.whole), old=False),
        f"live/{'{whole_id}'}",
        "points to nothing that is left to finish",
        loses=("live/",),
    ),
    Damage("marker garbage", lambda s: marker(s, s.whole.name, b"{"), "live/.*", "is not valid JSON", loses=("live/",)),
    Damage(
        "marker without a run",
        lambda s: marker(s, GONE, b'{"format": 1}'),
        "live/.*",
        "is not a marker of a run.*",
        loses=("live/",),
    ),
    Damage(
        "marker that leads out",
        lambda s: marker(s, GONE, marker_of(Path("../../outside"))),
        "live/.*",
        "points to nothing that is left to finish",
        loses=("live/",),
    ),
    *(
        Damage(
            f"stranger in {below}",
            partial(stranger, below),
            "notes.txt",
            ".*left alone",
            clean_before=True,
        )
        for below in (
            "{store}",
            "{store}/experiments",
            "{store}/experiments/duration",
            "{store}/live",
            "{whole}",
            "{whole}/metrics",
            "{whole}/artifacts",
        )
    ),
    Damage(
        "strange folder in an experiment",
        lambda s: shutil.copytree(s.whole, s.whole.with_name("my copy")),
        "my copy",
        "is no run; it is left alone",
        clean_before=True,
    ),
    Damage(
        "strange folder in a run",
        lambda s: shutil.copytree(s.failed, s.whole / "my copy"),
        "my copy",
        "is no folder of runlog's; it is left alone",
        clean_before=True,
    ),
    Damage(
        "strange folder of markers", lambda s: (s.store / "live" / "mine").mkdir(), "live/mine", ".*left alone", clean_before=True
    ),
    Damage(
        "strange folder at the top",
        lambda s: shutil.copytree(s.whole, s.store / "mine"),
        "mine",
        ".*left alone",
        clean_before=True,
    ),
    Damage(
        "experiment.json of another",
        lambda s: document(s.whole.parent / "experiment.json", name="other"),
        "experiment.json",
        "names 'other', which belongs elsewhere",
        clean_before=True,
    ),
]
