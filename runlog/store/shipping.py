"""A whole folder of a run, out of the store: as a folder, or as one archive. It is there whole or not at all."""

from __future__ import annotations

import gzip
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

from runlog.errors import Conflict, OutsideError, reason_of
from runlog.store.delivery import deliver, written_whole
from runlog.store.folders import Logged
from runlog.store.layout import MLMODEL

# By the end of the name; the longest first.
ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")


def ship(
    run: Path,
    logged: Logged,
    extra: tuple[str, bytes],
    target: Path,
    *,
    top: str,
    at: int,
    replace: bool = False,
) -> None:
    """Copy what a run logged into a folder to a folder or archive of the user's, with one file more. Every file is checked
    against its hash. An archive is the same each time, byte for byte: `at` is the time of all that is in it."""
    if os.path.lexists(target) and not replace:
        raise Conflict(f"{str(target)!r} is there already", hint="runlog model export --force ...")
    ending = next((ending for ending in ARCHIVES if target.name.lower().endswith(ending)), "")
    try:
        os.makedirs(target.parent, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".runlog-export-") as aside:
            folder = Path(aside) / "model"
            for below, artifact in logged.items():
                deliver(run, artifact, folder / below)
            (folder / extra[0]).write_bytes(extra[1])
            if ending:
                with written_whole(target) as staged:
                    _pack(folder, staged, ending, top, at)
            else:
                _place(folder, target, Path(aside) / "before")
    except OSError as error:
        raise OutsideError(f"cannot write {str(target)!r}: {reason_of(error)}") from error


def _place(folder: Path, target: Path, before: Path) -> None:
    """Put a folder under its name; what was there goes aside first, and away with the temporary folder."""
    if os.path.lexists(target):
        if not target.is_dir() or target.is_symlink():
            raise Conflict(f"{str(target)!r} is no folder")
        if any(target.iterdir()) and not (target / MLMODEL).is_file():
            raise Conflict(f"{str(target)!r} is a folder that holds something else than a model")
        os.rename(target, before)
    os.rename(folder, target)


def _pack(folder: Path, staged: Path, ending: str, top: str, at: int) -> None:
    """Write all files of a folder into an archive, in which they lie below `top`."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    members = {f"{top}/{name}": folder / name for name in names}
    if ending == ".zip":
        _zip(staged, members, at)
        return
    with open(staged, "wb") as out:
        if ending == ".tar":
            _tar(out, members, at)
        else:
            with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=at // 10**9) as packed:
                _tar(cast("IO[bytes]", packed), members, at)


def _tar(out: IO[bytes], members: Mapping[str, Path], at: int) -> None:
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, file in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = os.path.getsize(file), at // 10**9, 0o644
            with open(file, "rb") as source:
                archive.addfile(info, source)


def _zip(staged: Path, members: Mapping[str, Path], at: int) -> None:
    moment = max(datetime.fromtimestamp(at / 1e9, UTC), datetime(1980, 1, 1, tzinfo=UTC)).timetuple()[:6]
    with zipfile.ZipFile(staged, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in members.items():
            info = zipfile.ZipInfo(name, moment)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with open(file, "rb") as source, archive.open(info, "w", force_zip64=True) as sink:
                while block := source.read(1 << 20):
                    sink.write(block)
