"""What Typer sees of a command that takes groups of options: all that is in them."""

from __future__ import annotations

import copy
import functools
import inspect
import sys
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

from runlog.cli.options import Without, group_of, names_in


def command_with_groups(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as Typer should see it: every group of options unfolded."""
    hints = _hints(function)
    groups: dict[str, Any] = {name: found for name, hint in hints.items() if names_in(found := _declared(hint))}
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
            given[name] = group_of(group, {option: given.pop(option) for option in names_in(group)})
        return function(**given)

    folded.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    folded.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    return folded


def _hints(declared: Any) -> dict[str, Any]:
    """How options are declared, of which the annotations are text until now."""
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
    defaults = group._field_defaults
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=hints[name])
        for name in names_in(group)
    ]
