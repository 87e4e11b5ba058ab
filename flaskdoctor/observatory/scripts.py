"""The Observatory's test of subresource integrity: where the page's scripts come from, and whether they are pinned."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flaskdoctor.observatory.site import Result, Site

_TEST = "subresource-integrity"
_HTML = ("text/html", "application/xhtml+xml")
_MOST = 131_072  # characters of a page that are looked at; the pattern is bounded too
_SCRIPT = re.compile(r"<script\b([^>]{0,1000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-z-]{1,20})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_MODIFIERS = {
    "sri-implemented-and-all-scripts-loaded-securely": 5,
    "sri-implemented-and-external-scripts-loaded-securely": 5,
    "sri-not-implemented-but-external-scripts-loaded-securely": -5,
    "sri-implemented-but-external-scripts-not-loaded-securely": -20,
    "sri-not-implemented-and-external-scripts-not-loaded-securely": -50,
}
# From best to worst, in the Observatory's order.
_FROM_BEST = (
    "sri-implemented-and-all-scripts-loaded-securely",
    "sri-implemented-but-external-scripts-not-loaded-securely",
    "sri-not-implemented-but-external-scripts-loaded-securely",
    "sri-not-implemented-and-external-scripts-not-loaded-securely",
)


def scripts_result(site: Site) -> Result:
    """What the test says of the scripts in a page."""
    kind = (site.header("content-type") or "").split(";", 1)[0]
    if kind and kind not in _HTML:
        return _result("sri-not-implemented-response-not-html")
    scripts = [_attributes(found) for found in _SCRIPT.findall(_uncommented(site.body[:_MOST]))]
    if not scripts:
        return _result("sri-not-implemented-but-no-scripts-loaded")
    found: set[str] = set()
    foreign = False
    for script in scripts:
        source, pinned = script.get("src", ""), bool(script.get("integrity"))
        if not source:
            continue
        scheme = source.partition(":")[0] if re.match(r"https?://", source) else ""
        here = not scheme and not re.match(r"//[^/]", source)
        secure = scheme == "https" or (here and site.https)
        if here or (scheme and _same_site(source, site.host)):
            if pinned and secure:
                found.add("sri-implemented-and-all-scripts-loaded-securely")
            continue
        foreign = True
        if pinned and not secure:
            found.add("sri-implemented-but-external-scripts-not-loaded-securely")
        elif not pinned and secure:
            found.add("sri-not-implemented-but-external-scripts-loaded-securely")
        elif not pinned:
            found.add("sri-not-implemented-and-external-scripts-not-loaded-securely")
    if found:
        return _result(max(found, key=_FROM_BEST.index))
    if foreign:
        return _result("sri-implemented-and-external-scripts-loaded-securely")
    return _result("sri-not-implemented-but-all-scripts-loaded-from-secure-origin")


def _result(found: str) -> Result:
    return Result(_TEST, found, _MODIFIERS.get(found, 0))


def _attributes(text: str) -> dict[str, str]:
    return {
        match[1].lower(): next((value for value in match.groups()[1:] if value is not None), "")
        for match in _ATTRIBUTE.finditer(text)
    }


def _uncommented(html: str) -> str:
    parts, at = [], 0
    while (start := html.find("<!--", at)) >= 0:
        parts.append(html[at:start])
        end = html.find("-->", start)
        if end < 0:
            return "".join(parts)
        at = end + 3
    return "".join([*parts, html[at:]])


def _same_site(source: str, host: str) -> bool:
    try:
        return _site(urlsplit(source).hostname or "") == _site(host.lower())
    except ValueError:
        return False


def _site(host: str) -> str:
    labels = host.split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if short else -2 :])
