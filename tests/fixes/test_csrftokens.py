"""Tokens in the forms of a template: in those that post to the site, once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.fixes.csrftokens import add_tokens
from flaskdoctor.project.pages.templates import read_template

INPUT = '<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<form method="post"><b>', f'<form method="post">{INPUT}<b>'),
        ("<FORM\n method = POST>\n\t<b>\n</FORM>", f"<FORM\n method = POST>\n\t{INPUT}\n\t<b>\n</FORM>"),
        ("<form method='post'>\r\n  <b>", f"<form method='post'>\r\n  {INPUT}\r\n  <b>"),
        ('<form method="post">\n\n\n    <b>', f'<form method="post">\n    {INPUT}\n\n\n    <b>'),
        ('<form method="post"></form><form method="post"></form>', f'<form method="post">{INPUT}</form>' * 2),
    ],
)
def test_form_that_posts_gets_a_token_as_far_in_as_what_follows(before: str, after: str) -> None:
    assert add_tokens(before.encode()).decode() == after


@pytest.mark.parametrize(
    "source",
    [
        "",
        "<form><b></form>",
        '<form method="get"><b></form>',
        '<form method="post" action="https://pay.example/"><b></form>',
        '<form method="post" action="//pay.example/"><b></form>',
        '<form method="post">{{ form.hidden_tag() }}</form>',
        '<form method="post">{{ form.csrf_token }}</form>',
    ],
)
def test_other_forms_stay(source: str) -> None:
    assert add_tokens(source.encode()).decode() == source


@given(st.lists(st.sampled_from(['<form method="post">', "<form>", "</form>", "csrf", "\n", "  ", "<b>", "é"])))
def test_a_second_time_changes_nothing(parts: list[str]) -> None:
    once = add_tokens("".join(parts).encode())
    assert add_tokens(once) == once


@given(st.lists(st.sampled_from(['<form method="post">', '<form method="post" id="a">', "<form>", "</form>", "<b>"])))
def test_no_form_is_left_and_nothing_is_lost(parts: list[str]) -> None:
    once = add_tokens("".join(parts).encode())
    assert all(form.protected for form in read_template("a.html", "a.html", once).forms if form.method == "POST")
    assert once.decode().replace(INPUT, "") == "".join(parts)
