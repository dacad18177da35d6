"""Where the store is. Reads the environment and looks at folders; creates nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from runlog.errors import BadInput, BadName, StoreError, reason_of

STORE_NAME = ".runlog"
FORMAT_FILE = "store.json"
SETTINGS_FILE = "runlog.toml"
_EXPERIMENTS = "experiments"


def named_store(given: str | os.PathLike[str] | None = None) -> Path | None:
    """The store somebody asked for by argument or `RUNLOG_STORE`; a project folder stands for the store in it."""
    name = given or os.environ.get("RUNLOG_STORE")
    if not name:
        return None
    path = from_here(os.path.expanduser(name))
    if "\0" in str(path):
        raise BadName(f"{str(name)!r} is no path: it holds a control character")
    inner = path / STORE_NAME
    # Many a project has a folder `experiments` of its own, so that alone makes no store of it.
    return inner if os.path.isdir(inner) and not os.path.exists(path / FORMAT_FILE) else path


def current_folder() -> Path:
    """The folder this process works in; StoreError when somebody has removed it."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise StoreError("the current folder is gone", hint='cd "$PWD"') from None


def from_here(name: str) -> Path:
    """Where a path leads, seen from the current folder if it is not absolute; StoreError when that is gone."""
    return Path(os.path.abspath(name if os.path.isabs(name) else current_folder() / name))


def _here(start: Path | None) -> Path:
    return Path(os.path.abspath(start or current_folder()))


def find_store(given: str | os.PathLike[str] | None = None, start: Path | None = None) -> Path | None:
    """The store to read: the named one, else the nearest above `start`, like git finds its own."""
    named = named_store(given)
    if named is not None:
        return named
    here = _here(start)
    for folder in (here, *here.parents):
        if _is_there(folder / STORE_NAME):
            return folder / STORE_NAME
    return None


def _is_there(store: Path) -> bool:
    """Whether a folder is a store, or should be one: of a copy that is not complete, or that nobody may look into, whoever opens
    it is told, and no store further up takes its place."""
    try:
        os.stat(store / FORMAT_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return os.path.isdir(store / _EXPERIMENTS)
    except OSError:
        return os.path.lexists(store)
    return True


def place_store(given: str | os.PathLike[str] | None = None, start: Path | None = None) -> Path:
    """The store to write: the one found, else where a new one belongs, at the root of the git work tree or right here."""
    found = find_store(given, start)
    if found is not None:
        return found
    here = _here(start)
    for folder in (here, *here.parents):
        if os.path.exists(folder / ".git"):
            return folder / STORE_NAME
    return here / STORE_NAME


def project_top(folder: Path) -> Path:
    """The top of the project that a folder belongs to: its git work tree, else where its store is, else the folder."""
    for above in (folder, *folder.parents):
        if os.path.exists(above / ".git") or os.path.exists(above / STORE_NAME / FORMAT_FILE):
            return above
    return folder


def cache_folder() -> Path:
    """The user's cache, always on the machine that runs: network filesystems and caches do not mix."""
    base = os.environ.get("RUNLOG_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "runlog"
    )
    return Path(base)


def index_wanted() -> bool:
    """Whether the runs of a large store may be remembered in the user's cache: not with `RUNLOG_INDEX=off`."""
    return not _is_off("RUNLOG_INDEX")


def captured_variables() -> list[str]:
    """Further variables of the environment that runs remember: `RUNLOG_CAPTURE_VARIABLES=SITE,MY_*`."""
    return [name.strip() for name in os.environ.get("RUNLOG_CAPTURE_VARIABLES", "").split(",") if name.strip(" *")]


def strict_wanted() -> bool:
    """Whether a failing log call should raise: `RUNLOG_STRICT=1`."""
    return os.environ.get("RUNLOG_STRICT", "").lower() in {"1", "true", "yes"}


def capture_wanted() -> bool:
    """Whether a run remembers its code, environment and origin: everywhere but with `RUNLOG_CAPTURE=off`."""
    return not _is_off("RUNLOG_CAPTURE")


def _is_off(variable: str) -> bool:
    return os.environ.get(variable, "").lower() in {"off", "0", "false", "no"}


def segment_bytes() -> int:
    """How long a log may grow before it becomes Parquet while the run goes on."""
    try:
        return max(1 << 12, int(os.environ["RUNLOG_SEGMENT_BYTES"]))
    except (KeyError, ValueError):
        return 32 << 20


def trusted_folders() -> list[str | None]:
    """The folders whose models may run the code in them: `RUNLOG_TRUST_MODELS=/data/team/.runlog:...`. None stands for all of
    them: `RUNLOG_TRUST_MODELS=1`."""
    given = os.environ.get("RUNLOG_TRUST_MODELS", "")
    if not given or _is_off("RUNLOG_TRUST_MODELS"):
        return []
    if given.lower() in {"1", "true", "yes", "on"}:
        return [None]
    return [os.path.realpath(os.path.expanduser(name)) for name in given.split(os.pathsep) if name]


class Hook(NamedTuple):
    """A command that somebody wants to run when a model was promoted, and the file that says so."""

    command: str
    file: Path
    models: tuple[str, ...] = ()  # without any, of all
    to: tuple[str, ...] = ()  # stages; without any, to all

    def wants(self, model: str, stage: str) -> bool:
        """Whether it is to run for this model and stage."""
        return (not self.models or model in self.models) and (not self.to or stage in self.to)


def settings_files(start: Path | None = None) -> list[Path]:
    """The project's `runlog.toml`, the nearest up to the project's top, and the user's own. None that lies in a store counts:
    a store may come from anywhere, and settings hold commands."""
    here = _here(start)
    top = project_top(here)
    project: list[Path] = []
    for folder in (here, *here.parents):
        if os.path.exists(folder / FORMAT_FILE):
            project.clear()
        elif not project and os.path.isfile(folder / SETTINGS_FILE):
            project.append(folder / SETTINGS_FILE)
        if folder == top:
            break
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    user = Path(base, "runlog", SETTINGS_FILE)
    return [*project, *([user] if os.path.isfile(user) and user not in project else [])]


def promotion_hooks(start: Path | None = None) -> list[Hook]:
    """What `on_promote` below `[hooks]` says in the settings: a command, or several, or tables of `run`, `models`, `to`."""
    return [hook for file in settings_files(start) for hook in _hooks(file)]


def _hooks(file: Path) -> list[Hook]:
    import tomllib

    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"cannot read {str(file)!r}: {reason_of(error)}") from error
    except ValueError as error:
        raise BadInput(f"{str(file)!r} is not valid TOML: {str(error).lower()}") from error
    _must_know(file, "", settings, ("hooks",))
    hooks = settings.get("hooks", {})
    if isinstance(hooks, dict):
        _must_know(file, "hooks.", hooks, ("on_promote",))
    said = hooks.get("on_promote", []) if isinstance(hooks, dict) else None
    items = said if isinstance(said, list) else [said]
    return [_hook(file, item) for item in items]


def _must_know(file: Path, above: str, table: dict[str, Any], known: tuple[str, ...]) -> None:
    """Refuse a key that says nothing: who mistyped one would wait for a command that never runs."""
    import difflib

    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {above}{near[0]}?" if near else f"it may say {', '.join(above + each for each in known)}"
            raise BadInput(f"{str(file)!r} has an unknown key {above + key!r}", hint=hint)


def _hook(file: Path, item: Any) -> Hook:
    if isinstance(item, str):
        return Hook(item, file)
    if isinstance(item, dict):
        _must_know(file, "hooks.on_promote.", item, ("run", "models", "to"))
        if isinstance(item.get("run"), str):
            return Hook(item["run"], file, _words(file, item, "models"), _words(file, item, "to"))
    raise BadInput(f"{str(file)!r} says no command under hooks.on_promote", hint='write on_promote = ["./deploy.sh"]')


def _words(file: Path, item: dict[str, Any], key: str) -> tuple[str, ...]:
    value = item.get(key, [])
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise BadInput(f"{str(file)!r}: hooks.on_promote.{key} is neither a text nor a list of texts")
    return tuple(words)
