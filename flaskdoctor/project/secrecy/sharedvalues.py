"""Whether a value in a file that everybody gets (a template, .flaskenv, a compose file) is a secret."""

from __future__ import annotations

import re

from flaskdoctor.finding import Severity
from flaskdoctor.patterns import lazy
from flaskdoctor.project.secrecy.secretnames import (
    PRIVATE_KEY,
    PROVIDER_TOKENS,
    is_filler,
    is_password_hash,
    is_placeholder,
    is_secret_setting,
    is_templated,
    word_set,
    words,
)
from flaskdoctor.project.secrecy.urllogin import logins

# What bundlers put into the pages: everybody may read it.
PUBLIC = (
    "VITE_", "REACT_APP_", "NEXT_PUBLIC_", "NUXT_PUBLIC_", "VUE_APP_", "EXPO_PUBLIC_", "GATSBY_", "PUBLIC_",
)  # fmt: skip
_MADE_UP = word_set("fake dummy mock test testing example sample demo")
_PROSE = word_set("the your it this that from see get of is are for with and to any")
_KEY_BODY = lazy(r"-----\s+(?:[\w-]+: .*\s+)*[A-Za-z0-9+/=]{12}")
_SEQUENCE = lazy(r"(\w)\1{3}|0?12345|abcdef|fedcba|98765", re.IGNORECASE)
_MAIL_PASSWORD = lazy(r"[a-z]{4}( ?)(?:[a-z]{4}\1){2}[a-z]{4}")  # what Google calls an app password
_LEET = str.maketrans("013457@$!", "oieastasi")


def how_secret(key: str, value: str) -> Severity | None:
    """How surely a value is a secret; None for what only shows the form."""
    if PRIVATE_KEY.search(value):
        return Severity.ERROR if _KEY_BODY.search(value.replace("\\n", "\n")) else None
    if not value or "$" in value[:1] or is_placeholder(value) or is_templated(value) or _SEQUENCE.search(value):
        return None
    if key.startswith(PUBLIC) or not _MADE_UP.isdisjoint(words(key)):
        return None
    if PROVIDER_TOKENS.search(value):
        return Severity.ERROR
    if "://" in value:
        found = [login for login in logins(value) if not login.placeholder]
        return Severity.ERROR if any(login.reach in ("anywhere", "inside") for login in found) else None
    if not is_secret_setting(key) or is_password_hash(value) or len(value) < 6:
        return None
    if _MAIL_PASSWORD.fullmatch(value) and not all(is_filler(part) for part in value.split()):
        return Severity.ERROR if " " in value or len(value) == 16 else None
    if value.startswith(("/", "./", "~")) or is_filler(value, key) or is_filler(value.translate(_LEET), key):
        return None
    if re.fullmatch(r"[A-Z][A-Z_]*", value) or (" " in value and not _PROSE.isdisjoint(value.lower().split())):
        return None
    if re.search(r"\d", value):
        made = len(value) >= 16 and re.search(r"[A-Za-z]", value)
        return Severity.ERROR if made else Severity.WARNING
    mixed = re.fullmatch(r"\w{20,}", value) and not value.islower() and not value.isupper()
    return Severity.WARNING if mixed and not re.search(r"[a-z]{6}", value) else None
