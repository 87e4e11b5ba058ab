"""FD404: the app writes to /tmp by name."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.platformguards import guarded
from flaskdoctor.project.code.purpose import purpose_of
from flaskdoctor.project.requestflow.temporary import temporary_paths
from flaskdoctor.project.secrecy.secretnames import word_set, words
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.versions.platforms import made_for_posix
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule

# Settings of what the app itself writes; another one may be for a build machine or a container that it starts.
_OWN = word_set(
    "upload uploads uploaded file files image images media document documents attachment attachments session sessions "
    "cache log logs logfile logging sqlalchemy database db sqlite temp tmp temporary export exports report reports "
    "download downloads backup backups"
)
_APP = "from flask import Flask, send_file\n\napp = Flask(__name__)\n"
_VIEW = "\n\n@app.post('/report')\ndef report():\n"


class HardcodedTmp(Rule):
    """A path below `/tmp` is written into the app: on Windows there is no such folder.

    ## What it finds

    In the modules that the app imports, a text that begins with `/tmp` and is opened, saved to, listed, logged to or
    sent (`open("/tmp/report.csv", "w")`, `file.save(os.path.join("/tmp", name))`, `send_file("/tmp/..")`), or set in a
    configuration (`UPLOAD_FOLDER = "/tmp/uploads"`, `sqlite:////tmp/shop.db`), also by way of a constant. It is
    information where the app makes that folder itself, and for a setting whose name says nothing of files, logs,
    sessions, caches or databases: it may be about another machine.

    Left alone: fallbacks for what somebody can set (`os.environ.get("UPLOADS", "/tmp/uploads")`, an extension's
    `config.setdefault`), sockets, settings for tests, development and containers, what stands under a question for the
    platform, files that no app imports, and projects whose classifiers name POSIX only.

    ## Why it matters

    Windows reads `/tmp/report.csv` as `\\tmp\\report.csv` on the current drive: `FileNotFoundError`, since nobody has a
    folder of that name. On Linux the name is the trouble: `/tmp` belongs to everybody, two requests at once write the
    same file, another user of the machine can have made it before (or a link of that name that leads elsewhere), and
    the next start of the machine empties it, with the SQLite database in it.

    ## What to do instead

    For what lives as long as a request, a file that nobody else can have:

    ```python
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.csv")
    ```

    `tempfile.gettempdir()` is the folder itself, on every system. What is to stay (uploads, a database, logs) belongs
    below `app.instance_path`, which Flask keeps out of the package, or where a variable of the environment says.

    ## References

    - [Python: tempfile](https://docs.python.org/3/library/tempfile.html)
    - [Flask: instance folders](https://flask.palletsprojects.com/en/stable/config/#instance-folders)
    - [CWE-377: insecure temporary file](https://cwe.mitre.org/data/definitions/377.html)
    """

    code = "FD404"
    name = "hardcoded-tmp"
    tip = Tip.PORTABILITY
    severity = Severity.WARNING
    needs = (b"/tmp",)

    bad = [
        Bad(f"{_APP}{_VIEW}    with open('/tmp/report.csv', 'w') as file:\n        file.write('a')\n"
            "    return send_file('/tmp/report.csv')\n", hits=2),
        Bad(f"import os\n{_APP}FOLDER = '/tmp/uploads'\n{_VIEW}    name = os.path.join(FOLDER, 'a')\n"
            "    with open(name) as file:\n        return file.read()\n"),
        Bad(f"from pathlib import Path as P\n{_APP}{_VIEW}    (P('/tmp') / 'report.txt').write_text('a')\n"
            f"    return ''\n"),
        Bad(f"import uuid\n{_APP}{_VIEW}    path: str = f'/tmp/{{uuid.uuid4()}}.csv'\n    with open(path) as file:\n"
            "        return file.read()\n"),
        Bad(f"{_APP}app.config['UPLOAD_FOLDER'] = '/tmp'\n"
            "app.config.update(SQLALCHEMY_DATABASE_URI='sqlite:////tmp/shop.db')\n", hits=2),
        Bad(
            {
                "shop/__init__.py": "import flask as f\n\nfrom shop import config\n\n\ndef create_app():\n"
                "    app = f.Flask(__name__)\n    app.config.from_object(config.Config)\n    return app\n",
                "shop/config.py": "import os\n\n\nclass Config:\n"
                                  "    SESSION_FILE_DIR = os.path.join('/tmp', 'sessions')\n",
            }
        ),
        # Settings that are read by their name.
        Bad(
            {
                "app.py": "from flask import Flask\n\napp = Flask(__name__)\napp.config.from_object('config.Config')\n",
                "config.py": "class Config:\n    CACHE_DIR: str = '/tmp/cache'\n",
            }
        ),
        # Made by the app itself: information.
        Bad(f"import os\n{_APP}FOLDER = '/tmp/' + 'exports'\nos.makedirs(FOLDER, exist_ok=True)\n"
            "names = os.listdir(FOLDER)\n"),
        Bad(f"import logging.handlers\n{_APP}app.logger.addHandler(logging.FileHandler('/tmp/shop.log'))\n"),
        Bad(f"import tempfile\n{_APP}{_VIEW}    if (folder := tempfile.mkdtemp(dir='/tmp')):\n        return folder\n"),
    ]  # fmt: skip
    good = [
        # What somebody can set.
        f"import os\n{_APP}app.config['UPLOAD_FOLDER'] = os.environ.get('UPLOADS', '/tmp/uploads')\n"
        "CACHE = os.getenv('CACHE') or '/tmp/cache'\nwith open(CACHE) as file:\n    pass\n",
        # An extension's default.
        "from flask import Flask\n\n\nclass Images:\n    def init_app(self, app: Flask) -> None:\n"
        "        app.config.setdefault('IMAGES_CACHE', '/tmp/images')\n\n\n"
        "app = Flask(__name__)\nImages().init_app(app)\n",
        # A question for the platform.
        f"import os\n{_APP}FOLDER = os.environ['TEMP'] if os.name == 'nt' else '/tmp'\n"
        f"{_VIEW}    return str(os.listdir(FOLDER))\n",
        # A route, a comparison, text; a path of which it is not the beginning.
        f"import os\n{_APP}\n\n@app.get('/tmp/<name>')\ndef show(name):\n    if name.startswith('/tmp/'):\n"
        "        return 'not /tmp'.replace('/tmp', '')\n    return open(os.path.join(app.root_path, '/tmp')).read()\n",
        f"{_APP}{_VIEW}    with open(app.instance_path + '/tmp/report.csv') as file:\n        return file.read()\n",
        "from flask import Blueprint\n\ntmp = Blueprint('tmp', __name__, url_prefix='/tmp')\n",
        # Sockets of servers and databases; configurations for servers, tests, containers.
        f"{_APP}app.config['MYSQL_UNIX_SOCKET'] = '/tmp/mysql.sock'\napp.config['REDIS_SOCKET'] = '/tmp/redis'\n",
        {
            "app.py": "import config\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            "app.config.from_object(config.Config)\n",
            "config.py": "class Config:\n    pass\n\n\nclass TestingConfig(Config):\n"
            "    UPLOAD_FOLDER = '/tmp/uploads'\n\n\n"
            "class DockerConfig(Config):\n    UPLOAD_FOLDER = '/tmp/uploads'\n",
            "gunicorn.conf.py": "worker_tmp_dir = '/tmp'\nopen('/tmp/ready', 'w')\n",
            "deploy.py": "open('/tmp/deploy.log', 'w')\n",
            "tests/test_app.py": "from app import app\n\nopen('/tmp/a')\n",
        },
        # Nothing is said of what becomes of it.
        f"{_APP}DEFAULTS = {{'folder': '/tmp'}}\nHELP = '/tmp is emptied at night'\nrun('/tmp/install.sh')\n",
        Good(
            {
                "app.py": f"{_APP}app.config['UPLOAD_FOLDER'] = '/tmp'\n",
                "setup.py": "from setuptools import setup\n\nsetup(name='shop', install_requires=['flask'],\n"
                "      classifiers=['Operating System :: POSIX'])\n",
            }
        ),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The paths that are used, where they stand."""
        if module.role != "app":
            return
        for path in temporary_paths(module):
            if guarded(module, path.node) or purpose_of(module, path.node) or "socket" in path.setting.lower():
                continue
            what = f"{path.setting} is" if path.setting else "The app uses"
            elsewhere = path.setting and _OWN.isdisjoint(words(path.setting))
            severity = Severity.INFO if path.made or elsewhere else None
            yield Hit(
                path.node,
                f"{what} a path below /tmp, which Windows does not have",
                severity=severity,
                data=(path.setting,),
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """What the app imports, or reads as its settings by name, of a project that may run on Windows."""
        reached = candidate.data[0] or candidate.location.path in project.links.reached_by_app
        return candidate.severity if reached and not made_for_posix(project) else None
