"""Values as libraries and programs have them, for logging to make sense of."""

from __future__ import annotations

import enum
from collections import namedtuple
from typing import Any


class Tensor:
    """Behaves like a torch tensor, as far as anybody outside torch can tell."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def item(self) -> Any:
        if isinstance(self.value, list):
            raise RuntimeError("a Tensor with 2 elements cannot be converted to Scalar")
        return self.value

    def tolist(self) -> Any:
        return self.value

    def __float__(self) -> float:
        return float(self.item())

    def __index__(self) -> int:
        if not isinstance(self.value, int):
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return self.value

    def __bool__(self) -> bool:
        return bool(self.item())

    def __eq__(self, other: object) -> Any:
        return Tensor(self.value == other)

    def __ne__(self, other: object) -> Any:
        return Tensor(self.value != other)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"tensor({self.value})"


class Broken:
    """Every question about it fails, each in its own way."""

    def __repr__(self) -> str:
        raise ZeroDivisionError("no repr")

    def __str__(self) -> str:
        raise ZeroDivisionError("no str")

    def __float__(self) -> float:
        raise KeyError("no float")

    def __index__(self) -> int:
        raise LookupError("no index")

    def tolist(self) -> Any:
        raise OSError("no list")


class Colour(enum.Enum):
    RED = "red"
    ODD = ("a", "tuple")
    NUMBER = 3


class Level(enum.IntEnum):
    HIGH = 7


class Word(str):
    """A text of a class of its own, as yaml and numpy give them."""

    __slots__ = ()


Point = namedtuple("Point", ["x", "y"])


class Thing:
    def __repr__(self) -> str:
        return "Thing(" + "x" * 2000 + ")"
