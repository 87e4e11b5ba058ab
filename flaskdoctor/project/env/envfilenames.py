"""Which files are templates of a .env, by their names."""

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
