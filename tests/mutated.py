"""Sources that were real, and have been damaged the way editors, merges and full disks damage them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

TOKEN = re.compile(r"\w+|[ \t]+|\r?\n|.", re.DOTALL)
MARKS = (
    "(",
    ")",
    "[",
    "]",
    ":",
    "'",
    '"',
    '"""',
    "#",
    "\\",
    "\t",
    "\n",
    "\r",
    "@",
    "lambda",
    "yield",
    "await",
    "*",
    "\0",
    "\x0c",
    "é",
    "\u2028",
)


def damaged(text: str, chance: random.Random) -> str:
    """``text`` after a few random deletions, doublings, swaps, strange insertions, or cut off somewhere."""
    tokens = TOKEN.findall(text)
    for _ in range(chance.randint(1, 4)):
        if len(tokens) < 4:
            break
        first, second = chance.randrange(len(tokens)), chance.randrange(len(tokens))
        start, length = first, chance.choice((1, 1, 1, 5, 40))
        kind = chance.randrange(7)
        if kind == 0:
            del tokens[start : start + length]
        elif kind == 1:
            tokens[start:start] = tokens[start : start + length]
        elif kind == 2:
            tokens[first], tokens[second] = tokens[second], tokens[first]
        elif kind == 3:
            tokens[second:second] = tokens[start : start + length]
        elif kind == 4:
            tokens.insert(first, chance.choice(MARKS))
        elif kind == 5:
            tokens[first] = tokens[second]
        elif chance.random() < 0.3:
            del tokens[first:]
    return "".join(tokens)


def damaged_bytes(data: bytes, chance: random.Random) -> bytes:
    """``data`` with some bytes changed, taken out, doubled, or cut off: what a file with no text in it can come to."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        if not changed:
            break
        place, length = chance.randrange(len(changed)), chance.choice((1, 1, 8, 300))
        kind = chance.randrange(5)
        if kind == 0:
            changed[place] = chance.randrange(256)
        elif kind == 1:
            del changed[place : place + length]
        elif kind == 2:
            changed[place:place] = changed[place : place + length]
        elif kind == 3:
            changed[place:place] = chance.randbytes(length)
        elif chance.random() < 0.3:
            del changed[place:]
    return bytes(changed)


def sources_below(folder: Path) -> Iterator[str]:
    """The text of every Python file below ``folder``, in a fixed order."""
    for path in sorted(folder.rglob("*.py")):
        yield path.read_text(encoding="utf-8", errors="replace")


# One of each file that is read beside Python: a good one, that each try damages.
OTHERS = {
    "app.py": "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
    "app.secret_key = os.environ['SECRET_KEY']\n",
    "pyproject.toml": '[project]\nname = "shop"\n'
    'dependencies = ["flask>=3.1", "python-dotenv; python_version > \'3\'"]\n\n'
    '[tool.poetry.dependencies]\npython = "^3.11"\nflask = {version = "^3.1", extras = ["async"]}\n\n'
    '[tool.flaskdoctor]\nignore = ["tip:1", "FD706"]\nexclude = ["old/"]\nfail-on = "error"\n'
    'url = "http://127.0.0.1:8000"\n\n[tool.flaskdoctor.per-file-ignores]\n"scripts/*" = ["FD703"]\n',
    "poetry.lock": '[[package]]\nname = "flask"\nversion = "3.1.0"\n\n'
    '[[package]]\nname = "gunicorn"\nversion = "23.0.0"\n',
    "uv.lock": 'version = 1\n\n[[package]]\nname = "flask"\nversion = "3.1.0"\nsource = { registry = "x" }\n',
    "Pipfile": '[packages]\nflask = "==3.1.0"\n"flask-login" = {version = "*"}\n',
    "Pipfile.lock": '{"default": {"flask": {"version": "==3.1.0", "hashes": ["sha256:00"]}}, "develop": {}}\n',
    "requirements.txt": "-r more.txt\nflask[async]==3.1.0 ; python_version >= '3.8'  # web\n"
    "gunicorn \\\n  >=20\n-e .\n",
    "more.txt": "Flask-Login~=0.6\ngit+https://example.org/x.git#egg=x\n",
    "setup.cfg": "[options]\ninstall_requires =\n    flask>=2\n    celery\n",
    "setup.py": "from setuptools import setup\n\nsetup(name='shop', install_requires=['flask>=2'])\n",
    ".env": 'SECRET_KEY=\'a b\'\nexport URL="http://${HOST}/\\n"\nHOST=localhost # here\nEMPTY=\nBARE\nTWO="x\ny"\n',
    ".flaskenv": "FLASK_APP=app\nFLASK_RUN_PORT=5001\n",
    ".env.example": "SECRET_KEY=\nURL=http://localhost\n# MAIL=\n",
    ".env.production": "SECRET_KEY=zzz\n",
    ".gitignore": "*.pyc\n!keep.pyc\n/build/\n**/x/*.log\n[ab]*.tmp\n\\#odd\n.env\n",
    ".gitattributes": "*.py text eol=lf\n.env export-ignore\n",
    ".dockerignore": "**/.env\n!x\n.git\n",
    "Dockerfile": 'FROM python:3.12 AS base\nARG X=1\nENV FLASK_DEBUG=1 A="b c"\nCOPY --from=base . .\n'
    'RUN pip install -r requirements.txt && \\\n  echo x\nCMD ["gunicorn", "-b", "0.0.0.0:8000", "app:app"]\n',
    "compose.yaml": "services:\n  web:\n    build: .\n    ports: ['5000:5000', {target: 80, published: 8080}]\n"
    "    env_file: [.env]\n    environment: &e\n      FLASK_DEBUG: '1'\n  db:\n    image: x\n    environment: *e\n",
    "Procfile": "web: gunicorn app:app --workers 4 -k gevent\nworker: celery -A app.celery worker\n",
    "gunicorn.conf.py": "bind = '0.0.0.0:' + '8000'\nworker_class = 'eventlet'\n",
    "nginx.conf": "server { listen 443 ssl; location / { proxy_pass http://app; proxy_set_header Host $host; } }\n",
    "templates/index.html": "{% extends 'base.html' %}{% block x %}<form method=post>{{ form.csrf_token }}</form>"
    "<a href=\"{{ url_for('index', _external=True) }}\">{{ name|safe }}</a>{% endblock %}{# note #}\n",
    ".github/workflows/ci.yml": "on: push\njobs:\n  test:\n    env: {SECRET_KEY: x}\n    steps: [{run: flask run}]\n",
    "Makefile": "run:\n\tflask run -p 5002 --debug\n",
    "shop.service": "[Service]\nEnvironmentFile=/srv/shop/.env\nExecStart=/srv/venv/bin/flask run\n",
}
