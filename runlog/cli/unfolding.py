"""What Typer sees of a command that takes groups of options: all that is in them."""

from __future__ import annotations

import copy
import functools
import inspect
import sys
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

from runlog.cli.options import InOneLine, Lacking, Without, group_of, names_in


def command_with_groups(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as Typer should see it: every group of options unfolded."""
    hints = _hints(function)
    groups: dict[str, Any] = {name: found for name, hint in hints.items() if names_in(found := _declared(hint))}
    if not groups:
        return function
    shown: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name in groups:
            shown += _unfolded(groups[name], hints[name])
        else:
            shown.append(parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(function)
    def folded(**given: Any) -> Any:
        for name, group in groups.items():
            given[name] = group_of(group, {option: given.pop(option) for option in names_in(group) if option in given})
        return function(**given)

    folded.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    folded.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    folded.__doc__ = "\n\n".join(
        [inspect.getdoc(function) or "", *(_in_one_line(groups[name], hints[name]) for name in groups)]
    ).strip()
    return folded


def _hints(declared: Any) -> dict[str, Any]:
    """How options are declared, of which the annotations are text until now."""
    return get_type_hints(declared, {**vars(sys.modules[declared.__module__]), "typer": typer}, include_extras=True)


def _declared(hint: Any) -> Any:
    return getattr(hint, "__origin__", hint)


def _names(hint: Any, kind: type[Without | Lacking]) -> frozenset[str]:
    """The options that a command says something of."""
    return frozenset(name for said in getattr(hint, "__metadata__", ()) if isinstance(said, kind) for name in said.names)


def _line(hint: Any) -> str:
    """How the help speaks of a whole group; the empty text where it explains each option."""
    return next((said.about for said in getattr(hint, "__metadata__", ()) if isinstance(said, InOneLine)), "")


def _in_one_line(group: Any, hint: Any) -> str:
    options, lacking = _hints(group), _names(hint, Lacking)
    known = [_called(options[name]) for name in names_in(group) if name not in lacking]
    return _line(hint).format(options=", ".join(known))


def _called(hint: Any) -> str:
    """An option by its shortest name, with what stands for its value. Typer keeps the first name as if it were a default."""
    [option] = hint.__metadata__
    names = [name for name in (option.default, *option.param_decls) if isinstance(name, str)]
    return f"{min(names, key=len)} {option.metavar or ''}".strip()


def _unhelped(hint: Any, panel: str) -> Any:
    """An option that the help does not explain."""
    [option] = hint.__metadata__
    hidden = copy.copy(option)
    hidden.hidden, hidden.rich_help_panel = True, panel or None
    return Annotated[hint.__origin__, hidden]


def _unfolded(group: Any, said: Any) -> list[inspect.Parameter]:
    hints, lacking, in_one_line = _hints(group), _names(said, Lacking), _line(said)
    hidden = names_in(group) if in_one_line else _names(said, Without)
    hints |= {name: _unhelped(hints[name], in_one_line) for name in hidden}
    defaults = group._field_defaults
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=hints[name])
        for name in names_in(group)
        if name not in lacking
    ]
