"""`runlog completion`."""

from __future__ import annotations

import typer

SETTINGS = {"epilog": 'Example: eval "$(runlog completion bash)"'}


def command(
    shell: str = typer.Argument(..., metavar="SHELL", help="bash, zsh or fish.", show_default=False),
) -> None:
    """Print a script for bash, zsh or fish that completes.

    What it knows: commands and options, runs, experiments, tags, params and metrics. To have it in every new shell, add a line to
    a file of yours:

    \b
      ~/.bashrc                          eval "$(runlog completion bash)"
      ~/.zshrc, after compinit           eval "$(runlog completion zsh)"
      ~/.config/fish/config.fish         runlog completion fish | source
    """
    from runlog.cli import writing
    from runlog.cli.shell_scripts import SCRIPTS
    from runlog.errors import UsageError

    if shell not in SCRIPTS:
        raise UsageError(f"{shell!r} is no shell that can be completed for", hint=f"runlog completion {next(iter(SCRIPTS))}")
    writing.write(SCRIPTS[shell])
