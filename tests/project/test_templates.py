"""Templates: their names as Flask looks them up, and what stands in them."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.project.pages.templates import Templates, read_template
from tests.projects import write

PAGE = """\
<form action="{{ url_for('shop.search') }}"><input name="q"></form>
é <form class="order"
      METHOD='post' action="{{ url_for("shop.order", number=1) }}">
  {{ form.hidden_tag() }}
</form>
<form method=post><input name="csrf_token" value="{{ csrf_token() }}"></form>
<form method="POST"><input name="mail"></form>
{{ csrf_token() }}
"""


def test_names_are_those_that_render_template_takes(tmp_path: Path) -> None:
    files = ["shop/templates/shop/index.html", "templates/base.html", "theme/pages/index.html", "shop/static/x.html"]
    found = Templates(str(tmp_path), [*files, "shop/templates/mail.txt", "other/templates/base.html"], ["theme/pages"])
    assert found.names == {
        "shop/index.html": ("shop/templates/shop/index.html",),
        "base.html": ("templates/base.html", "other/templates/base.html"),
        "index.html": ("theme/pages/index.html",),
        "mail.txt": ("shop/templates/mail.txt",),
    }
    assert "shop/templates/mail.txt" not in found.pages


def test_forms_and_endpoints_with_their_places() -> None:
    template = read_template("t.html", "t.html", PAGE.encode())
    assert [(each.name, each.location.line, each.location.column) for each in template.endpoints] == [
        ("shop.search", 1, 18),
        ("shop.order", 3, 32),
    ]
    assert [(form.method, form.protected, form.location.line, form.location.column) for form in template.forms] == [
        ("GET", False, 1, 1),
        ("POST", True, 2, 3),
        ("POST", True, 6, 1),
        ("POST", False, 7, 1),
    ]


def test_template_is_read_when_it_is_asked_for_and_once(tmp_path: Path) -> None:
    write(tmp_path, {"templates/a.html": PAGE, "templates/b.html": PAGE})
    found = Templates(str(tmp_path), ["templates/a.html", "templates/b.html", "templates/gone.html"])
    assert found.inputs == ()
    first = found.get("templates/a.html")
    assert found.inputs == ("templates/a.html",)
    assert found.get("templates/a.html") is first
    assert [template.path for template in found] == ["templates/a.html", "templates/b.html"]
    assert found.get("templates/gone.html") is None


@given(st.text(alphabet="<form method=\"'>post/{}url_for().\n", max_size=100))
def test_no_template_is_too_odd_to_be_read(text: str) -> None:
    for form in read_template("t.html", "t.html", text.encode()).forms:
        assert form.location.line >= 1


def test_form_that_is_never_closed_ends_where_the_next_one_begins() -> None:
    template = read_template("t.html", "t.html", b"<form method=post>" * 20_000 + b"{{ csrf_token() }}")
    assert [form.protected for form in template.forms] == [False] * 19_999 + [True]


def test_endpoint_counts_only_where_jinja_runs_it_and_knows_all_of_it() -> None:
    page = """{# {{ url_for('a') }} #}{% raw %}{{ url_for('b') }}{% endraw %}
{{ url_for('shop.' ~ name) }} {{ h.url_for('c') }} {{ my_url_for('d') }} {{ url_for('e', page=1) }}
"""
    template = read_template("t.html", "t.html", page.encode())
    assert [(each.name, each.location.line, each.location.column) for each in template.endpoints] == [("e", 2, 77)]
