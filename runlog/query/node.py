"""What the nodes of a filter's tree have in common."""

from __future__ import annotations

from typing import Any, ClassVar, Self, dataclass_transform

# Where something was written, which is no part of what it means.
_PLACE = "span"


@dataclass_transform(frozen_default=True)
class Node:
    """Values with names, equal to another of the same kind with the same values, wherever in a text the two were written.

    This is the little of `dataclasses` that a tree needs: that module and the classes it makes would take a third of the time in
    which a filter is read and answered.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.__match_args__ = tuple(cls.__annotations__)  # type: ignore[misc]

    def __init__(self, *values: Any, **named: Any) -> None:
        vars(self).update(zip(self.__match_args__, values, strict=False), **named)

    def but(self, **changed: Any) -> Self:
        """The same with some other values."""
        return type(self)(**vars(self) | changed)

    def _meaning(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__match_args__ if name != _PLACE}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Node) and self._meaning() == other._meaning()

    def __hash__(self) -> int:
        return hash((type(self), *self._meaning().values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._meaning().items())})"
