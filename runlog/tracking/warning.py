"""How a training job hears of trouble: a line on stderr, by way of Python's logging, so that it can be routed or silenced."""

from __future__ import annotations


def warn(message: str) -> None:
    """Tell the user, and never fail in doing so."""
    import logging

    logging.getLogger("runlog").warning("runlog: %s", message)
