"""A small project with every kind of finding, and what its report is in each format.

``python -m tests.reports.sample`` writes ``golden/`` anew: look at the difference before committing it.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from flaskdoctor.analysis import crash_finding
from flaskdoctor.finding import Finding
from flaskdoctor.fixes.separate import separate_fixes
from flaskdoctor.probing import probe
from flaskdoctor.reports import FORMATS, Context, Part, render
from flaskdoctor.rules.rule import Served
from flaskdoctor.rules.served import page, site
from flaskdoctor.scan import Options, scan
from tests.projects import build, run_git
from tests.rules.served import serve

GOLDEN = Path(__file__).with_name("golden")
SECRET = "Zq7canary9Xw-in-the-code"
ENV_SECRET = "Zq7canary9Xw-in-the-env-file"

APP = f"""\
from flask import Flask, jsonify

app = Flask(__name__)
app.config["SECRET_KEY"] = "{SECRET}"


@app.route("/")
def index():
    return jsonify({{"ok": True}})


@app.route("/größe")
def size():
    größe = "𝔘"; return jsonify(größe=größe)
"""
FILES = {
    "app.py": APP,
    ".env": f"SECRET_KEY={ENV_SECRET}\n",
    ".env-template": "SECRET_KEY=\nMAIL_HOST=\n",
    ".gitignore": "__pycache__/\n",
    "node_modules/x.py": "",
}
# Few rules, so that a new one changes nothing here: one of each severity, fix and kind of place.
SELECT = ("FD002", "FD004", "FD101", "FD301", "FD313", "FD330", "FD812", "FD813", "FD817")
SERVED: Served = site(("Server", "Werkzeug/3.1.3 Python/3.12"), others={"/gr%C3%B6%C3%9Fe": page()})


def sample(folder: Path) -> Path:
    """The project: in a repository, below its top, with a file that cannot be read."""
    root = build(folder / "repository" / "shop", FILES, "3.1.0")
    (root / "latin.py").write_bytes("import flask\n\nNAME = 'Zoë'\n".encode("latin-1"))
    run_git(root.parent, "init", "-q", "-b", "main")
    return root


def part_of(root: Path, *, fixes: bool = False) -> Part:
    """What a scan and a look at a real server give. The port and the time, which differ each time, are made one."""
    options = Options(SELECT, cache=False)
    seen = scan(str(root), options)
    with serve(SERVED) as port:
        probed = probe(seen, f"http://127.0.0.1:{port}", "", options)

    def steady(finding: Finding) -> Finding:
        return finding._replace(url=finding.url.replace(f":{port}", ":5000"))

    target = probed.seen.target._replace(port=5000)
    probed = probed._replace(seen=probed.seen._replace(target=target, latency=0.0123))
    assert not probed.failure
    crashed = crash_finding("FD327", "", ZeroDivisionError())  # about the project as a whole
    findings = (crashed, *seen.report.findings, *map(steady, probed.findings))
    edits = separate_fixes(str(root), findings, use_cache=False)[0] if fixes else {}
    return Part(seen.report._replace(findings=findings, python="3.12", seconds=0.123), probed=probed, edits=edits)


def shown(name: str, part: Part) -> str:
    """The report as its golden file has it."""
    text = render(name, [part], Context(status=1))
    return _without_pages(text) if name == "sarif" else text


def _without_pages(text: str) -> str:
    """SARIF without what changes when somebody mends a rule's page, and without the version."""
    document: dict[str, Any] = json.loads(text)
    driver = document["runs"][0]["tool"]["driver"]
    for rule in driver["rules"]:
        rule["help"] = rule["shortDescription"] = rule["fullDescription"] = {"text": ".."}
    text = json.dumps(document, indent=2) + "\n"
    return re.sub(r'("(?:semanticV|v)ersion": )"\d+\.\d+\.\d+[^"]*"(?=,\n {10})', r'\1".."', text)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        found = part_of(sample(Path(scratch)), fixes=True)
        for each in FORMATS:
            (GOLDEN / f"report.{each}").write_text(shown(each, found), "utf-8", newline="\n")
