"""Running the app of a small project, for what a client sees of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# Every rule that takes no arguments (or one called ``name``), with every method, and one that nothing matches.
_ASK = """\
import runpy, sys
from flask import Flask

space = runpy.run_path("app.py")
app = space.get("app") or ("create_app" in space and space["create_app"]()) or Flask("app")
if "bp" in space and "app" not in space:
    app.register_blueprint(space["bp"])
app.config["PROPAGATE_EXCEPTIONS"] = False
client = app.test_client()
for rule in sorted(app.url_map.iter_rules(), key=str):
    if rule.endpoint == "static":
        continue
    for method in sorted(rule.methods):
        for body in ({}, {"name": "a"}, {"name": "a", "id": 1}):
            answer = client.open(str(rule).replace("<name>", "ada"), method=method, json=body)
            headers = sorted(item for item in answer.headers if item[0] != "Date")
            print(method, rule, answer.status, headers, answer.data)
answer = client.get("/no/such/page")
print(answer.status, sorted(answer.headers), answer.data)
"""


def answers(folder: Path) -> str:
    """What ``app.py`` answers to every request that it knows, one line each."""
    return python(folder, _ASK)


def import_error(folder: Path, module: str) -> str:
    """The last line of what importing a module prints when it fails; empty where it works."""
    done = subprocess.run([sys.executable, "-c", f"import {module}"], cwd=folder, capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else ""


def python(folder: Path, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": "0"},  # the order of methods in the Allow header
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
