"""Env files that hold no secret, going by the names and values in them."""

from __future__ import annotations

from flaskdoctor.project.env.envfile import Binding, EnvFile
from flaskdoctor.project.secrecy.secretnames import is_placeholder, is_secret_name, is_secret_setting


def only_flask(file: EnvFile) -> bool:
    """Whether a file holds nothing but settings of the ``flask`` command."""
    keys = [binding.name.reveal() for binding in file.bindings]
    return (
        bool(keys)
        and not file.doubt
        and all(key in ("FLASK_APP", "FLASK_ENV", "FLASK_DEBUG") or key.startswith("FLASK_RUN_") for key in keys)
    )


def holds_no_secret(file: EnvFile) -> bool:
    """Whether a file sets something, and by their names and values nothing of it is secret."""
    return only_flask(file) or (
        bool(file.keys)
        and not file.doubt
        and all(binding.named for binding in file.bindings)
        and not any(
            (is_secret_setting(name) or is_secret_name(name)) and _says_something(binding)
            for name, binding in file.keys.items()
        )
        and b"@" not in file.raw.reveal()
    )


def _says_something(binding: Binding) -> bool:
    return not binding.empty and binding.value is not None and not is_placeholder(binding.value.reveal())
