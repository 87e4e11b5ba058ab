"""Regular expressions that are compiled when they are first used: a check knows some two hundred, and needs few."""

from __future__ import annotations

import re
from typing import Any, cast, overload


class _Later:
    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        """A method of the pattern; from then on it stands here itself."""
        found: object = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, found)
        return found


@overload
def lazy(source: str, flags: int = 0) -> re.Pattern[str]: ...
@overload
def lazy(source: bytes, flags: int = 0) -> re.Pattern[bytes]: ...
def lazy(source: Any, flags: int = 0) -> Any:
    """What ``re.compile`` gives, compiled at its first use; a mistake in it shows there, too."""
    return cast(Any, _Later(source, flags))
