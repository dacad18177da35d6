"""Answers that are not worth asking for again at once: a process that begins one run after the other looks around seldom."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable
from typing import Any

Answer = dict[str, Any]
# At most a twentieth of the time is spent on asking.
_WORTH = 20


class Young:
    """The last answers of this process, each of which counts for as long as asking anew would not be worth it."""

    def __init__(self) -> None:
        self._last: dict[Hashable, tuple[float, float, Answer]] = {}  # when it came, what it cost, and what it is

    def get(self, about: Hashable, ask: Callable[[], Answer], counts: Callable[[Answer], bool] = lambda answer: True) -> Answer:
        """What is known about something in this folder, or else asked for now. `counts`: whether what is known still holds."""
        key = (os.getpid(), os.getcwd(), about)
        begin = time.monotonic()
        at, cost, known = self._last.get(key, (0.0, -1.0, {}))
        if begin - at < _WORTH * cost and counts(known):
            return known
        answer = ask()
        end = time.monotonic()
        self._last[key] = end, end - begin, answer
        return answer

    def forget(self) -> None:
        self._last.clear()
