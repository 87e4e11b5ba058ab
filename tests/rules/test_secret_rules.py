"""FD301 and FD302: how bad a secret in the code is, depends on where it stands; its value is never told."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.finding import Finding, Severity
from flaskdoctor.scan import Options, scan
from tests.projects import build

IMPORTS = "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"


def found(folder: Path, files: str | dict[str, str], code: str) -> list[Finding]:
    build(folder, files, "3.1.0")
    return list(scan(str(folder), Options(select=(code,), cache=False)).report.findings)


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        (IMPORTS + 'app.secret_key = "kiln"\n', Severity.ERROR),
        (IMPORTS + 'app.secret_key = "dev"\n', Severity.ERROR),
        (IMPORTS + 'app.secret_key = "kiln"\napp.config.from_pyfile("local.cfg")\n', Severity.WARNING),
        (IMPORTS + 'if app.debug:\n    app.secret_key = "kiln"\n', Severity.INFO),
        ('class DevelopmentConfig:\n    SECRET_KEY = "kiln"\n', Severity.INFO),
        ({"examples/shop.py": IMPORTS + 'app.secret_key = "kiln"\n'}, Severity.INFO),
        ({"shop/constants.py": 'SECRET_KEY = "kiln"\n', "shop/__init__.py": IMPORTS}, Severity.INFO),
        (IMPORTS + 'app.config["MAIL_PASSWORD"] = "<your password>"\n', Severity.INFO),
        (IMPORTS + 'app.config["MAIL_PASSWORD"] = "password"\n', Severity.INFO),
    ],
)
def test_a_hardcoded_secret_is_as_bad_as_its_place(
    tmp_path: Path, files: str | dict[str, str], severity: Severity
) -> None:
    assert [finding.severity for finding in found(tmp_path, files, "FD301")] == [severity]


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        ('app.secret_key = os.environ.get("KEY", "kiln")\n', Severity.ERROR),
        ('app.config["MAIL_PASSWORD"] = os.environ.get("MAIL_PASSWORD", "kiln")\n', Severity.WARNING),
        ('app.config["MAIL_PASSWORD"] = os.environ.get("MAIL_PASSWORD", "changeme")\n', Severity.INFO),
        ('if app.debug:\n    app.secret_key = os.environ.get("KEY", "kiln")\n', Severity.INFO),
        (
            'app.secret_key = os.environ.get("SECRET_KEY", "kiln")\n\n\ndef validate():\n'
            '    if app.config["SECRET_KEY"] == "kiln":\n        raise RuntimeError("no key")\n',
            Severity.WARNING,
        ),
    ],
)
def test_a_fallback_is_as_bad_as_what_it_stands_in_for(tmp_path: Path, source: str, severity: Severity) -> None:
    assert [finding.severity for finding in found(tmp_path, IMPORTS + source, "FD302")] == [severity]


@pytest.mark.parametrize(
    "comment", ["# noqa: S105", "# nosec", "# pragma: allowlist secret", "# flaskdoctor: ignore[FD301]"]
)
def test_other_tools_comments_vouch_for_a_literal(tmp_path: Path, comment: str) -> None:
    assert found(tmp_path, IMPORTS + f'app.secret_key = "kiln"  {comment}\n', "FD301") == []


def test_no_finding_holds_the_value(tmp_path: Path) -> None:
    source = (
        IMPORTS + 'app.secret_key = "kiln4711"\napp.config["JWT_SECRET_KEY"] = os.getenv("KILN", "kiln4711")\n'
        'app.config.update({"MAIL_PASSWORD": b"kiln4711"})\nos.environ.setdefault("API_TOKEN", "kiln4711")\n'
    )
    build(tmp_path, source, "3.1.0")
    report = scan(str(tmp_path), Options(cache=False)).report
    assert {"FD301", "FD302"} <= {finding.code for finding in report.findings}
    assert "kiln4711" not in repr(report)
