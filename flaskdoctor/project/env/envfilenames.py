"""Which files are env files, and which templates of them, by their names."""

from __future__ import annotations

from flaskdoctor.patterns import lazy

# Tried in this order: the first that exists is the template. ``.env-template`` is the one that is created.
TEMPLATE_NAMES = (
    ".env-template", ".env.example", ".env.sample", ".env.template", ".env.dist", ".env-example", ".env.tmpl",
    ".env.defaults", ".env_example", "env-template", "env.example", "env.sample", "env.template", "env.dist",
    "env-example", "env.tmpl", "env.defaults", "env_example", "example.env", "sample.env",
)  # fmt: skip
NEW_TEMPLATE = TEMPLATE_NAMES[0]
_TEMPLATE_WORDS = frozenset((
    "example", "examples", "sample", "template", "tmpl", "tpl", "dist", "default", "defaults", "model",
))  # fmt: skip
_ENV_WORDS = frozenset(("env", "envrc", "flaskenv", "dotenv"))
_OTHER_KINDS = frozenset((
    "py", "md", "rst", "txt", "sh", "yml", "yaml", "json", "toml", "ini", "cfg", "html",
    "js", "ts", "j2", "jinja", "bak", "orig", "ps1",
))  # fmt: skip
_WORDS = lazy(r"[^._-]+")


def is_template_name(name: str) -> bool:
    """Whether a file name is that of a template: the accepted ones and their relatives
    (.env.local.example)."""
    lower = name.lower()
    if lower in TEMPLATE_NAMES:
        return True
    words = _WORDS.findall(lower)
    return bool(
        words
        and words[-1] not in _OTHER_KINDS
        and not _ENV_WORDS.isdisjoint(words)
        and not _TEMPLATE_WORDS.isdisjoint(words)
    )


_NO_ENV_FILE = frozenset((
    "vault", "enc", "encrypted", "gpg", "age", "asc", "sops", "erb", "pub", "schema", "lock", "old", "save", "swp",
    "copy", "backup", "disabled",
))  # fmt: skip


def is_env_name(name: str) -> bool:
    """Whether a file name is that of an env file with values: ``.env``, ``.flaskenv``, ``.env.local``, ``web.env``;
    no template, no encrypted one, no copy that is kept (``.env.bak``)."""
    lower = name.lower()
    if lower in (".env", ".flaskenv"):
        return True
    if not (lower.startswith(".env.") or lower.endswith(".env")) or is_template_name(lower):
        return False
    last = _WORDS.findall(lower)[-1]
    return not last.endswith("~") and last not in _NO_ENV_FILE and last not in _OTHER_KINDS
