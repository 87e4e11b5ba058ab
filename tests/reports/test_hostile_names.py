"""File names made to break a report: in no format is any of them more than a name."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import junitparser
import pytest
from markdown_it import MarkdownIt

from flaskdoctor.finding import Finding, Location, Severity, Tip
from flaskdoctor.reports import FORMATS, Context, Part, render
from flaskdoctor.scan import Options, scan
from tests.projects import build

APP = "from flask import Flask, jsonify\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef f():\n    return jsonify({})\n"
NAMES = (
    "a space.py",
    "c:o:l:o,n.py",
    "100%25 %0A.py",
    "new\nline.py",
    "cr\r::error::x.py",
    "\n::error file=app.py::forged.py",
    "esc\x1b[31m\x07.py",
    "byte\udce9.py",
    "bidi\u202e\u2066.py",
    "no\uffffxml\x01.py",
    "<img src=x onerror=alert(1)>&amp; & &x;\"'.py",
    "]]><failure>.py",
    "`tick` ``two`` | pipe.py",
    "![i](http:evil) [l](http:evil) www.evil.example.py",
    "@someone #1 GH-1 :tada: $x$ **b** _i_.py",
    "#[fg=red]#(touch pwned)#{pid}.py",
    "'quote' {0} {name}.py",
    "::stop-commands::x.py",
    " \u3000::add-mask::x.py",
    "a##[add-matcher]x.py",
    "a##vso[task.setvariable variable=x]x.py",
    "##teamcity[buildStop].py",
)
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Part:
    root = build(tmp_path_factory.mktemp("hostile") / "shop", dict.fromkeys(NAMES, APP), "3.1.0")
    report = scan(str(root), Options(("FD101",), cache=False)).report
    assert {finding.location.path for finding in report.findings} == set(NAMES)
    live = Finding(
        "FD812",
        "missing-frame-protection",
        Tip.LIVE,
        Severity.WARNING,
        "the header says <b>@someone</b> \x1b]0;x\x07 | \n::error::forged http://evil.example `x` [l](http://evil)",
        Location(""),
        url="http://127.0.0.1:5000/\n::error::%0A<x>\x1b",
    )
    return Part(report._replace(findings=(*report.findings, live)), prefix="na|sty `]]>\x1b\n@me/")


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_raw_is_written(name: str, part: Part) -> None:
    text = render(name, [part], Context())
    assert not CONTROL.search(text)
    text.encode("utf-8")
    lines = 1 + len(part.report.findings)
    if name in ("text", "github"):
        assert text.count("\n") == lines


@pytest.mark.parametrize("name", ["text", "github"])
def test_a_ci_service_obeys_none_of_them(name: str, part: Part) -> None:
    """GitHub, Azure and TeamCity read commands in a step's log: two colons behind blanks, ``##word[`` anywhere."""
    prefixed = render(name, [part, part._replace(prefix="::group::a/"), part._replace(prefix="##[group]/")], Context())
    for line in (*render(name, [part._replace(prefix="")], Context()).split("\n"), *prefixed.split("\n")):
        assert re.match(r"\s*::(?!(error|warning|notice) )", line) is None, line
        assert (name == "github" and line.startswith("::")) or re.search(r"##\w*\[", line) is None, line


def test_json_gives_the_names_back(part: Part) -> None:
    document = json.loads(render("json", [part], Context()))
    paths = {item["path"].removeprefix(part.prefix) for item in document["findings"] if item["path"]}
    assert paths == {name.replace("\udce9", "\\udce9") for name in NAMES}


def test_sarif_gives_the_bytes_of_the_names_back(part: Part) -> None:
    run = json.loads(render("sarif", [part], Context()))["runs"][0]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"]]
    for place in places:
        assert re.fullmatch(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", place["uri"])
        assert not re.search(r"%(?![0-9A-F]{2})", place["uri"])
    found = {unquote_to_bytes(place["uri"]) for place in places if "uriBaseId" in place}
    assert found == {os.fsencode(name) for name in NAMES}


def test_gitlab_gives_the_names_back(part: Part) -> None:
    paths = {issue["location"]["path"] for issue in json.loads(render("gitlab", [part], Context()))}
    assert {name.replace("\udce9", "\\udce9") for name in NAMES} <= paths


def as_github_reads(text: str) -> Iterator[dict[str, str]]:
    """Workflow commands as the runner reads them: a line that begins with ``::``, its properties, what is escaped."""
    for line in text.split("\n"):
        match = re.match(r"::(\w+) (.*?)::(.*)\Z", line)
        if match is None:
            assert not line.startswith(("::", "##["))
            continue
        properties = dict(item.split("=", 1) for item in match[2].split(","))
        escapes = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
        for key, value in properties.items():
            for escape, char in escapes:
                value = value.replace(escape, char)
            properties[key] = value
        yield {"command": match[1], **properties}


def test_github_reads_one_annotation_for_each_and_the_names(part: Part) -> None:
    found = list(as_github_reads(render("github", [part], Context())))
    assert [item["command"] for item in found] == ["warning"] + ["notice"] * len(NAMES)
    files = {item["file"] for item in found if "file" in item}
    plain = {name for name in NAMES if not CONTROL.search(name.replace("\n", "").replace("\r", ""))}
    assert plain - {"no\uffffxml\x01.py"} <= files
    assert len(files) == len(NAMES)


def test_junit_loads(part: Part) -> None:
    xml = junitparser.JUnitXml.fromstring(render("junit", [part], Context(limit=Severity.INFO)).encode())
    (suite,) = list(xml)
    assert xml.failures == len(list(suite)) == len(part.report.findings)
    assert all(len(case.result) == 1 for case in suite)
    tree = ElementTree.fromstring(render("junit", [part], Context()))
    assert {element.tag for element in tree.iter()} == {"testsuites", "testsuite", "testcase", "failure", "system-out"}


def test_markdown_shows_text_and_code_and_nothing_else(part: Part) -> None:
    text = render("markdown", [part], Context())
    tokens = MarkdownIt("gfm-like").parse(text)
    flat = [inner for token in tokens for inner in (token, *(token.children or ()))]
    kinds = {token.type for token in flat}
    assert not kinds & {"link_open", "image", "html_inline", "strong_open", "em_open", "s_open"}
    blocks = {token.content.strip() for token in flat if token.type == "html_block"}
    assert {re.sub(r"\d+", "1", block.split("\n")[0]) for block in blocks} <= {
        "<details open>",
        "<details>",
        "</details>",
    }
    rows = [token for token in flat if token.type == "tr_open"]
    cells = [token for token in flat if token.type == "td_open"]
    assert len(cells) == 4 * len(part.report.findings)
    assert len(rows) == len(part.report.findings) + sum(token.type == "table_open" for token in flat)
    # Outside of code nothing is left that GitHub makes a mention, a reference, a sum or an emoji of.
    prose = " ".join(token.content for token in flat if token.type == "text")
    assert not re.search(r"@\w|#\d|GH-\d|:\w+:|\$", prose)
    code = {token.content for token in flat if token.type == "code_inline"}
    assert any("@someone #1 GH-1 :tada: $x$ **b** _i_.py:8:12" in item for item in code)


def test_the_names_of_files_are_not_in_the_segment(part: Part) -> None:
    assert render("tmux", [part], Context()) == "#[fg=yellow]▲1 #[default]100\n"
