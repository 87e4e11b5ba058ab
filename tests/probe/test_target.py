"""Which server is asked, and URLs that users type."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.errors import UserError
from flaskdoctor.probe.target import candidates, choose, parse_url
from flaskdoctor.project.deployment.porthints import PortHint
from tests.ports import free_port
from tests.probe.servers import flask_run, linux, process

HINT = PortHint(7001, "127.0.0.1", "http", ".run() in app.py:9")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        (":8000", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:80"),
        ("https://shop.example", "https://shop.example:443"),
        ("HTTPS://Shop.Example:8443/", "https://shop.example:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("  shop.local:99 ", "http://shop.local:99"),
        ("http://bücher.example", "http://xn--bcher-kva.example:80"),
    ],
)
def test_a_url_as_people_type_it(text: str, url: str) -> None:
    target = parse_url(text)
    assert (target.url, target.given, target.why) == (url, True, "as named")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "no host"),
        ("http://", "no host"),
        ("http://127.0.0.1:99999", "port"),
        ("http://127.0.0.1:0", "port"),
        ("http://127.0.0.1:x", "port"),
        ("http://127.0.0.1:²", "port"),
        ("http://ada:canary@127.0.0.1:5000", "name or password"),
        ("ada:canary@127.0.0.1", "name or password"),
        ("http://127.0.0.1/?next=a@canary", "URL"),
        ("ftp://127.0.0.1", "http or https"),
        ("file:///etc/passwd", "http or https"),
        ("http://127.0.0.1:5000/shop", "without a path"),
        ("http://127.0.0.1?canary", "without a path"),
        ("http://::1:5000", "brackets"),
        ("http://[::1", "IPv6"),
        ("http://[::1]5000", "brackets"),
        ("http://a b", "cannot be read"),
        ("http://a\x1b[31m", "cannot be read"),
        ("http://127.0.0.1\\@evil.example", "URL"),
        ("http://-", "cannot be read"),
        ("http://a..b", "cannot be read"),
        ("http://127.0.0.1%2eevil.example", "cannot be read"),
    ],
)
def test_what_is_no_url_is_refused_without_being_repeated(text: str, part: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_url(text)
    assert part in caught.value.title
    assert "canary" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert "--url http://127.0.0.1:5000" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1.evil.example",
        "127.evil.example",
        "127.1.evil.example:80",
        "127.٠.٠.١",
        "127.0.0.256",
        "127.0.0.08",
        "127.0.0.1.",
        "127.1",
        "0x7f.1",
        "localhost.evil.example",
        "[::ffff:8.8.8.8]",
    ],
)
def test_what_only_begins_like_this_machine_is_another(text: str) -> None:
    assert not parse_url(text).loopback


@pytest.mark.parametrize("text", ["127.0.0.1", "127.8.0.255:80", "localhost:5000", "[::1]", "１２７.0.0.1"])
def test_this_machine_is_known_by_its_number(text: str) -> None:
    assert parse_url(text).loopback


@pytest.mark.parametrize("host", ["127.0.0.1.evil.example", "evil.example", "192.0.2.1", "0.0.0.0", "localhost"])
def test_the_environment_leads_to_this_machine_only(tmp_path: Path, host: str) -> None:
    found = candidates(str(tmp_path), (), {"FLASK_RUN_PORT": "7000", "FLASK_RUN_HOST": host})
    assert found[0].url == "http://127.0.0.1:7000"


@given(st.text() | st.from_regex(r"(https?://)?[a-z0-9.:\[\]@%/?#-]{0,40}", fullmatch=True))
def test_any_text_is_a_target_or_an_error_for_the_user(text: str) -> None:
    try:
        target = parse_url(text)
    except UserError:
        return
    assert target.scheme in ("http", "https")
    assert 0 < target.port < 65536
    assert target.host.isascii()
    assert target.host.isprintable()
    assert not set(target.host) & set("/?#@\\[] ")


def test_the_environment_comes_before_the_files_and_a_guess_last(tmp_path: Path) -> None:
    found = candidates(str(tmp_path), (HINT,), {"FLASK_RUN_PORT": "7000"})
    assert [(target.url, target.given, target.proven) for target in found] == [
        ("http://127.0.0.1:7000", False, False),
        ("http://127.0.0.1:7001", False, False),
        ("http://127.0.0.1:5000", False, False),
    ]
    assert [target.why for target in found] == [
        "FLASK_RUN_PORT in the environment",
        ".run() in app.py:9",
        "Flask's usual port, a guess",
    ]


@pytest.mark.parametrize("port", ["", "x", "0", "99999", "-1", "²", "5001; rm", f"000001{'9' * 5000}"])
def test_an_environment_that_names_no_port_is_left_alone(tmp_path: Path, port: str) -> None:
    assert [target.port for target in candidates(str(tmp_path), (), {"FLASK_RUN_PORT": port})] == [5000]


def test_a_port_is_tried_once(tmp_path: Path) -> None:
    hints = (HINT, HINT._replace(why="again"), PortHint(5000, "127.0.0.1", "https", ".run() in b.py:1"))
    found = candidates(str(tmp_path), hints, {})
    assert [(target.scheme, target.port) for target in found] == [("http", 7001), ("https", 5000)]


@linux
def test_the_process_that_runs_in_the_folder_is_the_server(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (tmp_path / "other").mkdir()
    with flask_run(folder) as port:
        first = candidates(str(folder), (HINT,), {})[0]
        assert (first.port, first.proven, first.given) == (port, True, False)
        assert first.process.startswith("flask run, pid ")
        assert choose(str(folder), hints=(HINT,), environ={}).port == port
        named = choose(str(folder), f"127.0.0.1:{port}")
        assert (named.proven, named.given) == (True, True)
        # Not from a folder beside it, and from the one above: that may be a workspace with this project in it.
        assert not candidates(str(tmp_path / "other"), (), {})[0].proven
        assert candidates(str(tmp_path), (), {})[0].proven


@linux
def test_a_server_in_another_project_is_that_ones(tmp_path: Path) -> None:
    shop, blog, bare = tmp_path / "shop", tmp_path / "blog", tmp_path / "bare"
    shop.mkdir()
    bare.mkdir()
    with flask_run(blog) as port:
        hint = HINT._replace(port=port)
        assert candidates(str(shop), (hint,), {})[0].stranger == str(blog.resolve())
        assert not candidates(str(blog), (hint,), {})[0].stranger
        assert not candidates(str(tmp_path), (hint,), {})[0].stranger
        # What the user names is asked all the same.
        assert not choose(str(shop), f"127.0.0.1:{port}").stranger
    port = free_port()
    with process(bare, "http.server", str(port), "--bind", "127.0.0.1", port=port):  # no project there
        assert not candidates(str(shop), (HINT._replace(port=port),), {})[0].stranger


def test_other_programs_of_the_folder_are_no_candidates(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    port = free_port()
    with process(folder, "http.server", str(port), "--bind", "127.0.0.1", port=port):
        assert not candidates(str(folder), (), {})[0].proven


@linux
def test_of_two_servers_the_one_that_the_project_names_comes_first(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    first, second = sorted((free_port(), free_port()))
    with flask_run(folder, port=first), flask_run(folder, port=second):
        assert candidates(str(folder), (), {})[0].port == first
        hints = (HINT._replace(port=second),)
        assert candidates(str(folder), hints, {})[0].port == second
