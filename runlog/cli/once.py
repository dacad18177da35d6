"""A command whose options are each said once, and not empty: by the first of two, or by one without a word, less was meant."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from runlog.errors import UsageError


class Once(TyperCommand):
    """Where runs are changed, an option that was given twice is a slip of the pen, and an empty one a variable that nobody
    set. Elsewhere the last one counts, and what is empty asks for nothing."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given, _, order = self.make_parser(ctx).parse_args(args=list(args))
        single = [param for param in order if not (param.multiple or getattr(param, "is_flag", False) or param.nargs < 0)]
        for param in single:
            if single.count(param) > 1:
                raise UsageError(f"{_name(param)} is given twice", hint=f"{ctx.command_path} --help")
        for param in order:
            value = given[str(param.name)]
            if param.param_type_name == "option" and "" in (value if param.multiple else [value]):
                raise UsageError(f"{_name(param)} is empty", hint="leave it out if that is meant")
        return super().parse_args(ctx, args)


def _name(option: Any) -> str:
    return str(max(option.opts, key=len))
