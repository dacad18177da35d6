"""`python -m tests.store.injector SCENE HOW FOLDER`: do something in a forked child that is struck at its n-th system call, for
every n until it runs through, and see each time that nothing is lost and that the next who comes can finish it.

Forking is what makes hundreds of children cheap. This process itself uses no thread and no pyarrow, or forking would not be safe.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

# All that is needed, once, before the first fork.
import pyarrow.compute
import pyarrow.parquet  # noqa: F401

import runlog.store.check
import runlog.tracking.start
from runlog.errors import RunlogError
from runlog.records import Process
from runlog.store.metrics import log
from runlog.store.rundir import RunDir
from runlog.store.store import Store
from tests.scene import tree
from tests.store.behind import NOW, RUN, WRITERS, a_birth, age, log_of, put_log, table_points

CALLS = ("open", "write", "fsync", "fdatasync", "rename", "replace", "unlink", "mkdir", "rmdir", "link")
THROUGH, STRUCK, REFUSED, WRONG = 0, 9, 3, 4


class Injector:
    """Counts the calls that change the disk, and strikes at the n-th: `before` it or `after` it the process dies, or it fails
    `once`, or it and all that follow fail (`ever`)."""

    def __init__(self, how: str, at: int) -> None:
        self.how = how
        self.at = at
        self.count = 0

    def install(self) -> None:
        for name in CALLS:
            setattr(os, name, self._wrapped(getattr(os, name)))
        log._write = os.write  # which a log has at hand under a name of its own

    def _wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def struck(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            if self.how == "before" and self.count == self.at:
                os._exit(STRUCK)
            if (self.how == "once" and self.count == self.at) or (self.how == "ever" and self.count >= self.at):
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            result = call(*args, **kwargs)
            if self.how == "after" and self.count == self.at:
                os._exit(STRUCK)
            return result

        return struck


class Scene:
    """Something to do to a store, and what must be true of the store afterwards, whatever happened."""

    def prepare(self, root: Path) -> None:
        """Make the store before the first strike."""

    def act(self, root: Path) -> None:
        """What is struck."""
        raise NotImplementedError

    def verify(self, root: Path) -> None:
        """See that nothing is lost, finish what was begun, and see it again."""
        raise NotImplementedError


DOOR = "20261120-213012-dddddd"


class Settle(Scene):
    """Two logs, a door and an older word of one writer become documents."""

    def prepare(self, root: Path) -> None:
        run = Store.create(root).create_run(a_birth(Process(0, 0, "elsewhere", "", "", "ada")))
        first = log_of([("loss", step, NOW, step / 7) for step in range(5)], ended=False)
        put_log(run, WRITERS[0], first)
        run.settle(closed=[WRITERS[0]])
        put_log(run, WRITERS[0], log_of([("loss", step, NOW, step / 7) for step in range(9)]))
        put_log(run, WRITERS[1], log_of([("acc", step, NOW, float(step)) for step in range(4)]))
        age(put_log(run, DOOR, b'{"a": 1}\nbad\n{"a": 2}', "jsonl"))

    def act(self, root: Path) -> None:
        run_in(root).settle(closed=WRITERS[:2])

    def verify(self, root: Path) -> None:
        run = run_in(root)
        assert self._points(run)[:2] == [9, 4]
        store = Store.open(root)
        run_in(root).settle(closed=WRITERS[:2])
        for path in run.live.glob("*"):
            age(path)  # the line that ended the door may have made it young again
        store.recover()
        assert self._points(run) == [9, 4, 2]
        assert run.record().state == "finished"
        names = {path.name for path in run.path.rglob("*") if not path.name.startswith(".staging-") and path.is_file()}
        assert names == {
            "run.json",
            *(f"entries-{WRITERS[0]}.{n}.json" for n in [12]),
            *(f"entries-{WRITERS[1]}.{n}.json" for n in [7]),
            *(f"entries-{DOOR}.{n}.json" for n in [3]),
            *(f"{writer}.{n}.parquet" for writer, n in [(WRITERS[0], 12), (WRITERS[1], 7), (DOOR, 3)]),
            f"{DOOR}.3.rejected",
        }
        assert (run.path / "metrics" / f"{DOOR}.3.rejected").read_bytes() == b"bad\n"
        assert store.check().clean, store.check()
        before = tree(root)
        run_in(root).settle()
        assert tree(root) == before

    def _points(self, run: RunDir) -> list[int]:
        metrics = run.record().metrics
        counted = Counter(row[0] for row in table_points(run.history()))
        assert counted == {name: metric.count for name, metric in metrics.items()}
        return [counted[name] for name in ("loss", "acc", "a")]


class Haste(Settle):
    """The same as a process does it that ends its run: first visible, later durable, then the logs go."""

    def act(self, root: Path) -> None:
        run = run_in(root)
        run.settle(closed=WRITERS[:2], drop=False)
        run.drop_covered()


class Recover(Settle):
    """The same by whoever opens the store next."""

    def act(self, root: Path) -> None:
        Store.open(root).recover()


class Create(Scene):
    """A store and a run in it come into being."""

    def act(self, root: Path) -> None:
        Store.create(root).create_run(a_birth(Process(0, 0, "elsewhere", "", "", "ada")))

    def verify(self, root: Path) -> None:
        seen = list(runlog.open_store(root).runs()) if (root / "store.json").exists() else []
        assert [run.id for run in seen] in ([], [RUN])
        assert all(run.params == {"alpha": 0.1} for run in seen)
        store = Store.create(root)
        if not seen:
            self.act(root)
        assert [run.id for run in store.runs()] == [RUN]
        assert store.check().clean, store.check()


class Finish(Scene):
    """A whole run, as a program has it; what was acknowledged is told in a file behind the injector's back."""

    def act(self, root: Path) -> None:
        with runlog.start_run("default", params={"alpha": 0.1}, store=root, strict=True) as run:
            for step in range(6):
                run.log_metric("loss", step / 7, step)
                acknowledge(root, step)
            run.log_param("epochs", 3)
            run.log_text("some text", "notes.txt")

    def verify(self, root: Path) -> None:
        acknowledged = acknowledgements(root)
        if not acknowledged:
            return
        store = Store.open(root)
        for turn in range(2):
            [run] = store.runs()
            table = run.history("loss")
            steps = table["step"].to_pylist()
            assert steps[: len(acknowledged)] == acknowledged, (turn, steps, acknowledged)
            assert len(steps) <= len(acknowledged) + 1
            assert steps == list(range(len(steps)))
            assert all((run.path / "artifacts" / path).read_text() == "some text" for path in run.artifacts)
            assert run.state in {"finished", "failed", "lost"}
            store.recover()
        assert store.check().clean, store.check()
        assert not (run.path / "live").exists()


def acknowledge(root: Path, step: int) -> None:
    with root.with_suffix(".acknowledged").open("a") as file:
        file.write(f"{step}\n")


def acknowledgements(root: Path) -> list[int]:
    path = root.with_suffix(".acknowledged")
    return [int(line) for line in path.read_text().split()] if path.exists() else []


SCENES: dict[str, Scene] = {
    "settle": Settle(),
    "haste": Haste(),
    "recover": Recover(),
    "create": Create(),
    "finish": Finish(),
}


def run_in(root: Path) -> RunDir:
    return RunDir(root, f"experiments/default/{RUN}")


def forked(work: Callable[..., None], *arguments: Any) -> int:
    """Do something in a child, without what Python does at its end; its status."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = WRONG
        try:
            work(*arguments)
            status = THROUGH
        except (OSError, RunlogError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            status = REFUSED
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def strike(scene: Scene, root: Path, how: str, at: int, reached: Path) -> None:
    injector = Injector(how, at)
    injector.install()
    try:
        scene.act(root)
    finally:
        if injector.count >= at:
            reached.open("x").close()  # by a call that is not struck


def main(name: str, how: str, folder: Path) -> None:
    scene = SCENES[name]
    first, reached = folder / "first", folder / "reached"
    assert forked(scene.prepare, first) == THROUGH
    for at in range(1, 1000):
        root = folder / f"{at}"
        if first.exists():
            shutil.copytree(first, root)
        status = forked(strike, scene, root, how, at, reached)
        if status == WRONG:
            sys.exit(f"{name}: struck {how} call {at}: the wrong kind of error")
        if forked(scene.verify, root) != THROUGH:
            sys.exit(f"{name}: struck {how} call {at}, which ended with {status}: not all was well afterwards")
        if status != STRUCK and not reached.exists():
            print(at - 1)
            return
        reached.unlink(missing_ok=True)
        shutil.rmtree(root, ignore_errors=True)
        root.with_suffix(".acknowledged").unlink(missing_ok=True)
    sys.exit("there is no end to it")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
