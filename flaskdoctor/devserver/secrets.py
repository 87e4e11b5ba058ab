"""The secrets that a server is given: what it prints of them is hidden, whatever stands around it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from flaskdoctor.project.env.envfile import DOTS, read_env_files
from flaskdoctor.project.secrecy.secretnames import is_placeholder, is_secret_name, is_secret_setting
from flaskdoctor.project.secrecy.urllogin import logins

_SHORTEST = 6  # characters; a shorter value would also be part of words
_MOST = 1000
_NO_PASSWORDS = frozenset({"PWD", "OLDPWD"})  # the shell's folders


class Secrets:
    """The secret values in the env files of the project in ``root`` and in the ``environment`` of its server, by their
    names, and the passwords in URLs. They never leave this."""

    __slots__ = ("__pattern",)

    def __init__(self, root: str, environment: Mapping[str, str]) -> None:
        values = sorted(set(_values(root, environment)), key=lambda value: (-len(value), value))[:_MOST]
        self.__pattern = re.compile("|".join(map(re.escape, values))) if values else None

    def hidden(self, text: str) -> str:
        """The text without them."""
        return text if self.__pattern is None else self.__pattern.sub(DOTS, text)


def _values(root: str, environment: Mapping[str, str]) -> Iterator[str]:
    files = read_env_files(root)
    given = [
        (binding.name.reveal(), binding.value.reveal())
        for file in files.present
        for binding in file.bindings
        if binding.value is not None
    ]
    for name, value in (*given, *environment.items()):
        found = [login.password for login in logins(value)]
        if (is_secret_name(name) or is_secret_setting(name)) and name not in _NO_PASSWORDS and not _is_path(value):
            found += value.splitlines()
        for part in map(str.strip, found):
            if len(part) >= _SHORTEST and not is_placeholder(part):
                yield part


def _is_path(value: str) -> bool:
    """Whether it only says where the secret is: a key's file, the socket of ssh's agent."""
    try:
        return os.path.isabs(value) and os.path.exists(value)
    except ValueError:
        return False
