"""Groups of options that several commands share, declared once. A command takes a group as one parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

from runlog.errors import UsageError

if TYPE_CHECKING:
    import typer

G = TypeVar("G")
# Nobody changes what a group holds, so all that hold nothing can share it.
NONE: list[str] = []
# Where several texts may be given, an empty one asks for nothing.
_TEXTS = ("where", "experiment", "status")


class Filters(NamedTuple):
    """Which runs a command is about, wherever runs are listed."""

    tag: Annotated[list[str], typer.Option("--tag", "-t", metavar="K[=V]", help="Only runs with this tag; repeat for more.")] = (
        NONE
    )
    where: Annotated[
        list[str], typer.Option("--where", "-w", metavar="EXPR", help="Only runs that fit, as in 'rmse < 6.5'; repeat for more.")
    ] = NONE
    experiment: Annotated[
        list[str], typer.Option("--experiment", "-e", metavar="NAME", help="Only runs of this experiment; repeat for others too.")
    ] = NONE
    status: Annotated[
        list[str],
        typer.Option("--status", metavar="STATE", help="Only runs in this state, as running or lost; repeat for more."),
    ] = NONE
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

    @property
    def choose(self) -> bool:
        """Whether they may leave out a run. An order does not."""
        return self._replace(sort="") != Filters()


class Columns(NamedTuple):
    """What is shown of the runs that are listed."""

    cols: Annotated[
        list[str], typer.Option("--cols", metavar="FIELDS", help="Show these columns alone, as name,rmse,'min(loss)'.")
    ] = NONE
    format: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="TEMPLATE", help="Print a line a run, as '{id} {rmse:.3f} {params.alpha}'.", show_default=False
        ),
    ] = None


class Doing(NamedTuple):
    """How a command does something to several runs."""

    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be done, and do nothing.")] = False
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before it is done to runs that were not named.")] = False
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print ids only.")] = False


class Output(NamedTuple):
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


class Lacking:
    """Of a group, the options that a command does not take at all."""

    def __init__(self, *names: str) -> None:
        self.names = names


class InOneLine:
    """A group whose options a command takes, and its help names in one line instead of explaining each."""

    def __init__(self, about: str) -> None:
        self.about = about


_AMONG = "The filters of `runlog ls` say among which runs RUN is looked for: {options}."
AMONG_MANY = "The filters of `runlog ls` say among which runs RUN is looked for; without RUN all that fit are meant: {options}."
# Where a command is about one run, and where it is about several.
Among = Annotated[Filters, Lacking("sort", "limit", "removed"), InOneLine(_AMONG)]
AmongMany = Annotated[Filters, Lacking("removed"), InOneLine(AMONG_MANY)]


def group_of(group: Callable[..., G], given: Mapping[str, Any]) -> G:
    """A group of options out of all that were given; those that are left out are as declared."""
    known = {name: given[name] for name in names_in(group) if name in given}
    return group(**known | {name: [text for text in known[name] if text] for name in _TEXTS if name in known})


def names_in(group: Any) -> tuple[str, ...]:
    """The options of a group; nothing where it is none."""
    return getattr(group, "_fields", ())
