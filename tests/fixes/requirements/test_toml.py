"""Dependencies in pyproject.toml and Pipfile: tomli reads the same document but for the one thing that is new."""

from __future__ import annotations

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.requirements.requirement import Requirement
from flaskdoctor.fixes.requirements.tomladd import add_requirement
from flaskdoctor.fixes.requirements.tomlchange import add_extra, add_marker

NEW = Requirement("new", ">=1")


def added(text: str) -> str:
    return add_requirement(text.encode(), NEW, {"flask"}).decode()


def in_project(array: str) -> str:
    return f'[project]\nname = "shop"\ndependencies = {array}\n\n[tool.x]\ndependencies = ["flask"]\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # On one line: blanks, quotes and a comma at the end as they are.
        ('["flask"]', '["flask", "new>=1"]'),
        ("['flask']", "['flask', 'new>=1']"),
        ('[ "flask", "redis" ]', '[ "flask", "redis", "new>=1" ]'),
        ('["flask","redis"]', '["flask","redis","new>=1"]'),
        ('["flask", "redis",]  # all', '["flask", "redis", "new>=1",]  # all'),
        ('["celery", "flask", "redis"]', '["celery", "flask", "new>=1", "redis"]'),
        ('["quart", "redis", "flask[a]>=2,<3"]', '["quart", "redis", "flask[a]>=2,<3", "new>=1"]'),
        ('["pytz", "quart", "redis", "flask"]', '["pytz", "quart", "redis", "flask", "new>=1"]'),
        # A line each, with and without a comma behind the last.
        ('[\n    "flask",\n]', '[\n    "flask",\n    "new>=1",\n]'),
        ('[\n\t"flask"\n]', '[\n\t"flask",\n\t"new>=1"\n]'),
        ("[\n  'redis',\n  'flask' # web\n  # end\n]", "[\n  'redis',\n  'flask', # web\n  'new>=1'\n  # end\n]"),
        (
            '[\n  "celery",\n  "flask", # [web], "all"\n  "redis",\n]',
            '[\n  "celery",\n  "flask", # [web], "all"\n  "new>=1",\n  "redis",\n]',
        ),
        (
            '[\n  # web\n  "redis",\n  "flask",\n\n  # data\n  "a",\n]',
            '[\n  # web\n  "redis",\n  "flask",\n  "new>=1",\n\n  # data\n  "a",\n]',
        ),
        (
            '[\n  # web\n  "quart",\n  "flask",\n  "zope",\n]',
            '[\n  # web\n  "quart",\n  "flask",\n  "zope",\n  "new>=1",\n]',
        ),
        (
            '[\n  # web\n  "oath",\n  "p",\n  "flask; a"\n]',
            '[\n  # web\n  "oath",\n  "p",\n  "flask; a",\n  "new>=1"\n]',
        ),
        ('["flask",\n "redis"]', '["flask",\n "redis",\n "new>=1"]'),
        ('["flask",\n "psycopg",\n "redis"]', '["flask",\n "new>=1",\n "psycopg",\n "redis"]'),
        ('[\n  "flask", "redis",\n  "a", "b",\n]', '[\n  "flask", "redis",\n  "a", "b", "new>=1",\n]'),
        ('[\n  "flask"]', '[\n  "flask",\n  "new>=1"]'),
        (
            '[\n  "redis",\n  "flask",\n  # "celery",\n  "pillow",\n]',
            '[\n  "redis",\n  "flask",\n  # "celery",\n  "pillow",\n  "new>=1",\n]',
        ),
        # What is no plain string stays what it is.
        ("[\"\"\"flask\"\"\", '''redis''']", "[\"\"\"flask\"\"\", '''redis''', 'new>=1']"),
        ('["flask; sys_platform == \'linux\'", "a"]', '["flask; sys_platform == \'linux\'", "a", "new>=1"]'),
        ('["flask", "New == 2"]', '["flask", "New == 2"]'),
    ],
)
def test_an_item_goes_where_the_array_has_a_place_for_it(before: str, after: str) -> None:
    assert added(in_project(before)) == in_project(after)
    assert added(in_project(before).replace("\n", "\r\n")) == in_project(after).replace("\n", "\r\n")
    assert added(in_project(before).rstrip("\n")) == in_project(after).rstrip("\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('project.dependencies = ["flask"]\nx = 1', 'project.dependencies = ["flask", "new>=1"]\nx = 1'),
        ('project = { dependencies = ["flask"] }', None),
        ('[project]\n"dependencies" = ["flask"]', '[project]\n"dependencies" = ["flask", "new>=1"]'),
        ('[project]\ndependencies = [\n  "flask"\n  , "redis"\n]', None),
        # Nothing in the main list: the only group that has Flask.
        (
            '[project]\ndependencies = ["a"]\n[project.optional-dependencies]\nweb = ["flask"]\nx = ["b"]',
            '[project]\ndependencies = ["a"]\n[project.optional-dependencies]\nweb = ["flask", "new>=1"]\nx = ["b"]',
        ),
        (
            '[dependency-groups]\nweb = [\n  {include-group = "a"},\n  "flask",\n]\na = ["b"]',
            '[dependency-groups]\nweb = [\n  {include-group = "a"},\n  "flask",\n  "new>=1",\n]\na = ["b"]',
        ),
        ('[dependency-groups]\nweb = ["flask"]\nadmin = ["flask"]', None),
        # Poetry's table, and pipenv's.
        (
            '[tool.poetry.dependencies]\npython = "^3"\nflask = "^3"  # web\n\n[tool.poetry.group.dev]\n',
            '[tool.poetry.dependencies]\npython = "^3"\nflask = "^3"  # web\nnew = ">=1"\n\n[tool.poetry.group.dev]\n',
        ),
        (
            "[tool.poetry.dependencies]\npython='^3'\nclick='^8'\nflask={version='^3',extras=['a',\n'b']}\nredis='*'",
            "[tool.poetry.dependencies]\npython='^3'\nclick='^8'\nflask={version='^3',extras=['a',\n'b']}\n"
            "new='>=1'\nredis='*'",
        ),
        ('[tool.poetry]\n[tool.poetry.dependencies.flask]\nversion = "3"\n', None),
        ('[tool.poetry]\ndependencies = { flask = "3" }\n', None),
        ('[packages]\nflask = "*"\n\n[dev-packages]\n', '[packages]\nflask = "*"\nnew = ">=1"\n\n[dev-packages]\n'),
        ('[packages]\nFLASK = "*"\n"New" = "*"', '[packages]\nFLASK = "*"\n"New" = "*"'),
        ('[packages]\nflask = "*"', '[packages]\nflask = "*"\nnew = ">=1"'),
        # No TOML; a document that is not even itself (nan is not nan); a byte order mark, which no TOML begins with.
        ("[project\n", None),
        ('[project]\ndependencies = ["flask"]\n[tool.x]\na = nan', None),
        ('\ufeff[project]\ndependencies = ["flask"]', None),
    ],
)
def test_it_goes_into_the_list_that_has_flask_or_nowhere(before: str, after: str | None) -> None:
    if after is None:
        with pytest.raises(Refuse):
            added(before)
    else:
        assert added(before) == after


BLANK = st.sampled_from(["", " ", "  ", "\n", "\n    ", "\n\t", '  # it\'s ["x", 1]\n  ', "\n\n  # more\n  "])
NAMES = st.sampled_from(["flask", "Flask-Login>=0.6", "redis", "zope[a]", "attrs; python_version < '4'", "celery"])


@st.composite
def arrays(draw: st.DrawFn) -> str:
    """An array of strings as TOML allows it, in any form."""
    items = draw(st.lists(NAMES, max_size=4, unique=True))
    items.insert(draw(st.integers(0, len(items))), "flask")
    text = "["
    for number, item in enumerate(dict.fromkeys(items)):
        if number:
            text += draw(st.sampled_from(["", "", "", " ", "\n"])) + ","
        quote = draw(st.sampled_from(['"', '"', '"""'] if "'" in item else ['"', "'", '"""', "'''"]))
        text += draw(BLANK) + quote + item + quote
    return text + draw(st.sampled_from(["", ","])) + draw(BLANK) + "]"


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A pyproject.toml with such an array between other things, some of which look like it."""
    before = draw(
        st.lists(
            st.sampled_from(
                [
                    '# dependencies = ["flask"]',
                    "[build-system]\nrequires = ['flask']",
                    '[tool.a]\ntext = """\n[project]\ndependencies = ["flask"]\n"""',
                    "[[tool.b]]\nx = {y = ['flask', {z = 1}]}",
                    "[tool.'c.d']\nwhen = 1979-05-27 07:32:00\n",
                    '[tool.e]\n"k=" = 1.5e3 # "',
                    "",
                ]
            ),
            max_size=3,
            unique=True,
        )
    )
    text = "\n".join([*before, "[project]", "name = 'x'", f"dependencies = {draw(arrays())}", "", "[tool.z]", "a = 1"])
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))).encode()


@given(documents())
def test_an_item_more_changes_nothing_else(data: bytes) -> None:
    tomli.loads(data.decode())
    try:
        after = add_requirement(data, NEW, {"flask"})
    except Refuse:
        return
    expected, found = tomli.loads(data.decode()), tomli.loads(after.decode())
    found["project"]["dependencies"].remove(NEW.line)
    assert found == expected
    # Byte for byte it is the same file, but for the item, a comma and blanks.
    place = after.index(NEW.line.encode())
    kept = after[: place - 1] + after[place + len(NEW.line) + 1 :]
    assert _dense(kept) == _dense(data)
    assert (b"\r\n" in after) == (b"\r\n" in data)
    assert after.count(b"\n") - data.count(b"\n") in (0, 1)
    assert add_requirement(after, NEW, {"flask"}) == after


@given(documents(), st.sampled_from(["flask", "redis", "zope", "attrs"]))
def test_an_extra_and_a_marker_change_one_item(data: bytes, name: str) -> None:
    expected = tomli.loads(data.decode())["project"]["dependencies"]
    for change in (lambda: add_extra(data, name, "x"), lambda: add_marker(data, name, "sys_platform", "win32")):
        try:
            after = change()
        except Refuse:
            continue
        if after is None:
            assert not any(item.startswith(name) and ";" not in item for item in expected if item != "Flask-Login")
            continue
        found = tomli.loads(after.decode())["project"]["dependencies"]
        changed = [(one, two) for one, two in zip(expected, found, strict=True) if one != two]
        assert len(changed) == 1
        assert changed[0][0].startswith(name)
        assert changed[0][1].startswith(name)


def _dense(data: bytes) -> bytes:
    """The text without blanks and commas."""
    return b"".join(data.replace(b",", b"").split())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("flask = '^3'", "flask = { version = '^3', extras = ['async'] }"),
        ('flask = {version = "^3"}', 'flask = {version = "^3", extras = ["async"]}'),
        ('flask = { version = "^3", extras = [ "a" ] } # x', 'flask = { version = "^3", extras = ["a", "async"] } # x'),
        ('flask = [{version = "^2", python = "<3.9"}, {version = "^3"}]', None),
        ('flask = {git = "https://x/flask.git"}', 'flask = {git = "https://x/flask.git", extras = ["async"]}'),
    ],
)
def test_an_entry_of_poetrys_table_asks_for_the_extra(before: str, after: str | None) -> None:
    head = "[tool.poetry.dependencies]\npython = '^3.11'\n"
    if after is None:
        with pytest.raises(Refuse):
            add_extra((head + before).encode(), "flask", "async")
    else:
        assert add_extra((head + before).encode(), "flask", "async") == (head + after).encode()


def test_an_entry_that_says_already_where_it_counts_gets_no_marker() -> None:
    data = b"[tool.poetry.dependencies]\nuwsgi = { version = '^2', markers = 'python_version > \"3\"' }\n"
    assert add_marker(data, "uwsgi", "sys_platform", "win32") is None


def test_only_the_projects_own_dependency_asks_for_the_extra() -> None:
    before = (
        b"[build-system]\nrequires = [\"flask>=2\"]\n\n[project]\ndependencies = [\n  'flask>=2', # web\n]\n"
        b'[project.optional-dependencies]\ndev = ["flask>=2"]\n'
    )
    assert add_extra(before, "flask", "async") == before.replace(b"'flask>=2'", b"'flask[async]>=2'")


@given(st.binary(max_size=60), st.sampled_from([b"flask", b'dependencies = ["flask"]\n']))
def test_any_bytes_are_changed_as_said_or_left_alone(noise: bytes, line: bytes) -> None:
    data = b"[project]\n" + line + noise
    for change in (lambda: add_extra(data, "flask", "async"), lambda: add_requirement(data, NEW, {"flask"})):
        try:
            after = change()
        except Refuse:
            continue
        if after is not None:
            assert tomli.loads(after.decode())["project"]["dependencies"] in (["flask[async]"], ["flask", "new>=1"])
            assert after.replace(b"flask[async]", b"flask", 1).replace(b', "new>=1"', b"", 1) == data
