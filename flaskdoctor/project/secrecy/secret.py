"""Values that must not be shown: a wrapper that prints as dots wherever it lands."""

from __future__ import annotations

from typing import Generic, NoReturn, TypeVar

DOTS = "••••"

T = TypeVar("T", str, bytes)


class Secret(Generic[T]):
    """A value that prints as ``••••`` wherever it lands: in text, logs, tracebacks, rich output.

    It shows no length and no hash of the value, is equal to nothing but itself and refuses to be pickled. The
    value comes out by ``reveal()`` only.
    """

    __slots__ = ("__value",)

    def __init__(self, value: T) -> None:
        self.__value: T = value

    def reveal(self) -> T:
        """The value itself, for the code that writes it to where it belongs."""
        return self.__value

    def __repr__(self) -> str:
        return DOTS

    __str__ = __rich__ = __repr__

    def __format__(self, specification: str) -> str:
        return DOTS

    def __copy__(self) -> Secret[T]:
        return self

    def __deepcopy__(self, memo: object) -> Secret[T]:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled: only names and states leave the process")
