"""The packages that a model needs, and the files in which MLflow expects to find them."""

from __future__ import annotations

import functools
import platform
import re
import sys
import zipfile
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from runlog.models import mlmodel

FILE, CONDA, PYTHON = "requirements.txt", "conda.yaml", "python_env.yaml"
_MODULE = re.compile(rb'"__module__": ?"([A-Za-z_][\w.]*)"')
# MLflow needs itself to serve a model in an environment that it makes.
_MLFLOW = "mlflow"


def inferred(packages: Iterable[str], files: Iterable[Path] = ()) -> list[str]:
    """Packages at the versions that are installed: those named, and those that the files of a model mention."""
    owners = _owners()
    names = {name.lower(): name for name in packages}
    for module in {module.partition(".")[0] for file in files for module in _modules(file)}:
        for owner in owners.get(module, [])[:1]:
            names.setdefault(owner.lower(), owner)
    names.pop("runlog", None)
    return [_MLFLOW, *(pinned(name) for _, name in sorted(names.items()) if name != _MLFLOW)]


@functools.cache
def _owners() -> Mapping[str, list[str]]:
    """Which packages each module may come from: a look at every package there is."""
    return metadata.packages_distributions()


def pinned(name: str) -> str:
    """A package at its present version, without the mark of a local build: `torch==2.13.0`."""
    try:
        return f"{name}=={metadata.version(name).partition('+')[0]}"
    except metadata.PackageNotFoundError:
        return name


def _modules(file: Path) -> set[str]:
    """The modules that a skops file or a pickle names. Nothing of it is loaded."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if "schema.json" in names:
                return {found.decode() for found in _MODULE.findall(archive.read("schema.json"))}
            pickles = [archive.read(name) for name in names if name.endswith("data.pkl")]
    else:
        pickles = [file.read_bytes()]
    return {module for data in pickles for module in _of_pickle(data)}


def _of_pickle(data: bytes) -> set[str]:
    """The modules that a pickle names: the text before each name of a class or function."""
    import pickletools

    found: set[str] = set()
    texts: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name in {"GLOBAL", "INST"}:
                found.add(str(argument).partition(" ")[0])
            elif isinstance(argument, str):
                texts.append(argument)
    except ValueError:
        pass  # a pickle that is not one ends the search
    # Newer pickles put module and name on a stack, perhaps from a memory; any text that is a module counts.
    return found | {text for text in texts if text.partition(".")[0] in sys.modules and text in sys.modules}


def write(folder: Path, requirements: list[str]) -> None:
    """The three files by which environments are made."""
    version = platform.python_version()
    builders = [f"pip=={found}" if (found := _version("pip")) else "pip", "setuptools", "wheel"]
    (folder / FILE).write_text("".join(f"{line}\n" for line in requirements), encoding="utf-8")
    environment = {"python": version, "build_dependencies": builders, "dependencies": [f"-r {FILE}"]}
    (folder / PYTHON).write_text(mlmodel.write(environment), encoding="utf-8")
    conda = {
        "name": "mlflow-env",
        "channels": ["conda-forge"],
        "dependencies": [f"python={version}", "pip", {"pip": requirements}],
    }
    (folder / CONDA).write_text(mlmodel.write(conda), encoding="utf-8")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
