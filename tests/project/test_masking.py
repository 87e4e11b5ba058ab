"""No secret is ever shown: whatever it is made of, however it is written, also where the source does not parse."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.masking import mask_plain
from flaskdoctor.project.masking.pieces import NEWLINE
from flaskdoctor.project.masking.text import hide_assigned
from flaskdoctor.project.secrecy.excerpt import mask, mask_diff

MARK = "m4rk"

# {0} is a literal of the secret as Python writes it.
SPELLINGS = [
    'app.config["SECRET_KEY"] = {0}',
    "app.secret_key = {0}",
    "SECRET_KEY: Final = {0}",
    "SECRET_KEY: Final[str] = (\n    {0}\n)",
    "SECRET_KEY_FALLBACKS = [{0}, 'b']",
    "SECRET_KEY = {0} 'more' {0}",
    "SECRET_KEY = {0} + suffix",
    "SECRET_KEY = {0}.encode('utf-8')",
    "SECRET_KEY = bytes.fromhex({0})",
    'SECRET_KEY = os.environ.get("SECRET_KEY", {0})',
    'SECRET_KEY = os.environ.get("SECRET_KEY") or {0}',
    'key = os.environ["SECRET_KEY"] if "SECRET_KEY" in os.environ else {0}',
    'os.environ.setdefault("SECRET_KEY", {0})',
    'os.environ["MAIL_PASSWORD"] = {0}',
    'setattr(app, "secret_key", {0})',
    'token = config("API_TOKEN", default={0})',
    "app.config.update(DEBUG=True, MAIL_PASSWORD={0})",
    'app.config.from_mapping({{"DEBUG": True, "MAIL_PASSWORD": {0}}})',
    "PASSWORDS = {{'ada': {0}}}",
    "MAIL_PASSWORD, MAIL_PORT = {0}, 25",
    "if (token := {0}):\n    pass",
    "if password == {0}:\n    pass",
    "if {0} == request.form['password']:\n    pass",
    "match token:\n    case {0}:\n        pass",
    "def connect(user, password={0}):\n    pass",
    "def secret_key():\n    return {0}",
    "create(user='ada', api_key={0})",
    "smtp.login('ada', {0})",
    "user.set_password({0})",
    "jwt.encode({{}}, {0}, algorithm='HS256')",
    "KEY = {0}\napp.secret_key = KEY",
    "class Defaults:\n    KEY = {0}\napp.secret_key = Defaults.KEY",
    "def make(key={0}):\n    app.secret_key = key",
    "def connect(user, password):\n    pass\nconnect('ada', {0})",
    "@click.option('--password', default={0})\ndef main(password):\n    pass",
    "password = db.Column(db.String, default={0})",
    "SALT = f'{{x}}' {0}",
    "headers = {{'Authorization': 'Bearer ' + {0}}}",
    "pairs = [('SECRET_KEY', {0}), ('DEBUG', '1')]",
    "app.secret_key = {0}; app.debug = True",
    "x = {0}\napp.secret_key = x  # noqa",
]
COMMENTS = [
    '# SECRET_KEY = "{0}"',
    "#SECRET_KEY={0}",
    "# app.config['SECRET_KEY'] = '{0}'",
    '# os.environ.get("SECRET_KEY", "{0}")',
    "# password: {0}",
    "# the db: postgresql://shop:{0}@db/shop",
    '"""Set SECRET_KEY={0} first."""',
    '"""\n    MAIL_PASSWORD = "{0}"\n"""',
    'DATABASE = "postgresql://shop:{0}@db/shop"',
    'DATABASE = f"postgresql://shop:{0}@{{host}}/shop"',
    'DATABASE = "postgresql://shop:" + "{0}" + "@db/shop"',
    'DATABASE = "postgresql://shop:1/{0}@db/shop"',
    'DATABASE = ("postgresql://shop:" "8000/{0}" "@db/shop")',
    'CACHE = os.environ.get("CACHE_URL", "redis://:{0}@cache")',
    'PROXY = "http://shop:{0}/x@" + host',
    'FILES = b"ftp://shop:a@{0}@files"',
    'DATABASE = "postgresql://%s:%s@db/shop" % ("shop", "{0}")',
    'DATABASE = "postgresql://{{}}:{{}}@db/shop".format("shop", "{0}")',
    'connect("dbname=shop user=shop password={0}")',
    'BODY = \'{{"password": "{0}"}}\'',
]

values = st.text(min_size=0, max_size=30).filter(
    lambda text: "\0" not in text and not re.search("[\ud800-\udfff]", text)
)
plain_values = st.from_regex(r"[A-Za-z0-9!$^*_.-]{0,12}", fullmatch=True)


def literal(value: str, style: int) -> str:
    """One of the ways to write a string."""
    if style == 1:
        return repr(value.encode("utf-8"))
    escaped = value.encode("unicode_escape").decode("ascii")
    if style == 2:
        return '"""' + escaped.replace('"', '\\"').replace("\\n", "\n") + '"""'
    if style == 3:
        return "f" + repr(value).replace("{", "{{").replace("}", "}}")
    if style == 4:
        return "'\\\n" + escaped.replace("'", "\\'") + "'"
    return repr(value)


def lines(text: str) -> int:
    return len(NEWLINE.split(text))


@pytest.mark.parametrize("spelling", SPELLINGS)
@settings(max_examples=15, deadline=None)
@given(value=values, style=st.integers(0, 4))
def test_no_spelling_shows_a_secret(spelling: str, value: str, style: int) -> None:
    source = "import os\n" + spelling.format(literal(f"{MARK}{value}{MARK}", style)) + "\nx = 'shop'\n"
    for text in (source, source + "\n)(", source.replace("\n", "\r\n")):
        shown = mask(text)
        assert MARK not in shown
        assert lines(shown) == lines(text)


@pytest.mark.parametrize("comment", COMMENTS)
@settings(max_examples=15, deadline=None)
@given(value=plain_values)
def test_no_comment_or_text_shows_a_secret(comment: str, value: str) -> None:
    source = "import os\n" + comment.format(MARK + value) + "\nx = 'shop'\n"
    for text in (source, source.replace("\n", "\r\n")):
        shown = mask(text)
        assert MARK not in shown
        assert lines(shown) == lines(text)
        assert "x = 'shop'" in shown


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_broken_source_shows_no_secret(data: st.DataObject) -> None:
    # What needs the flow of names is not to be had without a tree.
    spellings = [spelling for spelling in SPELLINGS if "KEY = {0}\napp" not in spelling and "x = {0}" not in spelling]
    spelling = data.draw(st.sampled_from([s for s in spellings if "Defaults" not in s and "connect('ada'" not in s]))
    written = spelling.format(literal(f"{MARK}{data.draw(plain_values)}{MARK}", data.draw(st.integers(0, 3))))
    before = data.draw(st.sampled_from(["", "def f(:\n", "x = [1, 2\n", "x = }\n", "print 'shop'\n", "<<<<<<< HEAD\n"]))
    after = data.draw(st.sampled_from(["", ")\n", "x = 'it\n", 'y = """\n', "=======\n"]))
    text = f"{before}{written}\n{after}"
    shown = mask(text)
    assert MARK not in shown
    assert lines(shown) == lines(text)


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_any_text_can_be_masked(text: str) -> None:
    assert lines(mask(text)) == lines(text)
    assert lines(mask_plain(text)) == lines(text)
    mask_diff(text)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_diff_shows_a_secret(data: st.DataObject) -> None:
    parts = []
    for _ in range(data.draw(st.integers(1, 4))):
        written = data.draw(st.sampled_from(SPELLINGS)).format(
            literal(f"{MARK}{data.draw(values)}{MARK}", data.draw(st.integers(0, 4)))
        )
        parts += [written, *("x = 1" for _ in range(data.draw(st.integers(0, 8))))]
    before = "\n".join(parts) + "\n"
    place = data.draw(st.integers(0, len(parts)))
    after = "\n".join([*parts[:place], "", "y = 2", *parts[place:]]) + "\n"
    old, new = before.encode(), after.encode()
    diff = Edit("app.py", old, new).diff()
    shown = mask_diff(diff, old, new)
    assert MARK not in shown
    assert shown.count("\n") == diff.count("\n")


def test_the_length_of_a_secret_is_not_told() -> None:
    assert mask("SECRET_KEY = 'a'\n") == mask("SECRET_KEY = 'abcdefghijklmnopqrstuvwxyz'\n") == "SECRET_KEY = '••••'\n"


@pytest.mark.parametrize(
    "secret", ["? key", "token", "!!", "Bearer", "SECRET_KEY", "None", "{x}", "os.environ", " ", "a b"]
)
def test_a_secret_that_looks_like_something_else_is_hidden(secret: str) -> None:
    assert mask(f"app.secret_key = '{secret}'\n") in ("app.secret_key = '••••'\n", "app.secret_key = ' '\n")


def test_a_key_over_several_lines_keeps_the_lines() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"
    text = f'PRIVATE_KEY = """{key}"""\nx = 1\n'
    assert mask(text) == 'PRIVATE_KEY = """••••\n••••\n••••"""\nx = 1\n'


def test_a_key_in_comments_is_hidden() -> None:
    text = "# -----BEGIN PRIVATE KEY-----\n# MIIEpAIBAAKCAQEAabc\n# -----END PRIVATE KEY-----\nx = 1  # one\n"
    assert "MIIE" not in mask(text)
    assert mask(text).endswith("x = 1  # one\n")


@pytest.mark.parametrize(
    "token",
    [
        "AKIAIOSFODNN7ABCDEFG",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "sk" + "_live_0123456789abcdefghij",
        "xoxb-0123456789-abcdefghij",
        "glpat-0123456789abcdefghij",
        "AIzaSyA0123456789abcdefghijABCDEFGHIJ01",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    ],
)
def test_a_token_is_hidden_under_any_name(token: str) -> None:
    for text in (f"x = '{token}'\n", f"x = 1  # {token}\n", f"x = ['a', b'{token}']\n", f'"""Use {token}."""\n)(\n'):
        if token.startswith("9f86") and "#" in text:
            continue  # a commit's number in a comment
        assert token not in mask(text)


def test_a_known_secret_is_hidden_wherever_it_stands() -> None:
    text = 'SECRET_KEY = "kiln-and-clay"\nprint("kiln-and-clay")  # kiln-and-clay, as above\n'
    assert mask(text) == 'SECRET_KEY = "••••"\nprint("••••")  # ••••, as above\n'


def test_a_secret_that_is_the_end_of_another_does_not_uncover_its_beginning() -> None:
    text = 'SECRET_KEY = "q8Zr1vXk0Lp9TsYbN4"  # was q8Zr1vXk0Lp9TsYbN4\nMAIL_PASSWORD = "Lp9TsYbN4"\n'
    assert mask(text) == 'SECRET_KEY = "••••"  # was ••••\nMAIL_PASSWORD = "••••"\n'


@pytest.mark.parametrize(
    "line",
    [
        'SECRET_KEY = os.environ["SECRET_KEY"]',
        'MAIL_PASSWORD = os.environ.get("MAIL_PASSWORD")',
        'SECRET_KEY = os.getenv("SECRET_KEY", "")',
        'session["password"] = request.form["password"]',
        'password = PasswordField("Password", validators=[DataRequired()])',
        "token = request.headers.get('X-Token')",
        'headers = {"Authorization": f"Bearer {token}"}',
        'if "password" in request.form:\n    pass',
        '@app.route("/reset/<token>")\ndef reset(token):\n    """Set a new password."""',
        'flash("Your password was changed.", "info")',
        'url = f"postgresql://{user}:{password}@{host}/shop"',
        'link = "http://localhost:8000/@ada"',
        'TOKEN_URL = "/oauth/token"',
        'app.config["JSON_SORT_KEYS"] = "no"',
        "token = header.split(' ')[1]",
        "# The password is checked below: see login().",
        "# token = get_token()",
        'render_template("shop.html", title="Shop")',
        'jsonify({"name": "shop"}), 404',
    ],
)
def test_what_is_no_secret_stays_in_view(line: str) -> None:
    assert mask(line + "\n") == line + "\n"


def test_other_files_are_masked_by_the_line() -> None:
    text = (
        "services:\n  shop:\n    environment:\n      SECRET_KEY: m4rk one two\n      - MAIL_PASSWORD=m4rk\n"
        "      PORT: 8000\nENV API_TOKEN m4rk\nurl = redis://:m4rk@cache:6379/0\n"
    )
    shown = mask_plain(text)
    assert MARK not in shown
    assert "PORT: 8000" in shown
    assert lines(shown) == lines(text)


def test_a_hunk_that_begins_inside_a_secret_hides_its_head() -> None:
    diff = '--- a/app.py\n+++ b/app.py\n@@ -5,3 +5,4 @@\n m4rk of a key\n more m4rk"""\n+x = 1\n y = 2\n'
    shown = mask_diff(diff)
    assert MARK not in shown
    assert "+x = 1" in shown
    assert " y = 2" in shown


def test_a_hunk_does_not_show_the_line_behind_its_place() -> None:
    assert MARK not in mask_diff("--- a/app.py\n+++ b/app.py\n@@ -5,1 +5,1 @@ SECRET_KEY = 'm4rk'\n-x = 1\n+x = 2\n")


def test_a_long_word_beside_a_secrets_name_is_gone_through_once() -> None:
    """A minified script, a picture in base64, what a hostile app prints: from each letter on it would take hours."""
    word = "a" * 500_000
    for around in ("the token {}", "the key {}", "secret.{}.{}"):
        text = around.format(word, word)
        assert hide_assigned(text, "string") == text
    shown = hide_assigned(f"{word} 1-.API_KEY=c0ffee and more", "string")
    assert shown.removeprefix(word) == " 1-.API_KEY=•••• and more"
