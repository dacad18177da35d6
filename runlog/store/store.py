"""A store: open it, create it, and the doors to everything in it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from runlog import config
from runlog.capture.process import is_alive
from runlog.errors import Damaged, NotAStore, StoreError, UsageError, store_error
from runlog.records import Birth, CheckReport, Entry, Experiment, Process
from runlog.store import experiments, files, guide, layout
from runlog.store.document import check_format, load
from runlog.store.format import marker_document, process_object, read_marker, store_document
from runlog.store.piece import matching, only
from runlog.store.rundir import RunDir, edit
from runlog.store.stored import StoredRun

if TYPE_CHECKING:
    from runlog.store.check import Progress
    from runlog.store.registry.standing import Model

# A run is created within this time of its marker; an older marker without a run is litter.
_CREATION_S = 60.0
_OWN_NAMES = {
    *(layout.EXPERIMENTS, layout.LIVE, layout.QUARANTINE, layout.CODE, layout.ENVIRONMENTS, layout.MODELS),
    *("README.md", ".gitignore", layout.STORE_FILE),
}


class Store:
    """One store. Opening it to read writes nothing; several processes and machines may use it at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        # The folders of runs that were passed over, as far as anybody came to them, for whoever asked should hear of it.
        self.unreadable: set[str] = set()

    @classmethod
    def open(cls, root: Path) -> Store:
        """An existing store, of a format this runlog knows."""
        path = root / layout.STORE_FILE
        try:
            document = load(str(path), files.read_file(path))
        except FileNotFoundError:
            raise _no_store(root) from None
        except NotADirectoryError:
            raise StoreError(f"{root} is a file where a store must be") from None
        except StoreError as error:
            if os.path.isfile(root):
                raise StoreError(f"{root} is a file where a store must be") from None
            raise error
        check_format(str(path), document.get("format"))
        return cls(root)

    @classmethod
    def create(cls, root: Path) -> Store:
        """The store at `root`, made on first use. Any number of processes may do this at once."""
        if os.path.exists(root / layout.STORE_FILE):
            return cls.open(root)
        if os.path.isfile(root):
            raise StoreError(f"{root} is a file where a store must be")
        files.make_folder(root)
        strange = [entry.name for entry in files.list_folder(root, may_be_link=True) if not is_own(entry.name)]
        if strange:
            raise NotAStore(
                f"{root} is not empty and not a runlog store: it holds {strange[0]!r}",
                hint=f"runlog --store {root}/.runlog init",
            )
        files.write_new(root / ".gitignore", guide.IGNORE.encode())
        files.write_new(root / "README.md", guide.README.encode())
        files.make_inside(root, layout.EXPERIMENTS)
        files.make_inside(root, layout.LIVE)
        # Last, for it is what makes the folder a store.
        files.write_new(root / layout.STORE_FILE, store_document())
        files.sync_folder(root)
        return cls(root)

    def create_run(self, birth: Birth, *, durable: bool = True) -> RunDir:
        """A new run, whole and visible when this returns, and durable unless told otherwise."""
        experiments.make(self.root, birth.experiment)
        self.mark_live(layout.run_folder(birth.experiment, birth.id), birth.process)
        try:
            return RunDir.create(self.root, birth, durable=durable)
        except BaseException as error:
            self.unmark_live(birth.id)
            if isinstance(error, OSError):
                raise store_error("create the run", error) from error
            raise

    def carry_on(self, run: RunDir, process: Process) -> RunDir:
        """The same run as one of another store, to go on in this one; whoever copies one store onto the other then has one run.

        Only its birth is copied. That it went on is said at once: in such a run only its bytes can name an artifact.
        """
        here = next(self.named(run.id), None)
        if here is None:
            experiments.make(self.root, run.birth().experiment)
            here = RunDir.copy_birth(self.root, run)
            opening = {"role": "main", "process": process_object(process)}
            edit(here, [Entry(time.time_ns(), "open", "", opening)], process)
        return here

    def mark_live(self, folder: str, process: Process) -> None:
        """Leave word that a run may have something to settle one day."""
        live = files.make_inside(self.root, layout.LIVE)
        files.write_new(live / folder.rpartition("/")[2], marker_document(folder, process), durable=False)

    def unmark_live(self, run_id: str) -> None:
        files.remove(self.root / layout.LIVE / run_id)

    def recover(self) -> list[str]:
        """Finish what dead processes left; the ids of the runs that are settled now. On a read-only store, nothing."""
        settled: list[str] = []
        if not files.is_folder(self.root / layout.LIVE):
            return settled
        for entry in files.list_folder(self.root / layout.LIVE):
            if layout.is_id(entry.name):
                with contextlib.suppress(OSError, StoreError):
                    if self._recover(entry.name):
                        settled.append(entry.name)
        return settled

    def _recover(self, run_id: str) -> bool:
        marker = self.root / layout.LIVE / run_id
        folder, process = read_marker(marker.name, files.read_file(marker))
        if is_alive(process):
            return False
        if not self._is_run(folder, run_id):
            if time.time() - os.stat(marker).st_mtime > _CREATION_S:
                files.remove(marker)
            return False
        if not os.access(self.root / folder, os.W_OK) or not RunDir(self.root, folder).settle():
            return False
        files.remove(marker)
        return True

    def _is_run(self, folder: str, run_id: str) -> bool:
        """Whether a folder that a marker names is that of a run of this store, and no link leads to it."""
        parts = folder.split("/")
        legal = len(parts) == 3 and parts[0] == layout.EXPERIMENTS and parts[1] not in {"", ".", ".."} and parts[2] == run_id
        return legal and all(files.is_folder(self.root.joinpath(*parts[:count])) for count in (1, 2, 3))

    def experiment_folders(self) -> list[str]:
        return [name for name in files.real_folders(self.root / layout.EXPERIMENTS) if not name.startswith(layout.STAGING)]

    def run_folders(self) -> Iterator[tuple[str, str]]:
        """(id, folder of the experiment) of every run."""
        for experiment in self.experiment_folders():
            for run_id in files.real_folders(self.root / layout.EXPERIMENTS / experiment):
                if layout.is_id(run_id):
                    yield run_id, experiment

    def run_dirs(self) -> Iterator[RunDir]:
        """Every run, newest first."""
        for run_id, experiment in sorted(self.run_folders(), reverse=True):
            yield RunDir(self.root, f"{layout.EXPERIMENTS}/{experiment}/{run_id}")

    def run_dir(self, piece: str) -> RunDir:
        """The run whose id is, ends with, or else contains `piece`."""
        if not piece:
            raise UsageError("the run that is meant has no name: it is the empty text", hint="runlog ls")
        return only(list(self.named(piece)) if layout.is_id(piece) else matching(list(self.run_dirs()), piece), piece)

    def named(self, run_id: str) -> Iterator[RunDir]:
        """The runs with a whole id: one, or none; several only where a run was copied by hand."""
        for experiment in self.experiment_folders():
            folder = f"{layout.EXPERIMENTS}/{experiment}/{run_id}"
            if os.path.isdir(self.root / folder) and not os.path.islink(self.root / folder):
                yield RunDir(self.root, folder)

    def runs(self, experiment: str | None = None, *, removed: bool = False) -> Iterator[StoredRun]:
        """Every readable run, newest first; with `removed` those in the trash instead. What cannot be read is passed over
        here and named by `check`. An experiment may be called by a name it had before."""
        names = experiments.Names(self.root)
        wanted = None if experiment is None else names.now(experiment)
        for _, same_second in groupby(self.run_dirs(), key=lambda run: run.id[:15]):
            for stored in self._newest_first(same_second, names):
                if stored.record.removed == removed and wanted in {None, stored.experiment}:
                    yield stored

    def _newest_first(self, runs: Iterable[RunDir], names: experiments.Names) -> list[StoredRun]:
        """Ids tell runs apart by the second; within one, their birth does. What cannot be read is left out."""
        found = []
        for run in runs:
            stored = StoredRun(run, names)
            try:
                found.append((stored.record.created_at, stored.id, stored))
            except StoreError:
                self.pass_over([run.folder])
        return [stored for _, _, stored in sorted(found, key=lambda known: known[:2], reverse=True)]

    def pass_over(self, folders: Iterable[str]) -> None:
        """Remember runs that cannot be read, unless it is because they have just gone."""
        self.unreadable.update(folder for folder in folders if os.path.lexists(self.root / folder))

    def experiments(self) -> list[Experiment]:
        """Every experiment, by name; with those that have no runs, and those in the trash."""
        return experiments.read_all(self.root)

    def models(self) -> list[Model]:
        """Every registered model, by name, with its versions; those in the trash too."""
        from runlog.store.registry.folder import read_books
        from runlog.store.registry.standing import stand

        return sorted((stand(book) for book in read_books(self.root) if book.births), key=lambda model: model.name)

    def run(self, piece: str) -> StoredRun:
        """One run, by its id or any piece of it that fits no other."""
        return StoredRun(self.run_dir(piece))

    def check(self, repair: bool = False, progress: Progress | None = None) -> CheckReport:
        """Verify every file of the store; with `repair`, mend what can be mended and set aside what cannot."""
        from runlog.store.check import check_store

        return check_store(self, repair, progress)

    def __repr__(self) -> str:
        return f"Store({os.fspath(self.root)!r})"


def is_own(name: str) -> bool:
    return name in _OWN_NAMES or name.startswith(layout.STAGING)


def _no_store(root: Path) -> StoreError:
    import shlex

    if not os.path.lexists(root):
        return NotAStore(f"there is no store at {root}", hint=f"runlog --store {shlex.quote(str(root))} init")
    if os.path.isdir(root / layout.EXPERIMENTS):
        return Damaged(
            f"{root} holds experiments but no {layout.STORE_FILE}: is the copy complete?", hint="runlog check --repair"
        )
    inside = shlex.quote(str(root / config.STORE_NAME))
    return NotAStore(f"{root} is not a runlog store: it has no {layout.STORE_FILE}", hint=f"runlog --store {inside} init")
