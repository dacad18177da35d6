"""The notebook a run begins in: which file it is, and what was run in it so far. A notebook on the disk tells neither the order
in which its cells were run nor what was deleted since."""

from __future__ import annotations

import os
import sys
from typing import Any

from runlog.capture.secrets import redacted


def _shell() -> Any:
    """IPython's shell, if this process is a notebook's or was started as one. Nobody else loads IPython for this."""
    ask = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return None if ask is None else ask()


def cells() -> str | None:
    """What was run so far, in that order, as a script of cells, without secrets; none outside of notebooks."""
    shell = _shell()
    if shell is None:
        return None
    run = [str(cell) for cell in shell.user_ns.get("In", ()) if str(cell).strip()]
    return redacted("\n\n".join(f"# %%\n{cell}" for cell in run) + "\n")[0] if run else None


def notebook_file(folder: str) -> str | None:
    """Where the notebook lies, seen from a folder, as VS Code or Jupyter tell it."""
    shell = _shell()
    if shell is None:
        return None
    told = shell.user_ns.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME", "")
    return os.path.relpath(told, folder) if str(told).endswith(".ipynb") else None
