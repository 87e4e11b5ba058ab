"""FD840: the server hands out files that are nobody's business."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Reply, Served
from flaskdoctor.rules.served import APP, page, site

_TEXT = (("Content-Type", "text/plain; charset=utf-8"),)
_ENV = Reply(200, _TEXT, "SECRET_KEY=kiln-and-clay-4711\nDATABASE_URL=sqlite:///shop.sqlite3\n")
_HEAD = Reply(200, _TEXT, "ref: refs/heads/main\n")
_CODE = Reply(200, _TEXT, "from flask import Flask\n\napp = Flask(__name__)\n")


class FileExposed(LiveRule):
    """The server hands out `.env`, the git repository or the app's own source to everybody who asks.

    ## What it finds

    `/.env`, `/.git/HEAD` and `/app.py` are asked for, beside a path that nobody can have. What comes back counts when
    it has the form of such a file: settings, a git reference, Python. A single-page app that answers every path with
    its `index.html` is not one. At most 4 KiB are read; of settings only the names are kept, and no value.

    ## Why it matters

    `GET /.env` is among the first requests that any new address on the internet gets, within minutes, from machines
    that look for nothing else. With `.git/` the whole history can be put together, old secrets included. With the
    `SECRET_KEY` somebody else makes sessions; with the database's password they need none.

    ## What to do instead

    Somewhere a folder is served that holds more than it should. The usual places:

    ```python
    app = Flask(__name__, static_folder=".", static_url_path="")      # the project's folder as static files

    @app.get("/<path:name>")
    def files(name):
        return send_from_directory(os.getcwd(), name)                 # the same, by hand
    ```

    ```nginx
    root /srv/shop;                  # nginx serves what exists there before it asks Flask
    location / { try_files $uri @app; }
    ```

    Serve a folder of its own instead: `static/` beside the package (Flask's default), `alias /srv/shop/static/;` in
    nginx. nginx can refuse hidden files for good measure: `location ~ /\\. { deny all; }`.

    Then change every secret that was in the file. It has been fetched.

    ## References

    - [Flask: static files](https://flask.palletsprojects.com/en/stable/quickstart/#static-files)
    - [Flask: send_from_directory](https://flask.palletsprojects.com/en/stable/api/#flask.send_from_directory)
    - [CWE-538: file and directory information exposure](https://cwe.mitre.org/data/definitions/538.html)
    """

    code = "FD840"
    name = "file-exposed"
    tip = Tip.LIVE
    severity = Severity.ERROR
    bad = [
        Bad(APP, served=Served({"/": page(), "/.env": _ENV})),
        Bad(APP, served=Served({"/": page(), "/.git/HEAD": _HEAD, "/app.py": _CODE}, "production"), hits=2),
    ]
    good = [
        Good(APP, served=site(profile="production")),
        # A page for every path, as single-page apps have it.
        Good(APP, served=Served({"/": page(), "*": page(body="<div id=app></div>")}, "production")),
        # Another thing of that name; a trap that answers everything with settings.
        Good(APP, served=Served({"/": page(), "/.env": Reply(200, _TEXT, "nothing to see here\n")}, "production")),
        Good(APP, served=Served({"/": page(), "*": _ENV}, "production")),
        Good(APP, served=Served(state="down")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """Each file that came back."""
        for file in seen.exposed or ():
            yield LiveIssue(
                f"{file.path} is handed out to everybody: {file.what}",
                file.path,
                Severity.ERROR,
                Severity.ERROR,
                path=file.path,
                advice="Serve a folder that holds nothing else, then change every secret that was in the file.",
            )
