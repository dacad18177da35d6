"""Identity to path and back: ids, legal names, where each thing lies. Pure; touches no disk."""

from __future__ import annotations

import os
import re
import time
import unicodedata
from datetime import UTC, datetime

from runlog.errors import BadName

STORE_FILE = "store.json"
EXPERIMENTS = "experiments"
LIVE = "live"
QUARANTINE = "quarantine"
CODE = "code"
ENVIRONMENTS = "environments"
MODELS = "models"
STAGING = ".staging-"
RUN_FILE = "run.json"
EXPERIMENT_FILE = "experiment.json"
EXPERIMENT_WORDS = "entries"
MODEL_FILE = "model.json"
VERSIONS = "versions"
CLAIMS = "claims"
MODEL_WORDS = "entries"
# What makes a folder a model, and describes it; the name is MLflow's.
MLMODEL = "MLmodel"
ARTIFACTS = "artifacts"
METRICS = "metrics"
OUTPUT = "output"
# What is large in a run, and not needed to know what became of it.
BULK = (ARTIFACTS, METRICS, OUTPUT)

DEFAULT_EXPERIMENT = "default"
MAX_NAME = 200
MAX_KEY = 250
LONGEST_PATH = 1024
LONGEST_FILE = LONGEST_PATH + 255  # a name made of a path and a hash

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_ID = re.compile(rf"[0-9]{{8}}-[0-9]{{6}}-[{_LETTERS}]{{6}}")
_COUNT = "0|[1-9][0-9]*"  # a number has one spelling, so that a name that was parsed is found again
_ENTRIES = re.compile(rf"entries-({_ID.pattern})\.({_COUNT})\.json")
_VERSION = re.compile(rf"([1-9][0-9]*)\.({_ID.pattern})\.json")
_CLAIM = re.compile("[1-9][0-9]{0,8}")
_COVERED = re.compile(rf"({_ID.pattern})\.({_COUNT})\.(parquet|rejected)")
_LOG = re.compile(rf"({_ID.pattern})\.(log|jsonl)")
_PLAIN_FOLDER = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_DEVICES = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}


def new_id(now: float | None = None) -> str:
    """An id that no other machine gives: the UTC second and 30 bits of chance. Sorts by time."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    chance = int.from_bytes(os.urandom(8), "little")
    tail = []
    for _ in range(6):
        chance, letter = divmod(chance, len(_LETTERS))
        tail.append(_LETTERS[letter])
    return f"{stamp}-{''.join(tail)}"


def is_id(text: str) -> bool:
    """Whether this is the whole id of a run or a writer."""
    return _ID.fullmatch(text) is not None


def named_at(writer: str) -> int:
    """The second in which an id was given, in nanoseconds: the least that is known of when its writer spoke."""
    try:
        moment = datetime.strptime(writer[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return 0
    return int(moment.timestamp()) * 1_000_000_000


def version_file(number: int, version: str) -> str:
    return f"{number}.{version}.json"


def parse_version_file(name: str) -> tuple[int, str] | None:
    """(number, id) of a file in a model's folder of versions, none for any other file."""
    found = _VERSION.fullmatch(name)
    return (int(found[1]), found[2]) if found else None


def is_claim(name: str) -> bool:
    """Whether this is the number of a version, as it is claimed."""
    return _CLAIM.fullmatch(name) is not None


def entries_name(writer: str, records: int) -> str:
    return f"entries-{writer}.{records}.json"


def words_name(writer: str) -> str:
    return f"{writer}.json"


def parse_words_name(name: str) -> str | None:
    """The writer of a file in an experiment's folder of entries, none for any other file."""
    writer, dot, kind = name.partition(".")
    return writer if dot and kind == "json" and is_id(writer) else None


def parse_entries_name(name: str) -> tuple[str, int] | None:
    """(writer, records) of an entries document, none for any other file."""
    found = _ENTRIES.fullmatch(name)
    return (found[1], int(found[2])) if found else None


def covered_name(writer: str, records: int, kind: str) -> str:
    return f"{writer}.{records}.{kind}"


def parse_covered_name(name: str) -> tuple[str, int, str] | None:
    """(writer, records, kind) of a file in a run's metrics folder."""
    found = _COVERED.fullmatch(name)
    return (found[1], int(found[2]), found[3]) if found else None


def parse_log_name(name: str) -> tuple[str, str] | None:
    """(writer, kind) of a file in a run's live folder."""
    found = _LOG.fullmatch(name)
    return (found[1], found[2]) if found else None


def experiment_folder(name: str) -> str:
    """The folder of an experiment, the same on every machine and legal on every filesystem and in every bucket.

    A plain lower-case name is its own folder. Any other keeps what is plain of it, for people, and a hash of the whole, so
    that `Ridge` and `ridge` stay two experiments where the filesystem cannot tell them apart.
    """
    if _PLAIN_FOLDER.fullmatch(name) and not name.endswith("."):
        return name
    plain = re.sub(r"[^a-z0-9]+", "-", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower())
    import hashlib  # most names are plain

    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{plain.strip('-')[:48]}~{digest}"


def run_folder(experiment: str, run_id: str) -> str:
    return f"{EXPERIMENTS}/{experiment_folder(experiment)}/{run_id}"


def check_name(what: str, name: object) -> str:
    """A name for people (a run's, an experiment's): one line of text."""
    # Normalized first, for that may make a text longer, and what was allowed once must be allowed when it is read.
    text = _checked_text(what, unicodedata.normalize("NFC", name) if isinstance(name, str) else name, MAX_NAME)
    if text != text.strip():
        raise BadName(f"{what} {_short(text)!r} begins or ends with a blank")
    return text


def check_run_name(name: object) -> str:
    """A name for a run as somebody types it: one by which it can be named again. A store may hold others."""
    text = check_name("run name", name)
    problem = unreachable(text)
    if problem:
        raise BadName(problem)
    return text


def unreachable(run_name: str) -> str | None:
    """Why no command could find a run by its name; none where one could."""
    if run_name == "-":
        means = "stands for standard input"
    elif run_name.startswith("@"):
        means = "begins with '@', as @last does"
    elif is_id(run_name):
        means = "reads as the id of a run"
    else:
        return None
    return f"run name {_short(run_name)!r} {means}, so no command would find the run by it"


def check_experiment(name: object) -> str:
    """The name of an experiment, which people will also meet as a folder."""
    text = check_name("experiment name", name)
    if text in {".", ".."} or "/" in text or "\\" in text:
        raise BadName(f"experiment name {text!r} reads as a path", hint="use '-' or '.' between the parts of a name")
    if text.split(".")[0].lower() in _DEVICES:
        raise BadName(f"experiment name {text!r} is a device on Windows, where this store could not be copied")
    return text


# Keys that were found good: the runs of a store mostly have the same ones.
_GOOD_KEYS: set[object] = set()


def check_key(what: str, key: object) -> str:
    """The name of a param, metric or tag."""
    if type(key) is str and key in _GOOD_KEYS:
        return key
    text = _checked_text(f"{what} name", key, MAX_KEY)
    if len(_GOOD_KEYS) < 10_000:
        _GOOD_KEYS.add(text)
    return text


def path_text(what: str, path: object) -> str:
    """A path as text, whichever way it was given."""
    text = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(text, str):
        raise BadName(f"{what} must be text, got {type(text).__name__} {_line(text)}")
    return text


def check_artifact_path(path: str | os.PathLike[str], longest: int = LONGEST_PATH) -> str:
    """Where an artifact lies in its run: relative, forward slashes, and never outside."""
    text = path_text("artifact path", path).replace(os.sep, "/")
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if not parts:
        raise BadName("an artifact needs a name")
    if text.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", text):
        raise BadName(f"artifact path {_short(text)!r} leaves the run", hint="give a relative path without '..'")
    for part in parts:
        _check_file_name(text, part)
    if len("/".join(parts).encode()) > longest:
        raise BadName(f"artifact path {_short(text)!r} is longer than {longest} bytes")
    return "/".join(parts)


def version_name(path: str, mark: str) -> str:
    """Where other bytes lie that were logged under the same path: `model~3f2a9b7c61d0.pt`. Not longer than a name may be."""
    folder, slash, name = path.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) > 32:
        stem, dot, ending = name, "", ""
    tail = f"~{mark}{dot}{ending}"
    return f"{folder}{slash}{stem.encode()[: 255 - len(tail.encode())].decode(errors='ignore')}{tail}"


def _check_file_name(path: str, part: str) -> None:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in part):
        raise BadName(f"artifact path {_short(path)!r} holds a control character")
    try:
        size = len(part.encode())
    except UnicodeEncodeError:
        raise BadName(f"artifact path {_short(path)!r} is not valid text") from None
    if size > 255:
        raise BadName(f"artifact path {_short(path)!r} has a name longer than 255 bytes")


def _checked_text(what: str, name: object, longest: int) -> str:
    if not isinstance(name, str):
        raise BadName(f"{what} must be text, got {type(name).__name__} {_line(name)}")
    if not name.strip():
        raise BadName(f"{what} is empty")
    kinds = set() if name.isprintable() else {unicodedata.category(letter) for letter in name}
    if "Cs" in kinds:  # half a letter, as in the name of a file that is not UTF-8
        raise BadName(f"{what} {_short(name)!r} is not valid text")
    if kinds & {"Cc", "Zl", "Zp"}:
        raise BadName(f"{what} {_short(name)!r} holds a control character")
    if len(name) > longest:
        raise BadName(f"{what} {_short(name)!r} has {len(name)} characters, {longest} is the most")
    return name


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _line(value: object) -> str:
    """What is no text, on one line: arrays and frames describe themselves in several."""
    return _short(" ".join(repr(value).split()))
