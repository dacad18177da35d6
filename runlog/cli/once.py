"""A command whose options are each said once, for by the first of two it would have meant less."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from runlog.errors import UsageError


class Once(TyperCommand):
    """Where runs go into the trash, an option that was given twice is a slip of the pen; elsewhere the last one counts."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        single = [param for param in order if not (param.multiple or getattr(param, "is_flag", False) or param.nargs < 0)]
        for param in single:
            if single.count(param) > 1:
                raise UsageError(f"{max(param.opts, key=len)} is given twice", hint=f"{ctx.command_path} --help")
        return super().parse_args(ctx, args)
