"""What a .dockerignore leaves out, as Docker's own documentation and tests have it."""

from __future__ import annotations

import pytest

from flaskdoctor.project.vcs.dockerignore import DockerIgnore, patterns_of


def leaves_out(text: str, path: str) -> bool:
    return DockerIgnore(".dockerignore", tuple(patterns_of(text)), True).leaves_out(path)


@pytest.mark.parametrize(
    ("text", "path", "out"),
    [
        (".env", ".env", True),
        (".env", "api/.env", False),
        ("/.env", ".env", True),
        ("./.env", ".env", True),
        ("**/.env", ".env", True),
        ("**/.env", "a/b/.env", True),
        ("*.env", ".env", True),
        ("*.env", "api/.env", False),
        ("*/.env", "api/.env", True),
        ("*/.env", "a/b/.env", False),
        (".env*", ".env.local", True),
        ("**/.env*", "api/.env.local", True),
        ("api", "api/.env", True),
        ("api/", "api/deep/.env", True),
        ("api/**", "api/deep/.env", True),
        (".en?", ".env", True),
        (".e[mn]v", ".env", True),
        (".e[^m]v", ".env", True),
        ("\\.env", ".env", True),
        ("# .env", ".env", False),
        (".env # keys", ".env", False),
        ("*\n!.env", ".env", False),
        ("!.env\n*", ".env", True),
        ("**\n!shop\n", ".env", True),
        ("api\n!api/.env", "api/.env", False),
        ("../.env", ".env", False),
        ("[", "[", True),
        ("", ".env", False),
        ("\ufeff.env\r\n", ".env", True),
        ("venv", ".env", False),
        ("dotenv", ".env", False),
    ],
)
def test_a_path_is_left_out_as_docker_does(text: str, path: str, out: bool) -> None:
    assert leaves_out(text.encode("utf-8").decode("utf-8-sig"), path) is out
