"""FD508: a text that is translated once, while its module is imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.rules.rule import Bad, Files, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module

_PACKAGES = (
    "flask_babel", "flask_babelplus", "flask_babelex", "flask_babelpkg", "quart_babel", "flask.ext.babel",
)  # fmt: skip
_LAZY = {
    "gettext": "lazy_gettext",
    "ngettext": "lazy_ngettext",
    "pgettext": "lazy_pgettext",
    "npgettext": "lazy_npgettext",
}
_CALLS = {f"{package}.{name}": (package, name) for package in _PACKAGES for name in _LAZY}
_CALLS["flask_babel._"] = ("flask_babel", "gettext")  # `_ = gettext`, says the package
_HAS_ALL = "flask_babel"  # the others have lazy_gettext and perhaps lazy_pgettext only
_MESSAGES = frozenset({"login_message", "needs_refresh_message"})
_HTML = frozenset("&<>\"'")
_SHOWN = frozenset({"label", "message", "description"})
_COMPARING = frozenset({"AnyOf", "NoneOf", "dict"})  # validators that keep their first argument to compare with
_FORM = re.compile(r"Form$|^Form|wtforms")


class TranslatedAtImport(Rule):
    """`gettext` in a class body or at module level translates once, at import, for everybody.

    ## What it finds

    `gettext`, `ngettext` and `pgettext` of Flask-Babel (also as `_`) that are called while the module is imported: in
    the body of a form class, for a label, a description or the message of a validator: one finding for each form.
    Elsewhere it is an info, one for each file: `login_manager.login_message`, default arguments, what is handed to a
    decorator or a constructor.

    Not in functions, lambdas and views, not `lazy_gettext`, and no plain constants: many programs mark their texts so
    and translate them when they show them (`gettext(ERRORS[code])`).

    ## Why it matters

    There is no request when a module is imported, hence no user and no language. Flask-Babel then returns the text
    as it stands in the source, and that is what the class keeps:

    ```python
    class LoginForm(FlaskForm):
        name = StringField(_("Name"))  # "Name", in every language
    ```

    The translators did their work, the catalog has the text, the rest of the page is translated, and the form is
    not. If the module is imported inside a request, as some factories and tests do, it is worse: then the language of
    the first visitor stays for all others.

    ## What to do instead

    ```python
    from flask_babel import lazy_gettext as _l

    class LoginForm(FlaskForm):
        name = StringField(_l("Name"))
    ```

    A lazy text looks up its translation each time it is shown. Templates, `flash` and Flask's JSON take it as it is. It
    is not a `str`, though: joining it with others (`_l("Name") + ":"`, an f-string, `%`) makes it one at once, in the
    language of that moment. Put what is joined into the text, or pass it: `_l("Delete %(name)s", name=name)`.

    The extraction has to be told the name: `pybabel extract -k lazy_gettext -k _l ..`.

    ## References

    - https://python-babel.github.io/flask-babel/#flask_babel.lazy_gettext
    - https://wtforms.readthedocs.io/en/stable/i18n/
    """

    code = "FD508"
    name = "translated-at-import"
    tip = Tip.CONTEXTS
    severity = Severity.WARNING
    fix_title = "Translate it when it is shown"
    fix_risk = (
        "A lazy text is no str: code that joins, compares or stores it may see the difference, and templates take it "
        "for HTML and do not escape it. And pybabel extract finds it only where it is told to: -k lazy_gettext."
    )
    needs = tuple(package.rpartition(".")[2].encode() for package in _PACKAGES)
    pattern = re.compile(
        rb"babel\w* import (?:\([^)]*|[^\n]*)\b(?:gettext|ngettext|pgettext|npgettext|_)\b|import [^\n]*babel|import \*"
    )

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired


class LoginForm(FlaskForm):
    name = StringField(_("Name"), validators=[DataRequired(message=_("Who are you?"))])


def title():
    return _("Log in")
""",
            """\
from flask_babel import gettext as _, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired


class LoginForm(FlaskForm):
    name = StringField(lazy_gettext("Name"), validators=[DataRequired(message=lazy_gettext("Who are you?"))])


def title():
    return _("Log in")
""",
        ),
        # The lazy name that the file has already; the package; plurals and contexts; choices; the walrus.
        Bad(
            """\
import flask_babel as babel
from flask_babel import _, gettext, lazy_gettext as _l
from wtforms import Form, SelectField, StringField, SubmitField


class Base(Form):
    submit = SubmitField((label := gettext("Send")))
    cancel = StringField(_l("Cancel"), description=_("Go back"))


class OrderForm(Base):
    size: SelectField = SelectField(
        gettext("Size"),
        choices=[("s", babel.pgettext("size", "Small")), ("l", babel.pgettext("size", "Large"))],
        description=babel.ngettext("%(num)d piece", "%(num)d pieces", 3),
    )
""",
            """\
import flask_babel as babel
from flask_babel import lazy_gettext as _l
from wtforms import Form, SelectField, StringField, SubmitField


class Base(Form):
    submit = SubmitField((label := _l("Send")))
    cancel = StringField(_l("Cancel"), description=_l("Go back"))


class OrderForm(Base):
    size: SelectField = SelectField(
        _l("Size"),
        choices=[("s", babel.lazy_pgettext("size", "Small")), ("l", babel.lazy_pgettext("size", "Large"))],
        description=babel.lazy_ngettext("%(num)d piece", "%(num)d pieces", 3),
    )
""",
            hits=2,
        ),
        # A message of Flask-Login, an argument, a default: lazy texts may meet code that wants a str.
        Bad(
            """\
from flask_babel import gettext
from flask_login import LoginManager

login_manager = LoginManager()
login_manager.login_message = gettext("Please log in.")
STATES = dict([("open", gettext("Open"))])


def warn(text=gettext("Careful")):
    return text
""",
            """\
from flask_babel import lazy_gettext
from flask_login import LoginManager

login_manager = LoginManager()
login_manager.login_message = lazy_gettext("Please log in.")
STATES = dict([("open", lazy_gettext("Open"))])


def warn(text=lazy_gettext("Careful")):
    return text
""",
        ),
        # Joined at import: a lazy text would be translated there too.
        Bad(
            """\
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField


class SearchForm(FlaskForm):
    words = StringField(_("Words") + ":")
    place = StringField(f"{_('Place')} *")
    other = StringField(_("Find %s") % "x")
    upper = StringField(_("Other").upper())
""",
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        """\
from flask import Flask
from flask_babel import gettext as _, lazy_gettext, lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

app = Flask(__name__)
STATES = {"open": _l("Open"), "done": lambda: _("Done")}


class LoginForm(FlaskForm):
    name = StringField(lazy_gettext("Name"))
    state = SelectField(choices=lambda: [("open", _("Open"))])

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.name.description = _("Your name")

    def validate_name(self, field):
        if not field.data:
            raise ValueError(_("Who are you?"))


@app.get("/")
def index():
    class Small(FlaskForm):
        name = StringField(_("Name"))

    return _("Hello")
""",
        # Marked at import, translated when it is shown.
        """\
from flask import Flask
from flask_babel import gettext

app = Flask(__name__)
ERRORS = {None: gettext("crash"), "timeout": gettext("timeout")}


class Module:
    LABEL = gettext("Module")


@app.get("/<name>")
def index(name):
    return gettext(ERRORS.get(name, ERRORS[None]))
""",
        # A ``_`` that only marks texts for the extraction, another gettext, another language's block.
        """\
from gettext import gettext
from flask_babel import force_locale, gettext as translate
from wtforms import Form, StringField


def _(text):
    return text


class LoginForm(Form):
    name = StringField(_("Name"))
    other = StringField(gettext("Other"))


with force_locale("en"):
    ENGLISH = translate("English")

if __name__ == "__main__":
    print(translate("Bye"))
""",
        # Tests set a language up themselves; a script speaks to one person.
        {
            "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "tests/test_form.py": "from flask_babel import gettext\n\nNAME = gettext('Name')\n",
            "scripts/report.py": "from flask_babel import gettext\n\nNAME = gettext('Name')\n",
        },
        # ``_`` is the lazy one here, by its name in the import or by an assignment.
        """\
from flask_babel import lazy_gettext as _, lazy_pgettext
from wtforms import Form, StringField

_p = lazy_pgettext


class LoginForm(Form):
    name = StringField(_("Name"), description=_p("form", "Name"))
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The translations that an import makes: one finding for each form, and one for the rest of the file."""
        if module.role != "app":
            return
        groups: dict[tuple[ast.ClassDef | None, bool], list[ast.Call]] = {}
        for call in module.calls(*_CALLS):
            if module.at_import(call) and not _forced(module, call):
                form = _form_of(module, call)
                if form is not None or _is_handed_on(module, call):
                    groups.setdefault((form, _is_joined(module, call)), []).append(call)
        for (form, joined), calls in groups.items():
            calls.sort(key=lambda call: (call.lineno, call.col_offset))
            texts = f"{len(calls)} texts" if len(calls) > 1 else "a text"
            where = form.name if form is not None else "The file"
            mended = [call for call in calls if _lazy(module, call)[0]] if not joined else []
            safe = form is not None and all(
                _knows_lazy(module, *_lazy(module, call)) and _only_shown(module, call) for call in mended
            )
            yield Hit(
                calls[0],
                f"{where} has {texts} that {_called(calls[0])}() translates at import, in no language",
                severity=Severity.INFO if form is None else None,
                fix=None if safe else Fix.UNSAFE,
                fixable=bool(mended),
                advice=_JOINED if joined else "Use `lazy_gettext`: it translates when the text is shown.",
                parts={"calls": tuple(mended)},
            )

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Call the lazy function in its place, and drop the import of the other where nothing uses it any more."""
        for call in cast("tuple[ast.Call, ...]", site.hit.parts["calls"]):
            package, lazy = _lazy(site.module, call)
            if package.startswith("flask.ext"):
                raise Refuse("flask.ext is gone since Flask 1.0: import flask_babel first.")
            if isinstance(call.func, ast.Attribute):
                edit.replace(call.func, f"{{package}}.{lazy}", package=call.func.value)
            else:
                edit.replace(call.func, edit.add_import(package, lazy))
                edit.drop_import_if_unused(site.module.resolve(call.func) or "")


_JOINED = (
    "Make it one text with placeholders, `lazy_gettext('Find %(name)s', name=name)`: joined with others, a lazy text "
    "is translated there and then."
)


def _lazy(module: Module, call: ast.Call) -> tuple[str, str]:
    """The package and the lazy counterpart of a function; empty where it has none."""
    package, name = _CALLS[module.resolve(call.func) or ""]
    return (package, _LAZY[name]) if package == _HAS_ALL or name == "gettext" else ("", "")


def _is_handed_on(module: Module, call: ast.Call) -> bool:
    """Whether the text is an argument of another call, a default argument or Flask-Login's message.

    A plain constant is left alone: it may only mark a text for the catalog, and be translated when it is shown.
    """
    child: ast.AST = call
    for parent in module.ancestors(call):
        if isinstance(parent, ast.Call):
            return child is not parent.func
        if isinstance(parent, ast.arguments):
            return True
        if isinstance(parent, ast.Assign):
            return any(isinstance(item, ast.Attribute) and item.attr in _MESSAGES for item in parent.targets)
        if not isinstance(parent, ast.keyword | ast.Tuple | ast.List):
            return False
        child = parent
    return False


def _knows_lazy(module: Module, package: str, lazy: str) -> bool:
    """Whether the file has the lazy function already, so that the extraction surely knows it."""
    bindings = module.names.module_scope.bindings.values()
    return any(item.target in (f"{package}.{lazy}", package) for several in bindings for item in several)


def _only_shown(module: Module, call: ast.Call) -> bool:
    """Whether a plain text stands where a form does nothing but show it: as a label, a message, the words of a choice.

    As a default or the value of a choice it is stored and compared. A lazy text tells templates that it is HTML, so
    what they escape in a ``str`` (``&``, an apostrophe) they would leave as it is.
    """
    values = [*call.args, *(item.value for item in call.keywords)]
    if not all(isinstance(item, ast.Constant) and _HTML.isdisjoint(str(item.value)) for item in values):
        return False
    match module.parent(call):
        case ast.Call(func=function):
            return (module.resolve(function) or "").rpartition(".")[2] not in _COMPARING
        case ast.keyword(arg=name):
            return name in _SHOWN
        case ast.Tuple(elts=[_, words, *_]) as pair:
            return words is call and isinstance(module.parent(pair), ast.List | ast.Tuple)
    return False


def _form_of(module: Module, call: ast.Call) -> ast.ClassDef | None:
    """The form class whose body makes a call."""
    owner = module.class_of(call)
    if owner is None or not any(_FORM.search(module.resolve(base) or "") for base in owner.bases):
        return None
    return owner


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)


def _forced(module: Module, call: ast.Call) -> bool:
    """Inside a ``with``: a language may be set there."""
    return any(isinstance(parent, ast.With) for parent in module.ancestors(call))


def _is_joined(module: Module, call: ast.Call) -> bool:
    """Whether the text is worked on at once, which a lazy one would not outlive."""
    parent = module.parent(call)
    if isinstance(parent, ast.BinOp | ast.FormattedValue | ast.JoinedStr | ast.Subscript | ast.Compare):
        return True
    if isinstance(parent, ast.Attribute):
        return True
    return isinstance(parent, ast.Call) and call in parent.args and module.resolve(parent.func) in (
        "builtins.str", "builtins.len", "markupsafe.Markup", "flask.Markup",
    )  # fmt: skip
