"""No secret of the project is in the log that the dashboard shows, however the app prints it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from flaskdoctor.devserver.process import Command, DevServer
from flaskdoctor.finding import Location
from tests.projects import write

CANARY = "Zq7canary9Xw"
TOKEN = "AKIA" + "QWERTYUIOPASDFGH"
ENV = f"""\
MAIL_PASSWORD={CANARY}mail
DATABASE_URL=postgresql://kiln:{CANARY}url@db.pottery.shop/kiln
PEM_KEY="-----BEGIN
{CANARY}first
{CANARY}second"
APP_TITLE=The whole shop
DB_PASS=dev
"""
PRINTS = f"""\
import os, sys
from urllib.parse import quote
print("started with", "{CANARY}mail", "and \\033[31m{CANARY}\\033[0mmail,", "{CANARY}url")
print("{CANARY}first\\n{CANARY}second")
print("in", os.getcwd())
print("environment", os.environ["SHOP_API_KEY"], "The whole shop dev")
print('127.0.0.1 - - [30/Nov/2026 12:00:01] "GET /sign/{CANARY}mail HTTP/1.1" 200 -')
print("Exception on /{CANARY}mail [GET]")
print("Traceback (most recent call last):")
print(f'  File "{{os.getcwd()}}/app.py", line 1, in <module>')
print("smtplib.SMTPAuthenticationError: {CANARY}mail was refused")
for size in (985, 990, 995, 1000, 8180, 8188, 8190):
    print("x" * size + " {TOKEN} {CANARY}mail")
sys.stdout.write("y" * 300_000 + "\\n * Running on http://127.0.0.1:5000\\n")
print("the end")
"""


@pytest.fixture
def server(tmp_path: Path) -> DevServer:
    write(tmp_path, {".env": ENV, ".env.local": f"OTHER_TOKEN={CANARY}local\n", "app.py": PRINTS})
    environment = {**os.environ, "SHOP_API_KEY": f"{CANARY}key", "PWD": str(tmp_path), "OLDPWD": "/not/here"}
    return DevServer(Command((sys.executable, "app.py"), "app", str(tmp_path), environment, "http://127.0.0.1:5000"))


def test_the_log_holds_no_secret_value_of_the_env_files_or_the_environment(server: DevServer) -> None:
    with server:
        until = time.monotonic() + 60
        while server.running and time.monotonic() < until:
            time.sleep(0.01)
    log = server.log
    lines = log.lines(500)
    assert lines[-1] == "the end"
    assert log.url == "http://127.0.0.1:5000", "a line that is too long hides nothing behind it"
    shown = "\n".join((*lines, *map(str, log.hits()), *map(str, log.failures())))
    assert "canary" not in shown
    assert TOKEN[:12] not in shown
    assert "SMTPAuthenticationError: •••• was refused" in shown
    assert log.failures()[0].location == Location("app.py", 1)
    assert f"in {server.command.folder}" in shown, "PWD is no password"
    assert "The whole shop dev" in shown, "what is no secret, or too short to be told from a word, stays"
    assert len(lines) < 25, "one line is one line, however long"
