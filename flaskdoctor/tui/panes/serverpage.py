"""The pages behind the Live tab's rows: the server, a header, a cookie with the session it holds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.content import Content

from flaskdoctor.finding import Finding, Severity
from flaskdoctor.probe.observation import Cookie, Observation, Pace, SessionContent, SessionItem, State
from flaskdoctor.tui import safe
from flaskdoctor.tui.backend import Look
from flaskdoctor.tui.keys import Keymap
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.answer import status
from flaskdoctor.tui.panes.liverows import LiveRow
from flaskdoctor.tui.panes.page import excerpt, fix_section, heading, pairs, prose
from flaskdoctor.tui.panes.serverwords import age, sparkline, state_of
from flaskdoctor.tui.paper import BLANK, Block, Code, Prose
from flaskdoctor.tui.server import Sent, Server

if TYPE_CHECKING:
    from flaskdoctor.live import Verdict

# What each state means, and what to do about it.
_SENTENCES = {
    State.UP: "It answers",
    State.RELOADING: "It is starting, or reloading after a saved file",
    State.BROKEN: "It answers with an error",
    State.DOWN: "None: no server is running here",
    State.WRONG_SERVER: "Another program's server answers here",
    State.NOT_HTTP: "Something listens here that does not speak HTTP",
    State.UNKNOWN: "It cannot be told how the server stands",
}
_HINTS = {
    State.DOWN: "{start}. Another address: flaskdoctor --url http://127.0.0.1:8000",
    State.WRONG_SERVER: "{start}. Where this project's listens already, name it with --url.",
    State.NOT_HTTP: "{start}. Where this project's listens already, name it with --url.",
    State.UNKNOWN: "{probe} asks again; --url names another address.",
}
_OTHER_PROFILE = {
    "development": "--profile production judges it as if it were deployed",
    "production": "--profile development judges it as one on your own machine",
}


def server_head(server: Server, keys: Keymap, *, read_only: bool) -> list[Block]:
    """How it stands, what that means, and what to do about it; where nothing is started from here, in a shell."""
    seen = server.seen
    assert seen is not None
    sign, word, style = state_of(server)
    if server.trouble is not None:
        trouble = Prose(safe.joined((f"{sign} {word}", style), f"  {server.trouble[0]}"), 2)
        return [trouble, Prose(safe.line(server.trouble[1], ".muted"))]
    said = seen.breakage is not None or seen.state in (State.UP, State.DOWN) or seen.detail == seen.identity_why
    detail = "" if said else seen.detail  # below it stands again
    sentence = _SENTENCES[seen.state] + (f": {detail}" if detail else ".")
    blocks: list[Block] = [Prose(safe.joined((f"{sign} {word}", style), f"  {sentence}"), 2)]
    if seen.breakage is not None and seen.state is State.BROKEN:  # another program's error is not this project's
        blocks.append(Prose(safe.line(seen.breakage.error, ".strong")))
    if hint := (server.absent if seen.state is State.DOWN else "") or _HINTS.get(seen.state, ""):
        start = "Start one: flask run --debug" if read_only else "{serve} starts one, after asking"
        blocks.append(Prose(safe.line(keys.named(hint.replace("{start}", start)), ".muted")))
    return blocks


def says_what_to_do(server: Server) -> bool:
    """Whether the head of the server's page ends with a hint."""
    return server.trouble is not None or (server.seen is not None and server.seen.state in _HINTS)


def server_facts(server: Server, now: float, keys: Keymap) -> list[Block]:
    """Address, why that one, whose it is, latency, profile, age."""
    assert server.seen is not None
    return pairs(_facts(server, server.seen, now, keys), indent=0)


def paces_section(server: Server) -> list[Block]:
    """How fast the routes answer that were asked often enough, the one asked last first."""
    paces = server.seen.paces if server.seen is not None else ()
    if not paces:
        return []
    note = safe.line("p50, p95, samples; until the headers are there", ".muted")
    width = min(32, max(safe.width(f"{pace.method} {pace.path}") for pace in paces))
    return [BLANK, heading("Routes over time", note), *(_pace(pace, width) for pace in reversed(paces))]


def _pace(pace: Pace, width: int) -> Block:
    name = safe.line(f"{pace.method} {pace.path}").truncate(width, ellipsis=True, pad=True)
    return Code(Content("  "), safe.joined(name, "  ", pace_words(pace)))


def pace_words(pace: Pace) -> Content:
    """``12 ms   30 ms  ▁▂▁▃  ×14``"""
    slow = ".warning" if pace.p95 > 1 else ".muted"
    times = (f"{words.milliseconds(pace.p50):>8}", ""), (f"{words.milliseconds(pace.p95):>8}", slow)
    return safe.joined(*times, (f"  {sparkline(pace.last, 12)}", ".accent"), (f"  ×{pace.samples}", ".faint"))


def requests_section(server: Server) -> list[Block]:
    """What was sent."""
    if not server.requests:
        return []
    note = safe.line("the newest last, without the looks for files and the debugger", ".muted")
    return [BLANK, heading("Requests", note), *(_sent(sent) for sent in server.requests)]


def _facts(server: Server, seen: Observation, now: float, keys: Keymap) -> list[tuple[str, Content]]:
    target = seen.target
    gone = target.process and seen.state is State.DOWN
    own = server.own is not None and server.own.running and server.own.command.url == target.url
    why = f"{target.process} listened there" if gone else "started from here" if own else target.why
    facts = [("address", safe.joined(target.url, (f"  {why}" if why else "", ".muted")))]
    if target.process and not gone and target.process not in seen.identity_why:
        facts.append(("process", safe.line(target.process)))
    whose = {True: ("this project's", ".ok"), False: ("not this project's", ".warning"), None: ("not proven", ".muted")}
    if seen.state not in (State.DOWN, State.UNKNOWN, State.NOT_HTTP):
        reason = (f"  {seen.identity_why}", ".muted") if seen.identity_why else ""
        facts.append(("whose", safe.joined(whose[seen.identity], reason)))
    if server.latency is not None:
        worst = f"  at worst {words.milliseconds(max(server.latencies))}"
        facts.append(("latency", safe.joined(words.milliseconds(server.latency), (worst, ".muted"))))
    if server.last_unanswered is not None:
        when, answer = server.last_unanswered
        last = f"  {answer.method} {answer.path} at {time.strftime('%H:%M', time.localtime(when))}: {answer.failure}"
        facts.append(("no answer", safe.joined(words.plural(server.unanswered, "request"), (last, ".muted"))))
    if seen.restarts:
        facts.append(("restarts", safe.joined(str(seen.restarts), ("  since the dashboard watches it", ".muted"))))
    if server.judged is not None:
        profile = server.judged.profile
        facts.append(("profile", safe.joined(profile, (f"  {_OTHER_PROFILE.get(profile, '')}", ".muted"))))
    facts.append(("asked", _asked(server, now, keys.shown("probe"))))
    return facts


def _asked(server: Server, now: float, key: str) -> Content:
    """How old the verdicts are; ``key`` renews them."""
    assert server.seen is not None
    text = age(now - server.seen.when)
    if server.seen.state is State.DOWN:
        since = time.strftime("%H:%M", time.localtime(server.seen.when))
        return safe.joined("all the time", (f"  down since {since}", ".muted"))
    if server.full is None:
        return safe.joined(text, (f"  not for everything yet: {key}", ".muted"))
    whole = age(now - server.full)
    others = f"everything {whole}, " if whole != text else ""
    return safe.joined(text, (f"  {others}{key} asks again", ".muted"))


def _sent(sent: Sent) -> Block:
    """``17:05:12  OPTIONS /  200 OK  12 ms  ×14, last 17:19``"""
    answer = sent.answer
    gutter = safe.line(f"{time.strftime('%H:%M:%S', time.localtime(sent.first))}  ", ".faint")
    took = "" if answer.failure else f"  {words.milliseconds(answer.seconds)}"
    again = ""
    if sent.times > 1:
        again = f"  ×{sent.times}, last {time.strftime('%H:%M', time.localtime(sent.last))}"
    text = safe.joined(
        (f"{answer.method:<7} ", ".muted"), answer.path, "  ", status(answer), (took, ".muted"), (again, ".faint")
    )
    return Code(gutter, text)


def verdict_line(row: LiveRow, server: Server, now: float) -> Block:
    """``now ● info   in production ▲ warning   5 min ago``: the beginning fits a terminal of 40 cells."""
    known = min((server.known_since(verdict) for verdict in row.verdicts), default=None)
    old = (f"   {age(now - known)}" if known is not None else "", ".faint")
    return Prose(
        safe.joined(("now ", ".muted"), _word(row.now), ("   in production ", ".muted"), _word(row.production), old)
    )


def verdict_message(verdict: Verdict) -> Block:
    """``● FD810 no Content-Security-Policy: ..``"""
    worst = max(verdict.now or Severity.INFO, verdict.production or Severity.INFO)
    return Prose(safe.joined(words.glyph(worst), (f" {verdict.code} ", ".muted"), (verdict.message, ".strong")), 2)


def code_section(finding: Finding, look: Look | None, keys: Keymap, *, dense: bool) -> list[Block]:
    """The code that it comes from, where that is known."""
    if not finding.location.path:
        return []
    code, place = (f"{finding.code} ", ".muted"), words.place_cell(finding.location)
    blocks: list[Block] = [Prose(safe.joined(code, place, (f"  {keys.shown('edit')} goes there", ".faint")))]
    if look is not None:
        blocks += excerpt(finding, look.excerpt, 1 if dense else 3)
    return blocks


def advice_sections(finding: Finding, look: Look | None, *, dense: bool, told: bool = False) -> list[Block]:
    """What to do (unless it is ``told`` already), and why it matters."""
    air: list[Block] = [BLANK] if not dense and not told else []
    blocks = [] if told else fix_section(finding, look, None, 1)
    if look is not None and look.rule is not None and look.rule.why:
        blocks += [*air, heading("Why it matters"), *prose(look.rule.why)]
    return blocks


def _word(severity: Severity | None) -> Content:
    return words.severity_word(severity) if severity is not None else safe.joined(words.OK, (" fine", ".ok"))


def header_page(row: LiveRow) -> list[Block]:
    """The value as it was sent."""
    if not isinstance(row.value, str):
        return [] if row.verdicts else [Prose(safe.line("Not sent, and nothing here asks for it.", ".muted"))]
    return [heading("Value"), Code(Content("  "), safe.line(row.value))]


def cookie_page(cookie: Cookie) -> list[Block]:
    """The session in it, and its flags."""
    flags = [
        ("HttpOnly", _flag(cookie.http_only, "scripts cannot read it", "scripts can read it")),
        ("Secure", _flag(cookie.secure, "sent over https only", "sent over plain http too")),
        ("SameSite", safe.line(cookie.same_site) if cookie.same_site else safe.line("not set", ".muted")),
        ("Domain", safe.line(cookie.domain) if cookie.domain else safe.line("this host alone", ".muted")),
        ("Path", safe.line(cookie.path or "/")),
        ("size", safe.line(words.size(cookie.size))),
    ]
    blocks: list[Block] = [*session_section(cookie.session), BLANK] if cookie.session is not None else []
    return [*blocks, heading("Flags"), *pairs(flags)]


def session_section(session: SessionContent) -> list[Block]:
    """What can be read of a session cookie, and why not where it cannot."""
    if session.kind == "opaque":
        note = "opaque: the id of a session that is kept on the server, nothing to read"
        return [heading("Session"), Prose(safe.joined("  ", words.OK, f" {note}"), 4)]
    if session.kind != "signed":
        return [
            heading("Session"),
            Prose(safe.joined(("  Unknown: ", ".warning"), session.reason or "not readable"), 4),
        ]
    signed = (
        f", signed {_span(session.age)} before it was sent" if session.age is not None and session.age >= 60 else ""
    )
    readable = safe.line(f"signed, not encrypted: everybody who has it reads this{signed}", ".muted")
    blocks: list[Block] = [heading("Session", readable)]
    if not session.items:
        blocks.append(Prose(safe.line("  None: it is empty", ".muted")))
    width = min(24, max((safe.width(item.key) for item in session.items), default=0))
    kinds = min(16, max((safe.width(item.kind) for item in session.items), default=0))
    for item in session.items:
        sign = Content.styled("✖ ", ".error") if item.sensitive else Content("  ")
        key = safe.line(item.key).truncate(width, ellipsis=True, pad=True)
        kind = safe.line(item.kind, ".muted").truncate(kinds, ellipsis=True, pad=True)
        why = (f"  {_secret_by(item)}" if item.sensitive else "", ".error")
        blocks.append(Code(Content.assemble("  ", sign, key, "  ", kind, "  "), safe.joined(item.shown, why)))
    return blocks


def _secret_by(item: SessionItem) -> str:
    """``a secret by its name``, ``a secret by its name, "password"`` for one inside, ``a private key``."""
    why = item.sensitive.removesuffix(f', "{item.key}"')
    return f"a secret by {why}" if why.startswith("its name") else why


def _flag(on: bool, yes: str, no: str) -> Content:
    return safe.joined(("yes", ".ok"), (f"  {yes}", ".muted")) if on else safe.joined("no", (f"  {no}", ".muted"))


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.0f} h"
