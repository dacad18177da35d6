"""Data to fit, a project to do it in, and libraries that are given back after each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import runlog
from runlog.integrations import trouble
from tests.tracking.conftest import project

__all__ = ["project"]


class Data(NamedTuple):
    """Rows with three columns, a number for each, and a class for each."""

    rows: Any
    numbers: Any
    classes: Any


@pytest.fixture(scope="session")
def data() -> Data:
    drawn = np.random.default_rng(5)
    rows = pd.DataFrame(drawn.normal(size=(120, 3)), columns=["a", "b", "c"])
    numbers = rows.a * 2 - rows.b + drawn.normal(size=120) / 10
    return Data(rows, numbers, (numbers > 0).astype(int))


@pytest.fixture(autouse=True)
def libraries_given_back(project: object) -> Iterator[None]:
    trouble.forget()
    yield
    runlog.autolog(False)
