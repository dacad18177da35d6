"""Groups of options that several commands share, declared once.

A command takes a group as one parameter; `command_with_groups` shows Typer the options inside it.
"""

from __future__ import annotations

import copy
import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

from runlog.errors import UsageError

if TYPE_CHECKING:
    import typer

G = TypeVar("G")


@dataclass(frozen=True)
class Filters:
    """Which runs a command is about, wherever runs are listed."""

    tag: Annotated[list[str], typer.Option("--tag", "-t", metavar="K[=V]", help="Only runs with this tag; repeat for more.")] = (
        field(default_factory=list)
    )
    where: Annotated[
        list[str], typer.Option("--where", "-w", metavar="EXPR", help="Only runs that fit, as in 'rmse < 6.5'; repeat for more.")
    ] = field(default_factory=list)
    experiment: Annotated[
        list[str], typer.Option("--experiment", "-e", metavar="NAME", help="Only runs of this experiment; repeat for others too.")
    ] = field(default_factory=list)
    status: Annotated[
        list[str],
        typer.Option("--status", metavar="STATE", help="Only runs in this state, as running or lost; repeat for more."),
    ] = field(default_factory=list)
    since: Annotated[str, typer.Option("--since", metavar="WHEN", help="Only runs that began since, as 2d or 2026-11-20.")] = ""
    commit: Annotated[
        str, typer.Option("--commit", metavar="COMMIT", help="Only runs at a commit, or of a range as main..HEAD.")
    ] = ""
    branch: Annotated[str, typer.Option("--branch", metavar="NAME", help="Only runs on this branch.")] = ""
    touching: Annotated[
        str, typer.Option("--touching", metavar="PATH", help="Only runs whose commit, or uncommitted changes, changed it.")
    ] = ""
    dirty: Annotated[bool, typer.Option("--dirty", help="Only runs with uncommitted changes.")] = False
    same_code_as: Annotated[str, typer.Option("--same-code-as", metavar="RUN", help="Only runs of the same code.")] = ""
    sort: Annotated[str, typer.Option("--sort", metavar="FIELD", help="Order by a field; -FIELD for the greatest first.")] = ""
    limit: Annotated[
        int | None, typer.Option("-n", "--limit", metavar="N", min=0, help="At most so many.", show_default=False)
    ] = None
    removed: Annotated[bool, typer.Option("--removed", help="The runs in the trash instead.")] = False

    def __post_init__(self) -> None:
        for texts in (self.where, self.experiment, self.status):
            texts[:] = filter(None, texts)  # what is empty asks for nothing

    @property
    def choose(self) -> bool:
        """Whether they may leave out a run. An order does not."""
        return replace(self, sort="") != Filters()


@dataclass(frozen=True)
class Output:
    """How a command writes its answer."""

    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print JSON, one object a line.")] = False
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False
    md: Annotated[bool, typer.Option("--md", help="Print a Markdown table.")] = False
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print the first column only: ids, or names.")] = False


def at_most_one(*, hint: str = "choose one form", **options: object) -> str:
    """The one of some options that was given, or the empty text. Two exclude each other."""
    given = [name for name, value in options.items() if value]
    if len(given) > 1:
        raise UsageError(f"--{given[0]} and --{given[1]} exclude each other", hint=hint)
    return given[0] if given else ""


class Without:
    """Of a group, an option that a command takes only to say that it means nothing: `Annotated[Filters, Without("sort")]`."""

    def __init__(self, *names: str) -> None:
        self.names = names


def command_with_groups(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as Typer should see it: every group of options unfolded."""
    hints = _hints(function)
    groups: dict[str, Any] = {name: found for name, hint in hints.items() if is_dataclass(found := _declared(hint))}
    if not groups:
        return function
    shown: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name in groups:
            shown += _unfolded(groups[name], _hidden(hints[name]))
        else:
            shown.append(parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(function)
    def folded(**given: Any) -> Any:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        return function(**given)

    folded.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    folded.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    return folded


def group_of(group: type[G], given: Mapping[str, Any]) -> G:
    """A group of options out of all that were given; those that are left out are as declared."""
    known = {field.name: field for field in fields(group)}  # type: ignore[arg-type]
    left_out: dict[str, Any] = {name: [] for name, field in known.items() if field.default is MISSING}
    return group(**left_out | {name: value for name, value in given.items() if name in known})


def _hints(declared: Any) -> dict[str, Any]:
    """How options are declared. Only now Typer is needed, which those who read a plain command line do without."""
    import typer

    return get_type_hints(declared, {**vars(sys.modules[declared.__module__]), "typer": typer}, include_extras=True)


def _declared(hint: Any) -> Any:
    return getattr(hint, "__origin__", hint)


def _hidden(hint: Any) -> frozenset[str]:
    return frozenset(name for said in getattr(hint, "__metadata__", ()) if isinstance(said, Without) for name in said.names)


def _unhelped(hint: Any) -> Any:
    """An option that no help mentions."""
    [option] = hint.__metadata__
    hidden = copy.copy(option)
    hidden.hidden = True
    return Annotated[hint.__origin__, hidden]


def _unfolded(group: Any, hidden: frozenset[str]) -> list[inspect.Parameter]:
    hints = _hints(group)
    hints |= {name: _unhelped(hints[name]) for name in hidden}
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=[] if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(group)
    ]
