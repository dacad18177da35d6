"""How a worker talks to the measuring process: one JSON object a line, each question answered by one.

A worker stays alive between rounds, so that rounds of several trackers can alternate without start-up in the figures.
Standard library only, Python 3.11: the peers' interpreters import this too.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

Answer = dict[str, Any]
Handler = Callable[[Answer], Answer]


def serve(handle: Handler) -> None:
    """Answer questions until the input ends. What a library prints goes to standard error and breaks no answer."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(handle(json.loads(line))), file=answers, flush=True)
