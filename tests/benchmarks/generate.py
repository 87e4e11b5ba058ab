"""Flask projects of any size, the same ones every time: areas with a blueprint, models, services and helpers.

Of the eight files of an area four mention Flask, as in real projects, and each has about eighty lines.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

LONG_AGO = 1_700_000_000  # what changed a moment ago is looked at again, and these files are not to be
NOUNS = [
    "order",
    "invoice",
    "parcel",
    "customer",
    "voucher",
    "supplier",
    "ticket",
    "review",
    "basket",
    "shelf",
    "refund",
    "address",
]
VERBS = [
    "show",
    "list",
    "archive",
    "restore",
    "rename",
    "assign",
    "export",
    "confirm",
    "cancel",
    "merge",
    "approve",
    "split",
]
FIELDS = [
    "title",
    "amount",
    "note",
    "state",
    "email",
    "street",
    "city",
    "weight",
    "colour",
    "priority",
    "reference",
    "created",
]


def generate(root: Path, files: int, *, sparse: bool = False, seed: int = 264) -> Path:
    """Write a project of exactly ``files`` Python files into ``root`` and return ``root``.

    Half of the files mention Flask; a fifth of them where the project is ``sparse``.
    """
    chance = random.Random(seed)
    makers = (views, api, guards, package, models, services, tasks, formats)
    written: dict[str, str] = {}
    areas: list[str] = []
    while len(written) < files - 3:
        area = f"{chance.choice(NOUNS)}_{len(areas)}"
        areas.append(area)
        for maker in makers:
            name = "__init__" if maker is package else maker.__name__
            written[f"app/{area}/{name}.py"] = maker(area, chance)
        for number in range(3 if sparse else 0):
            for maker in (models, services, tasks, formats):
                written[f"app/{area}/part_{number}/{maker.__name__}.py"] = maker(area, chance)
    # The last area may come out shorter; its package file is kept, so that it can be imported.
    surplus = [path for path in written if path.startswith(f"app/{areas[-1]}/") and "__init__" not in path]
    for path in surplus[: len(written) + 3 - files]:
        del written[path]
    whole = [area for area in areas if f"app/{area}/views.py" in written and f"app/{area}/api.py" in written]
    for area in areas:
        if area not in whole:
            written[f"app/{area}/__init__.py"] = '"""Work in progress."""\n'
    written["app/__init__.py"] = factory(whole)
    written["app/config.py"] = CONFIG
    written["wsgi.py"] = "from app import create_app\n\napp = create_app()\n"
    written["requirements.txt"] = "Flask>=3.1,<4\nFlask-SQLAlchemy>=3.1\npython-dotenv>=1.2.4\n"
    written[".env"] = "".join(f"{name}=value-{index}\n" for index, name in enumerate(KEYS))
    written[".env.example"] = "".join(f"{name}=\n" for name in KEYS)
    written[".gitignore"] = "__pycache__/\n.venv/\n.env\ninstance/\n"
    for path, text in written.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for entry in (root, *root.rglob("*")):
        os.utime(entry, (LONG_AGO, LONG_AGO))
    return root


KEYS = ("SECRET_KEY", "DATABASE_URL", "MAIL_SERVER", "MAIL_PASSWORD", "SENTRY_DSN", "BROKER_URL")

CONFIG = "import os\n\n\nclass Config:\n" + "".join(f'    {key} = os.environ.get("{key}")\n' for key in KEYS)


def factory(areas: list[str]) -> str:
    """The application factory, which registers the blueprint of every area."""
    imports = "".join(f"    from app.{area} import bp as {area}_bp\n" for area in areas)
    calls = "".join(f'    app.register_blueprint({area}_bp, url_prefix="/{area}")\n' for area in areas)
    return (
        "from flask import Flask, render_template\n\nfrom app.config import Config\n\n\n"
        "def create_app(config=Config):\n    app = Flask(__name__)\n    app.config.from_object(config)\n\n"
        f"{imports}\n{calls}\n"
        "    @app.errorhandler(404)\n    def not_found(error):\n"
        '        return render_template("404.html"), 404\n\n    return app\n'
    )


def package(area: str, chance: random.Random) -> str:
    """The area's package: its blueprint, and the imports that add routes to it."""
    return (
        "from flask import Blueprint\n\n"
        f'bp = Blueprint("{area}", __name__)\n\n'
        f"from app.{area} import api, views  # noqa: E402, F401\n"
    )


def views(area: str, chance: random.Random) -> str:
    """Pages with forms, redirects and templates."""

    def view(verb: str, noun: str) -> str:
        first, second = chance.sample(FIELDS, 2)
        return f'''
@bp.route("/{verb}/<int:number>", methods=["GET", "POST"])
@login_required
def {verb}_{noun}(number):
    """{verb.capitalize()} one {noun} and go back to where it is shown."""
    {noun} = services.find_{noun}(number)
    if {noun} is None:
        abort(404)
    if request.method == "POST":
        {noun}.{first} = request.form["{first}"].strip()
        {noun}.{second} = request.form.get("{second}", "")
        session["last_{noun}"] = {noun}.id
        flash("The {noun} was changed.")
        return redirect(url_for("{area}.{verb}_{noun}", number=number))
    return render_template("{noun}/{verb}.html", {noun}={noun}, limit=current_app.config.get("LIMIT"))

'''

    return (
        "from flask import abort, current_app, flash, redirect, render_template\n"
        "from flask import request, session, url_for\n\n"
        f"from app.{area} import bp, services\nfrom app.{area}.guards import login_required\n\n"
        + fill(view, area, chance, 4)
    )


def api(area: str, chance: random.Random) -> str:
    """JSON endpoints, some through jsonify."""

    def endpoint(verb: str, noun: str) -> str:
        first, second, third = chance.sample(FIELDS, 3)
        answer = chance.choice(
            (
                f'return jsonify({{"{first}": {noun}.{first}, "{second}": {noun}.{second}}})',
                f'return {{"{first}": {noun}.{first}, "{third}": {noun}.{third}}}, 201',
                f"return jsonify({noun}=serialise({noun}), number=number)",
                f"return serialise({noun})",
            )
        )
        return f'''
@bp.post("/api/{verb}/<int:number>")
def {verb}_{noun}_json(number):
    """{verb.capitalize()} a {noun}: its new state as JSON."""
    data = request.get_json()
    {noun} = services.find_{noun}(number)
    if {noun} is None:
        return {{"error": "no such {noun}", "number": number}}, 404
    for field in ("{first}", "{second}", "{third}"):
        if field in data:
            setattr({noun}, field, data[field])
    {answer}

'''

    return (
        f"from flask import jsonify, request\n\nfrom app.{area} import bp, services\n\n\n"
        "def serialise(record):\n    return {name: getattr(record, name) for name in record.fields}\n\n"
        + fill(endpoint, area, chance, 5)
    )


def guards(area: str, chance: random.Random) -> str:
    """Decorators and hooks around views."""

    def guard(verb: str, noun: str) -> str:
        return f'''
def may_{verb}_{noun}(view):
    """Let only those through who may {verb} a {noun}."""

    @wraps(view)
    def guarded(*args, **kwargs):
        user = g.get("user")
        if user is None:
            return redirect(url_for("auth.login", next=request.path))
        if "{verb}-{noun}" not in user.rights:
            abort(403)
        return view(*args, **kwargs)

    return guarded

'''

    return (
        "from functools import wraps\n\nfrom flask import abort, g, redirect, request, url_for\n\n"
        + fill(guard, area, chance, 5)
        + "\n\ndef login_required(view):\n    return view\n"
    )


def models(area: str, chance: random.Random) -> str:
    """Plain record classes with methods."""

    def model(verb: str, noun: str) -> str:
        first, second, third = chance.sample(FIELDS, 3)
        return f'''
@dataclass
class {verb.capitalize()}{noun.capitalize()}:
    """What is kept of a {noun} to {verb}."""

    id: int
    {first}: str = ""
    {second}: str = ""
    {third}: str = ""
    changed: datetime = field(default_factory=datetime.now)

    @property
    def label(self):
        return f"{{self.id}}: {{self.{first}}} ({{self.{second} or 'none'}})"

    def is_complete(self):
        return all((self.{first}, self.{second}, self.{third}))

    def touch(self, now=None):
        self.changed = now or datetime.now()

'''

    return "from dataclasses import dataclass, field\nfrom datetime import datetime\n\n" + fill(model, area, chance, 4)


def services(area: str, chance: random.Random) -> str:
    """What happens behind the views."""
    nouns = sorted(set(NOUNS))
    finders = "".join(f"def find_{noun}(number):\n    return STORE.get(({noun!r}, number))\n\n\n" for noun in nouns)
    return f"STORE = {{}}\nAREA = {area!r}\n\n\n" + finders + fill(calculation, area, chance, 3)


def calculation(verb: str, noun: str) -> str:
    """A function with loops, conditions and a comprehension."""
    return f'''
def {verb}_{noun}s(items, limit=100, skip=()):
    """{verb.capitalize()} all {noun}s up to a limit, in order of weight."""
    chosen = []
    total = 0
    for item in sorted(items, key=lambda item: (item["weight"], item["id"])):
        if item["id"] in skip or item["weight"] <= 0:
            continue
        if total + item["weight"] > limit:
            break
        total += item["weight"]
        chosen.append(item)
    names = {{item["group"] for item in chosen}}
    groups = {{name: [item["id"] for item in chosen if item["group"] == name] for name in names}}
    return {{"total": total, "groups": groups, "count": len(chosen)}}

'''


def tasks(area: str, chance: random.Random) -> str:
    """Work that runs at night."""
    return "import logging\n\nlog = logging.getLogger(__name__)\n\n" + fill(calculation, area, chance, 5)


def formats(area: str, chance: random.Random) -> str:
    """Text and number formats."""

    def formatter(verb: str, noun: str) -> str:
        return f'''
def format_{verb}_{noun}(value, width=12, unit=""):
    """A {noun}'s value as text of one width, for reports."""
    if value is None:
        return "-".rjust(width)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)[:width].ljust(width)
    text = f"{{number:,.2f}}{{unit}}"
    return PATTERN.sub("", text).rjust(width)

'''

    return 'import re\n\nPATTERN = re.compile(r"\\\\.00$")\n\n' + fill(formatter, area, chance, 5)


def fill(maker: Callable[[str, str], str], area: str, chance: random.Random, count: int) -> str:
    """``count`` blocks of source, about different verbs and one noun or another."""
    verbs = chance.sample(VERBS, count)
    nouns = islice(cycle(chance.sample(NOUNS, 3)), count)
    return "\n".join(maker(verb, noun) for verb, noun in zip(verbs, nouns, strict=True)).rstrip() + "\n"
