"""The lessons of the eleven tips: what an experienced Flask developer would say about each in a few lines.

They follow "10 tips every Flask developer should know" (Miguel Grinberg, Talk Python 264), brought up to Flask 3.
The dashboard shows one when a tip is opened, ``--explain tip:3`` prints it.
"""

from __future__ import annotations

from flaskdoctor.finding import Tip

SOURCE = "https://talkpython.fm/episodes/show/264/10-tips-every-flask-developer-should-know"

LESSONS: dict[Tip, str] = {
    Tip.JSON: """\
A view may return a dict (Flask 1.1) or a list (Flask 2.2) and Flask makes the JSON response of it. `jsonify()`
is still there for what is neither: a string, a number, `None`.

```python
@app.get("/users/<int:id>")
def user(id):
    return {"id": id, "name": "Ada"}          # 200, application/json

@app.errorhandler(404)
def not_found(error):
    return {"error": "no such thing"}, 404    # a tuple adds the status
```

An error handler answers with 200 unless it says otherwise, and a client that checks the status believes it.
""",
    Tip.SESSION: """\
Flask's session is a cookie. It is *signed*, so nobody can change it, and it is *not encrypted*: whoever holds the
cookie reads it with a base64 decoder. So no password, token or personal data belongs in it, only an id to look
them up by.

```python
session["user_id"] = user.id      # fine
session["card"] = card_number     # readable by every browser extension
```

Two more things surprise people. Flask notices `session["x"] = ..`, not a change *inside* a value, so
`session["cart"].append(item)` is lost without `session.modified = True`. And a browser silently drops a cookie
over about 4 KB, which logs its user out. Flask-Session keeps the data on the server instead.
""",
    Tip.SECRETS: """\
Configuration that differs between machines, and every secret, comes from the environment. During development it
stands in a file `.env` that python-dotenv loads and that git ignores. Beside it lies `.env-template` (or
`.env.example`) *in* git: the same names without the values, so that a colleague knows what to fill in.

```python
SECRET_KEY = os.environ["SECRET_KEY"]               # fails at start when it is missing: good
SECRET_KEY = os.environ.get("SECRET_KEY", "dev")    # runs in production with a key everybody can guess
```

The `flask` command loads `.env` by itself; gunicorn, Celery and cron do not, so call `load_dotenv()` in the module
they start from. And git never forgets: a secret that was committed once is rotated, not deleted.
""",
    Tip.PORTABILITY: """\
Many who learn Flask sit at Windows, WSL or a Chromebook, and many who contribute do too. What makes a project
theirs costs little: paths through `pathlib` and `tempfile` instead of `/tmp`, no `fcntl` or `os.fork` without a
guard, both ways to activate a virtualenv in the README, and requirements that install everywhere:

```text
gunicorn==23.0.0; sys_platform != "win32"
waitress==3.0.2; sys_platform == "win32"
```

On WSL keep the project in the Linux file system: under `/mnt/c` everything is slow, and the reloader misses changes.
""",
    Tip.CONTEXTS: """\
`current_app` and `g` need an *application context*; `request` and `session` need a *request context*. Flask pushes
both for a request and an application context for a CLI command. Nowhere else are they there: not while a module is
imported, not in a thread, not in a Celery task, not in a generator that is still streaming when the view has
returned.

```python
with app.app_context():
    db.create_all()

return Response(stream_with_context(rows()))     # keeps the request alive while it streams
```

"Working outside of application context" means: this line runs earlier, or elsewhere, than you think. A context is a
place, not a thing to push until the error goes away.
""",
    Tip.BACKGROUND: """\
What takes longer than a user waits (mail, reports, thumbnails) belongs in a worker: Celery, RQ, or a `flask` command
that cron starts. The worker uses *the same app*: the same configuration, the same models, inside an application
context, instead of a second engine with a second set of settings that drifts away.

```python
class FlaskTask(Task):
    def __call__(self, *args, **kwargs):
        with app.app_context():
            return self.run(*args, **kwargs)

celery_app = Celery(app.name, task_cls=FlaskTask)
```

Hand a task ids, not objects: `send_receipt.delay(order.id)`. A model or `current_user` does not survive the trip,
and what the task reads itself is fresh.
""",
    Tip.SECURITY: """\
Always HTTPS, and the headers that tell a browser what the site never does: HSTS, a Content-Security-Policy, no
framing by others, `nosniff`, a Referrer-Policy. A library such as secure.py or Flask-Talisman sets them in one hook,
and `setdefault` keeps what a single view needs different. Cookies get their flags in the configuration:

```python
SESSION_COOKIE_SECURE = True        # in production: only over HTTPS
SESSION_COOKIE_HTTPONLY = True      # Flask's default
SESSION_COOKIE_SAMESITE = "Lax"
```

A guard works only under the route (`@app.route` on top, `@login_required` below it), the debugger never leaves the
developer's machine, and behind a proxy `ProxyFix` makes `url_for` say https.
""",
    Tip.LIVE: """\
Ask your server the way a client would: HTTPie is to an API what the shell is to the file system. `http` prints
status, headers and formatted JSON, sends JSON by `name=value`, and reads like the request it makes.

```text
http GET http://127.0.0.1:5000/api/products
http --session=ada POST http://127.0.0.1:5000/login name=ada
```

flaskdoctor does the same for you: the Live tab shows what the running server really answers (headers, cookies, the
decoded session), and `c` copies the HTTPie command of a route. Nothing is sent but to that server, and never a POST.
""",
    Tip.ASYNC: """\
Since Flask 2.0 a view may be `async def`, once `flask[async]` is installed. Each call runs in an event loop of its
own, in a thread, and the worker waits for it: within one request several awaits can overlap, but the worker still
serves one request at a time. A task that is left running is cancelled when the view returns.

```python
@app.get("/both")
async def both():
    first, second = await asyncio.gather(fetch(a), fetch(b))
    return {"first": first, "second": second}
```

For thousands of open connections or websockets take Quart: Flask's API on ASGI. There everything comes from `quart`,
and a blocking call stops every request at once.
""",
    Tip.GREENLETS: """\
gevent serves thousands of slow connections with the code you have: under a greenlet worker blocking calls
switch instead of waiting, because the standard library is *monkey-patched*. That works only when the patch comes before
everything else is imported.

```python
from gevent import monkey
monkey.patch_all()          # the first lines of the first module, then the other imports
```

`gunicorn -k gevent` patches by itself. eventlet is no longer developed and new projects take gevent, or threads:
`gunicorn --threads 8` is often enough. Flask-SocketIO with several workers needs a message queue and sticky sessions.
""",
    Tip.ROUTING: """\
Blueprints are how a Flask app grows past one file: each holds the views, templates and static files of one
subject, and the factory registers them.

```python
bp = Blueprint("catalog", __name__, url_prefix="/catalog")

def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)
    return app
```

Endpoints get the blueprint's name (`url_for("catalog.index")`), a blueprint that nobody registers answers nothing,
and two views with the same endpoint stop the app at its start. The Routes tab shows the whole map.
""",
}


def lesson_page(tip: Tip) -> str:
    """A tip's lesson and what flaskdoctor looks at for it, in Markdown, ending with a newline."""
    from flaskdoctor.rules.registry import all_rules

    parts = [LESSONS[tip]] if tip in LESSONS else []
    rules = [rule for rule in all_rules() if rule.tip is tip]
    listed = "".join(
        f"- **{rule.code}** {rule.name}: {(rule.__doc__ or '').strip().partition(chr(10))[0]}\n" for rule in rules
    )
    parts.append(f"## What flaskdoctor looks at\n\n{listed}")
    if tip in LESSONS:
        parts.append(f"## Source\n\nTip {int(tip)} of [10 tips every Flask developer should know]({SOURCE}).\n")
    return "\n".join(parts)
