"""Edits of .env files: what python-dotenv reads changes where it is meant to, and nowhere else."""

from __future__ import annotations

import io
import re

import pytest
from dotenv import dotenv_values
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.envfile import add_key, blank_value, lift_comment, quote, set_value, strip_bom
from flaskdoctor.fixes.envtemplate import harmless, new_env, new_template
from flaskdoctor.project.env.envfile import parse_env
from tests.examples import examples

VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40)
TRICKY = st.text(st.sampled_from("aA1 \t\n\r\"'\\#$%{}:-=`!é€\x85\x1b"), max_size=30)
NAMES = st.one_of(st.from_regex(r"[A-Z][A-Z0-9_]{0,5}", fullmatch=True), st.from_regex(r"[AB]_[A-D]", fullmatch=True))


def read(data: bytes, *, interpolate: bool = False) -> dict[str, str | None]:
    """What python-dotenv makes of a file with this content, opened as it opens it: with universal newlines."""
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8").read()
    return dict(dotenv_values(stream=io.StringIO(text), interpolate=interpolate))


@st.composite
def env_files(draw: st.DrawFn, broken: bool = False) -> bytes:
    """A .env as people write them: quotes, comments, exports, blank lines, endings, a BOM."""
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(["key", "key", "key", "comment", "blank", "broken" if broken else "blank"]))
        if kind == "key":
            name, value = draw(NAMES), draw(st.one_of(TRICKY, VALUES))
            head = draw(st.sampled_from(["", "export ", "  "])) + name + draw(st.sampled_from(["=", " = ", "= "]))
            lines.append(head + quote(value) + draw(st.sampled_from(["", " # why", "  "])))
        elif kind == "comment":
            noise = st.text(st.sampled_from("abc =:/@#1"), max_size=12)
            lines.append("# " + draw(st.one_of(noise, st.sampled_from(["Optional", "flaskdoctor: local", "A_B="]))))
        elif kind == "broken":
            lines.append(draw(st.sampled_from(['K="open', "K='open", "bare", "=x", 'K="a"b', "MIIEvQ==", '"', "K: 1"])))
        else:
            lines.append("")
    ending = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    text = ending.join(lines) + draw(st.sampled_from([ending, ""]))
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + text.encode()


@given(st.one_of(TRICKY, VALUES))
@example("${A}")
@example("$${A}${B:-c}${}")
@example('it\'s a "test"\\')
@example("-----BEGIN KEY-----\nMIIE\n-----END KEY-----\n")
@example(" # no comment ")
@example("a\rb")
@example("ends in \\")
def test_a_quoted_value_reads_back_exactly(value: str) -> None:
    line = f"A=before\nKEY={quote(value)}\nB=after\n".encode()
    assert read(line, interpolate=True) == {"A": "before", "KEY": value, "B": "after"}


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("", ""),
        ("abc-123_./:@%+,=", "abc-123_./:@%+,="),
        ("two words", "'two words'"),
        ("it's", "'it\\'s'"),
        ("C:\\new", "C:\\new"),
        ("a\nb", '"a\\nb"'),
        ("$A", "'$A'"),
        ("${A}", "'${:-$}{A}'"),
    ],
)
def test_quoting_is_as_plain_as_it_can_be(value: str, quoted: str) -> None:
    assert quote(value) == quoted


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_what_no_variable_can_hold_is_refused(value: str) -> None:
    with pytest.raises(Refuse):
        quote(value)


@given(env_files(broken=True), NAMES, st.booleans())
def test_a_key_more_is_one_line_more_and_changes_no_other(data: bytes, name: str, commented: bool) -> None:
    before = read(data)
    assume(not parse_env(data).mentions(name))
    try:
        after = add_key(data, name, commented=commented)
    except Refuse:
        return
    assert data in without_line(after, f"# {name}=" if commented else f"{name}=")
    assert after.endswith(b"\n") == (data.endswith(b"\n") or data in (b"", b"\xef\xbb\xbf"))
    assert read(after) == (before if commented else {**before, name: ""})
    marks = [(one.name.reveal(), one.local, one.optional) for one in parse_env(data).bindings]
    found = [(one.name.reveal(), one.local, one.optional) for one in parse_env(after).bindings]
    if not commented:
        found.remove((name, False, False))
    assert found == marks


def without_line(data: bytes, line: str) -> set[bytes]:
    """What the file can have been before the line, and a blank one above it, came in."""
    found = set()
    line = (
        re.escape(line).replace(r"\ ", " ").replace("# ", "# (?:export )?") if line[0] == "#" else f"(?:export )?{line}"
    )
    for match in re.finditer(rb"(?:\r?\n)?" + line.encode() + rb"(?:\r?\n|\Z)", data):
        for blank in (b"", b"\n", b"\r\n"):
            for end in (b"", b"\n", b"\r\n"):
                head = data[: match.start()]
                if head.endswith(blank):
                    found.add(head[: len(head) - len(blank)] + end + data[match.end() :])
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # At the end; below a blank line where the last section has a heading.
        ("", "MAIL_PORT=\n"),
        ("B=1\nA=2", "B=1\nA=2\nMAIL_PORT="),
        ("# All\nB=\nA=\n", "# All\nB=\nA=\nMAIL_PORT=\n"),
        ("B=\r\n\r\n# Web\r\nA=\r\n", "B=\r\n\r\n# Web\r\nA=\r\n\r\nMAIL_PORT=\r\n"),
        ("B=\n\n# Web\nA=\n\n", "B=\n\n# Web\nA=\n\nMAIL_PORT=\n"),
        ("B=\n\n# Mail\n", "B=\n\n# Mail\nMAIL_PORT=\n"),
        # Beside its sisters, the last of those that share most words, also where they are commented out.
        ("# Mail\nMAIL_SERVER=a # why\n\n# Web\nWEB=1\n", "# Mail\nMAIL_SERVER=a # why\nMAIL_PORT=\n\n# Web\nWEB=1\n"),
        ("Z=1\nMAIL_A=1\nexport MAIL_B='x\ny'\nA=2", "Z=1\nMAIL_A=1\nexport MAIL_B='x\ny'\nMAIL_PORT=\nA=2"),
        ("Z=\n# MAIL_SERVER=\nA=\n", "Z=\n# MAIL_SERVER=\nMAIL_PORT=\nA=\n"),
        ("Z=1\nMAIL_SERVER=a", "Z=1\nMAIL_SERVER=a\nMAIL_PORT="),
        # A file that is sorted stays so.
        ("DB=\nMAIL_A=\nMAIL_Z=\nWEB=\n", "DB=\nMAIL_A=\nMAIL_PORT=\nMAIL_Z=\nWEB=\n"),
        # Where the shell reads the file too; a key in a comment is no heading.
        ("export B=1\n\n# A\nexport A='x'\n", "export B=1\n\n# A\nexport A='x'\n\nexport MAIL_PORT=\n"),
        ("B=1\n\n# A\n#export A=1\n", "B=1\n\n# A\n#export A=1\n\nMAIL_PORT=\n"),
        # Where a comment would speak of it: it is neither optional nor of this machine alone.
        ("A=1\n# Optional\nMAIL_SERVER=\n", "A=1\n# Optional\nMAIL_SERVER=\n\nMAIL_PORT=\n"),
        ("# Optional\nMAIL_SERVER=\n\nA=1\n", "# Optional\nMAIL_SERVER=\n\nA=1\nMAIL_PORT=\n"),
        ("B=\nA=\n# flaskdoctor: local\n", "B=\nA=\n# flaskdoctor: local\n\nMAIL_PORT=\n"),
        # A value below reads it: there it would be empty, and is not.
        ("MAIL_SERVER=a\nURL=${MAIL_PORT:-25}\n", "MAIL_SERVER=a\nURL=${MAIL_PORT:-25}\nMAIL_PORT=\n"),
        ("MAIL_SERVER=a\nURL=${MAIL_PORTS}\n", "MAIL_SERVER=a\nMAIL_PORT=\nURL=${MAIL_PORTS}\n"),
    ],
)
def test_a_key_goes_beside_its_sisters_or_to_the_end(before: str, after: str) -> None:
    assert add_key(before.encode(), "MAIL_PORT").decode() == after


def test_a_key_goes_where_it_stands_in_the_other_file() -> None:
    like = b"# Web\nHOST=\nNAME=\nTHEME=\n\n# Data\nURL=\nPOOL=\n"
    assert add_key(b"THEME=1\nHOST=2\nZ=3\n", "NAME", like=like) == b"THEME=1\nHOST=2\nNAME=\nZ=3\n"
    assert add_key(b"THEME=1\nHOST=2\nZ=3\n", "POOL", like=like) == b"THEME=1\nHOST=2\nZ=3\nPOOL=\n"
    assert add_key(b"URL=1\nHOST=2\nZ=3\n", "POOL", like=like) == b"URL=1\nPOOL=\nHOST=2\nZ=3\n"


@given(env_files(), NAMES)
def test_adding_to_a_whole_file_is_never_refused(data: bytes, name: str) -> None:
    assume(not parse_env(data).mentions(name))
    assert read(add_key(data, name))[name] == ""


@given(env_files(broken=True), NAMES, st.one_of(TRICKY, VALUES))
def test_a_moved_secret_reads_back_and_every_other_key_stays(data: bytes, name: str, value: str) -> None:
    before = read(data, interpolate=True)
    try:
        after = set_value(data, name, value)
    except Refuse:
        assert parse_env(data).doubt or before.get(name)
        return
    assert read(after, interpolate=True) == {**before, name: value}
    assert after.startswith(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"KEY='s p'\n"),
        (b"A=1\r\n", b"A=1\r\nKEY='s p'\r\n"),
        (b"A=1", b"A=1\nKEY='s p'"),
        (b"A=1\nKEY=\nB=2\n", b"A=1\nKEY='s p'\nB=2\n"),
        (b"export KEY = \nB=2\n", b"export KEY ='s p'\nB=2\n"),
        (b"KEY='' # mine\r\nB=2", b"KEY='s p' # mine\r\nB=2"),
        (b"KEY= # mine\n", b"KEY='s p' # mine\n"),
        (b"KEY='s p'\n", b"KEY='s p'\n"),
        (b'KEY="s p"\n', b'KEY="s p"\n'),
        (b"KEY=1\nKEY=\n", b"KEY=1\nKEY='s p'\n"),
        (b"export A=1\n", b"export A=1\nexport KEY='s p'\n"),
        (b"KEY_OLD=1\nB=2\n", b"KEY_OLD=1\nB=2\nKEY='s p'\n"),
    ],
)
def test_a_value_is_set_in_place(before: bytes, after: bytes) -> None:
    assert set_value(before, "KEY", "s p") == after


@pytest.mark.parametrize(
    "data",
    [b"KEY=other\n", b'A="open\n', b"KEY\n", "A=1\n".encode("utf-16"), b"A=caf\xe9\n", b"\xef\xbb\xbf" * 2 + b"KEY=\n"],
)
def test_a_value_is_not_set_where_it_could_do_harm(data: bytes) -> None:
    with pytest.raises(Refuse):
        set_value(data, "KEY", "s p")


def test_a_template_keeps_form_and_no_value() -> None:
    env = (
        b"\xef\xbb\xbf# Shop\r\n\r\nexport SECRET_KEY='hunter2' # the old one\r\n# PASSWORD=old\r\nA=1\r\n"
        b"A=2\r\n\r\n\r\n"
        b'# The token is abcdef123456\r\nMULTI="one\r\ntwo"\r\nSIZE=50\r\nCOMPOSE_FILE=a.yml\r\n'
    )
    after = new_template(env, optional=["SIZE"], more=["NEEDED"], more_optional=["EXTRA"])
    assert after == b"# Shop\r\n\r\nexport SECRET_KEY=\r\nA=\r\nMULTI=\r\n# SIZE=\r\nNEEDED=\r\n# EXTRA=\r\n"


@pytest.mark.parametrize(
    "data", [b'A=1\nB="open\n', b"A=1\nMIIEvQ\n", b"export A\n", b"a-b=1\n", "A=1\n".encode("utf-16"), b"A=\xe9\n"]
)
def test_no_template_from_a_file_whose_names_may_be_secrets(data: bytes) -> None:
    with pytest.raises(Refuse):
        new_template(data)


SECRETS = st.text(st.sampled_from("abcxyzABC019+/-_!"), min_size=6, max_size=30)


LINES = {
    "plain": ["K{n}={s}"],
    "quoted": ['export K{n}="{s}', '{s}"'],
    "single": ["K{n} = '{s}' # '{s}'"],
    "comment": ["# K{n}={s}", "K{n}="],
    "commented out": ["#export K{n}='{s}"],
    "inline": ["K{n}=x # was {s}"],
    "above": ["# was {s} once", "K{n}={s}"],
    "url": ["K{n}=postgresql://shop:{s}@db/shop", "# postgresql://shop:{s}@db/shop"],
    "again": ["K0={s}", "K0={s}{s}"],
    "key block": ["K{n}=-----BEGIN PRIVATE KEY-----", "{s}", "{s}==", "-----END PRIVATE KEY-----"],
    "open": ['K{n}="{s}', "K{n}B={s}"],
    "behind": ['K{n}="{s}"{s}'],
    "alone": ["{s}"],
    "blank": ["", "  "],
}


@settings(max_examples=examples(100), deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(LINES)), SECRETS), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)
def test_no_template_holds_a_piece_of_a_value(parts: list[tuple[str, str]], end: str, bom: bool, ends: bool) -> None:
    lines = [line.format(n=number, s=secret) for number, (kind, secret) in enumerate(parts) for line in LINES[kind]]
    data = ("\ufeff" if bom else "") + end.join(lines) + (end if ends else "")
    try:
        after = new_template(data.encode()).decode()
    except Refuse as refused:
        after = f"{refused.title} {refused.hint}"
    for _, secret in parts:
        assert secret not in after
        for piece in re.findall(r"[A-Za-z0-9]{4,}", secret):
            assert piece not in after


@pytest.mark.parametrize(
    ("comment", "kept"),
    [
        ("# Where the data is", True),
        ("# See https://flask.palletsprojects.com/config", True),
        ("# --- mail ---", True),
        ("# KEY=old", False),
        ("# password: swordfish", False),
        ("# the password is swordfish", False),
        ("# postgresql://shop:pw@db/shop", False),
        ("# was hunter2", False),
        ("# AKIAIOSFODNNEXAMPLEKEY", False),
        ("# bob:swordfish@example.org", False),
        ("# swordfish", False),
    ],
)
def test_comments_that_could_tell_something_are_dropped(comment: str, kept: bool) -> None:
    assert harmless(comment, {"swordfish"}) is kept


def test_a_first_env_is_the_template() -> None:
    assert new_env(b"\xef\xbb\xbf# x\r\nA=\r\n") == b"# x\r\nA=\r\n"
    with pytest.raises(Refuse):
        new_env("A=\n".encode("utf-16"))


@given(env_files(), st.data())
def test_a_blanked_value_is_gone_and_nothing_else_is(data: bytes, choice: st.DataObject) -> None:
    known = parse_env(data)
    if known.state != "ok" or not known.keys:
        return
    key = choice.draw(st.sampled_from(sorted(known.keys)))
    try:
        after = blank_value(data, key)
    except Refuse:
        return
    expected = {name: "" if name == key and value else value for name, value in read(data).items()}
    assert read(after) == expected
    assert blank_value(after, key) == after
    assert after.count(b"# why") == data.count(b"# why")
    assert after.startswith(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A=1\nB='x' # why\nC=2\n", "A=1\n# why\nB=\nC=2\n"),
        ("  export B = x # why\r\n", "  # why\r\n  export B =\r\n"),
        ('\n\nB="x\ny"\nC=1', "\n\nB=\nC=1"),
        ("B=x", "B="),
        ("B=\nB=x\n", "B=\nB=\n"),
        ("B= # why\n", "# why\nB=\n"),
        ("B=x#y\n", "B=\n"),
    ],
)
def test_a_comment_behind_a_blanked_value_moves_above_it(before: str, after: str) -> None:
    assert blank_value(before.encode(), "B").decode() == after


@settings(deadline=None)
@given(env_files(broken=True), env_files(), NAMES, st.sampled_from(["# why", "#  a # b", "# optional", "# A=1"]))
def test_a_lifted_comment_changes_one_line_and_no_value(before: bytes, behind: bytes, name: str, comment: str) -> None:
    head = before if before.endswith((b"\n", b"\r")) or not before else before + b"\n"
    tail = behind.removeprefix(b"\xef\xbb\xbf")
    data = head + f"{name} = {comment}\n".encode() + tail
    line = next((each.line for each in parse_env(data).bindings if each.name.reveal() == name and each.empty), 0)
    if parse_env(data).state != "ok" or not line:
        return
    try:
        after = lift_comment(data, line)
    except Refuse:
        return
    assert read(after) == read(data)
    assert [each.optional for each in parse_env(after).bindings] == [each.optional for each in parse_env(data).bindings]
    changed = [each for each in after.splitlines() if each not in data.splitlines()]
    assert len(changed) <= 2
    assert sorted(after.replace(b'""', b"").split()) == sorted(data.replace(b'""', b"").split())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A=1\nB= # why\nC=2", "A=1\n# why\nB=\nC=2"),
        ("\r\n  export B =\t# why # not\r\nC=2\r\n", "\r\n  # why # not\r\n  export B =\r\nC=2\r\n"),
        ("B= # optional\nC=\n", 'B="" # optional\nC=\n'),
        ("\ufeffB= # why", "\ufeff# why\nB="),
        ("B= # flaskdoctor: local\nC=\n", "# flaskdoctor: local\nB=\nC=\n"),
    ],
)
def test_a_comment_behind_nothing_moves_above(before: str, after: str) -> None:
    line = next(each.line for each in parse_env(before.encode()).bindings if each.name.reveal() == "B")
    assert lift_comment(before.encode(), line) == after.encode()


@pytest.mark.parametrize(("text", "line"), [("A=1\n", 1), ("A= # why\n", 2), ("A\n", 1), ("A='\nB= # c\n'\n", 2)])
def test_where_no_comment_stands_behind_nothing_there_is_none_to_move(text: str, line: int) -> None:
    with pytest.raises(Refuse):
        lift_comment(text.encode(), line)


def test_a_byte_order_mark_is_taken_away_and_nothing_else() -> None:
    assert strip_bom(b"\xef\xbb\xbfA=1\r\nB='x'") == b"A=1\r\nB='x'"
    for data in (b"A=1\n", b"", b"\xef\xbb\xbf\xef\xbb\xbfA=1\n"):
        with pytest.raises(Refuse):
            strip_bom(data)
