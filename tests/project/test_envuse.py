"""Which names the app has to be given, and which others set."""

from __future__ import annotations

import pytest

from flaskdoctor.finding import Location
from flaskdoctor.project.code.facts import ModuleFacts
from flaskdoctor.project.env.envnames import EnvRead
from flaskdoctor.project.env.envuse import PLATFORM, counts, key_uses, platform


def module(path: str, *reads: tuple[str, str, int], role: str = "app") -> ModuleFacts:
    name = path.removesuffix(".py").replace("/", ".")
    return ModuleFacts(
        path, name, role, {}, frozenset(), env_reads=tuple(EnvRead(n, k, line, 1) for n, k, line in reads)
    )


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "CI", "PORT", "XDG_CONFIG_HOME", "FLASK_RUN_PORT", "DYNO", "https_proxy"]
)
def test_platform_names_have_a_reason(name: str) -> None:
    assert platform(name) in PLATFORM


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "GITHUB_CLIENT_SECRET", "FLASK_CONFIG", "AWS_SECRET_ACCESS_KEY", "path", "HOMEPAGE"]
)
def test_the_project_s_own_names_have_none(name: str) -> None:
    assert platform(name) == ""


def test_the_strongest_kind_wins_and_its_places_come_first() -> None:
    uses = key_uses(
        [
            module("a.py", ("K", "optional", 3), ("S", "soft", 4)),
            module("b.py", ("K", "required", 9), ("P_", "prefix", 1)),
        ]
    )
    assert set(uses) == {"K", "S"}
    assert uses["K"].kind == "required"
    assert uses["K"].places == (Location("b.py", 9, 1), Location("a.py", 3, 1))


@pytest.mark.parametrize(
    ("reads", "kind"),
    [
        ((("K", "soft", 4), ("K", "required", 5)), "soft"),  # if os.environ.get("K"): os.environ["K"]
        ((("K", "soft", 4), ("K", "required", 9)), "required"),
        ((("K", "optional", 1), ("K", "required", 9)), "optional"),  # setdefault
        ((("K", "required", 1), ("K", "optional", 9)), "required"),
    ],
)
def test_guarded_reads_do_not_require(reads: tuple[tuple[str, str, int], ...], kind: str) -> None:
    assert key_uses([module("a.py", *reads)])["K"].kind == kind


@pytest.mark.parametrize(
    ("path", "role", "expected"),
    [
        ("shop/config.py", "app", True),
        ("migrations/env.py", "migration", True),
        ("manage.py", "script", True),
        ("setup.py", "script", False),
        ("scripts/deploy.py", "script", False),
        ("tests/conftest.py", "test", False),
        ("examples/app.py", "example", False),
        ("src/flask/cli.py", "app", False),
    ],
)
def test_whose_reads_count(path: str, role: str, expected: bool) -> None:
    assert counts(module(path, role=role)) is expected
