"""Live: the running server, its headers and cookies with a verdict each, and its last answer."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from typing import cast

from textual.content import Content

from flaskdoctor.finding import Finding, Location, Severity
from flaskdoctor.observatory.graded import Graded
from flaskdoctor.probe.observation import Answer, Ask, Cookie, State, Tls
from flaskdoctor.tui import safe
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.answer import answer_page, command, status
from flaskdoctor.tui.panes.base import words_match
from flaskdoctor.tui.panes.gradepage import grade_cell, grade_page, tls_cell, tls_page
from flaskdoctor.tui.panes.listing import ListPane, grouped
from flaskdoctor.tui.panes.liverows import (
    COOKIE,
    HEADER,
    KIND_TITLES,
    KINDS,
    OTHER,
    SERVER,
    LiveRow,
    finding_of,
    live_rows,
)
from flaskdoctor.tui.panes.logpage import Printed, log_page
from flaskdoctor.tui.panes.serverpage import (
    advice_sections,
    code_section,
    cookie_page,
    header_page,
    paces_section,
    requests_section,
    says_what_to_do,
    server_facts,
    server_head,
    verdict_line,
    verdict_message,
)
from flaskdoctor.tui.panes.serverwords import Standing, age, state_of
from flaskdoctor.tui.paper import BLANK, Block
from flaskdoctor.tui.rows import Column, Entry
from flaskdoctor.tui.session import Session

_TITLE = 20  # cells of a list's frame and title
_ARROW = Content.styled("→", ".muted")


class LivePane(ListPane):
    """The running server."""

    TAB, TITLE, LIST_TITLE = "live", "Live", "Live server"
    HEADER = ("", "what", "what", "value", "now", "production", "in prod")
    COUNTS = False
    FILTERS = SHOWS_FINDING = True
    SORTS = ("severity", "kind")
    LABELS = {"probe": "probe", "copy": "copy HTTPie", "serve": "server"}

    @classmethod
    def badge(cls, session: Session) -> tuple[str, str]:
        """How many live findings there are, in the worst one's colour."""
        worst = session.server.worst
        return (str(len(session.server.findings)), words.style(worst)) if worst is not None else ("", "")

    def unknown(self) -> tuple[str, str] | None:
        """Before the first look there is nothing; afterwards there always is the server's own row."""
        server = self.session.server
        if server.seen is not None:
            return None
        if server.trouble is not None:
            return f"Unknown: {server.trouble[0]}", server.trouble[1]
        if (scan := self.session.unknown()) is not None:
            return scan
        return "Not yet known: the server is being looked for", ""

    def columns(self) -> Sequence[Column]:
        """Sign, subject, value, and how bad it is here and in production."""
        rows = live_rows(self.session.server)
        widest = max((safe.width(row.subject) for row in rows), default=12)
        return (
            Column(1),
            Column(widest, shown_from=50, share=0.38),
            Column(0, shown_below=50),
            Column(0, shown_from=50),
            Column(7, shown_from=28),
            Column(10, shown_from=64),
            Column(7, shown_from=36, shown_below=64),
        )

    def cells(self, item: object) -> Sequence[Content]:
        """One row."""
        row = cast("LiveRow", item)
        subject = safe.line(row.subject, "" if row.verdicts or row.value is not None else ".muted")
        now, production = _stands(row, row.now), _stands(row, row.production)
        if isinstance(row.value, Standing):
            sign, word, style, *_ = row.value
            now, production = _verdict(row.now), _verdict(row.production)
            narrow = safe.line(word, style)
            told = _standing(row.value, self.rows.room)
            return safe.line(sign, style), subject, narrow, told, now, production, production
        if isinstance(row.value, Answer):
            asked, no = safe.line(f"{row.value.method} {row.value.path}"), Content("")
            return _ARROW, subject, asked, _answer_cell(row.value), no, no, no
        if isinstance(row.value, Printed):
            told, no = safe.joined((row.value.word, row.value.style), (f"  {row.value.text}", ".muted")), Content("")
            return _ARROW, subject, told, told, no, no, no
        if isinstance(row.value, Graded):
            letters, no = grade_cell(row.value), Content("")
            return _ARROW, subject, safe.joined("grade ", letters), letters, no, no, no
        return _sign(row), subject, subject, _value(row), now, production, production

    def entries(self) -> tuple[list[Entry], int]:
        """The rows that match, the worst first, or by what they are about."""
        needle = self.session.filters.get(self.TAB, "")
        rows = live_rows(self.session.server)
        shown = [row for row in rows if words_match(needle, *_texts(row))]
        if self.order == "kind":
            shown.sort(key=lambda row: KINDS.index(row.kind))
        group = KIND_TITLES if self.order == "kind" else {}
        return grouped((group.get(row.kind, ""), Entry(row.subject, row)) for row in shown), len(rows)

    def none(self) -> str:
        """The server's own row is always there."""
        return "None"

    def extra_title(self) -> Content:
        """The profile that counts, how many findings, how old they are."""
        server = self.session.server
        if server.seen is None or server.judged is None:
            return Content("")
        count = len(server.findings)
        found = words.plural(count, "finding") if count else "nothing found"
        when = server.seen.when
        down = server.seen.state is State.DOWN
        old = f"since {time.strftime('%H:%M', time.localtime(when))}" if down else age(time.time() - when)
        parts = [found, server.judged.profile, old]
        while len(parts) > 1 and len(" · ".join(parts)) > self.app.size.width - _TITLE:
            parts.pop()
        return safe.line(f"  {' · '.join(parts)}", ".faint")

    def details(self, item: object) -> tuple[Hashable, Content, list[Block]]:
        """The page of a row: its verdicts, then the thing itself."""
        row = cast("LiveRow", item)
        server, keys = self.session.server, self.session.keys
        dense = self.app.size.height < 32
        name = safe.joined((row.subject, ".strong"))
        if row.kind == SERVER:
            name = safe.joined(("server", ".strong"), (f"  {state_of(server)[1]}", ".muted"))
        if isinstance(row.value, Answer):
            base = server.target.url if server.target is not None else ""
            return (row.subject, row.value.path), name, answer_page(row.value, base, dense=dense)
        if isinstance(row.value, Printed) and server.own is not None:
            routes = self.session.scan.routes.rows if self.session.scan is not None else ()
            return row.subject, name, log_page(server.own, routes, keys.shown("serve"))
        if isinstance(row.value, Graded):
            return row.subject, name, grade_page(row.value, dense=dense)
        air: list[Block] = [] if dense else [BLANK]
        found = [finding_of(verdict, server) for verdict in row.verdicts]
        looks = [self.session.looks.get(finding.key) for finding in found]
        if row.kind == SERVER:
            blocks = server_head(server, keys, read_only=self.session.read_only)
        else:
            blocks = [verdict_line(row, server, time.time()), *(verdict_message(verdict) for verdict in row.verdicts)]
        for finding, look in zip(found, looks, strict=True):
            if code := code_section(finding, look, keys, dense=dense):
                blocks += [*air, *code]
        if row.kind == SERVER:
            blocks += [BLANK, *server_facts(server, time.time(), keys)]
        elif isinstance(row.value, Tls):
            blocks += [*air, *tls_page(row.value, time.time())]
        elif row.kind in (HEADER, COOKIE):
            blocks += [*air, *(cookie_page(row.value) if isinstance(row.value, Cookie) else header_page(row))]
        for finding, look in zip(found, looks, strict=True):
            told = row.kind == SERVER and says_what_to_do(server)
            if advice := advice_sections(finding, look, dense=dense, told=told):
                blocks += [*air, *advice]
        if row.kind == SERVER:
            blocks += [*paces_section(server), *requests_section(server)]
        return row.subject, name, blocks

    def _selected(self) -> LiveRow | None:
        selected = self.rows.selected
        return cast("LiveRow", selected.item) if selected is not None else None

    def finding(self) -> Finding | None:
        """The selected row's worst verdict."""
        row = self._selected()
        return finding_of(row.verdicts[0], self.session.server) if row is not None and row.verdicts else None

    def page_code(self) -> str:
        """The rule, or the lesson of the tip about live probing."""
        return super().page_code() or ("tip:8" if self._selected() is not None else "")

    def place(self) -> Location | None:
        """Where the project's code is the place to go to."""
        row = self._selected()
        for verdict in row.verdicts if row is not None else ():
            if verdict.location is not None:
                return verdict.location
        seen = self.session.server.seen
        if row is not None and row.kind == SERVER and seen is not None and seen.breakage is not None:
            return seen.breakage.location
        return None

    def copied(self) -> str:
        """The request as an HTTPie command."""
        row, target = self._selected(), self.session.server.target
        if row is None or target is None:
            return ""
        if isinstance(row.value, Answer):
            return command(row.value.ask, target.url)
        found = self.finding()
        return command(Ask("/"), target.url) if found is None or not found.url else command(Ask(""), found.url)

    def select_finding(self, finding: Finding) -> None:
        """Select the row that ``finding`` stands in."""
        for row in live_rows(self.session.server):
            if any(finding_of(verdict, self.session.server).key == finding.key for verdict in row.verdicts):
                self.rows.select(row.subject)
                return


def _standing(value: Standing, room: int) -> Content:
    """``up  12 ms  ▁▂▁``, ``broken  app/views.py:12``; of the bars the newest that there is room for."""
    state = safe.line(value.word, value.style)
    if value.place is not None:
        return safe.joined(state, "  ", words.place_cell(value.place))
    if value.pace:
        told = safe.joined(state, (f"  {value.pace}  ", ".muted"))
        left = room - told.cell_length
        return safe.joined(told, (value.bars[-left:] if left > 0 else "", ".accent"))
    return safe.joined(state, (f"  {value.beside}" if value.beside else "", ".muted"))


def _verdict(severity: Severity | None) -> Content:
    return safe.line(severity.word, words.style(severity)) if severity is not None else Content("")


def _stands(row: LiveRow, severity: Severity | None) -> Content:
    """The severity, "ok" for what is there and fine, a dash for what is not there and not missed."""
    if severity is not None:
        return _verdict(severity)
    return words.NOTHING if row.value is None and row.kind != OTHER else safe.line("ok", ".ok")


def _sign(row: LiveRow) -> Content:
    """The worst severity here; a hollow dot for what is bad in production only."""
    if row.now is not None:
        return words.glyph(row.now)
    if row.production is not None:
        return Content.styled("○", words.style(row.production))
    return words.NOTHING if row.value is None and row.kind != OTHER else words.OK


def _value(row: LiveRow) -> Content:
    """The header's value, the cookie's flags, or the message of what has neither."""
    if isinstance(row.value, Cookie):
        return _flags(row.value)
    if isinstance(row.value, Tls):
        return tls_cell(row.value)
    if isinstance(row.value, str):
        return safe.line(row.value, ".muted")
    if row.kind == OTHER and row.verdicts:
        return safe.line(row.verdicts[0].message, ".muted")
    return safe.line("not sent", ".faint")


def _flags(cookie: Cookie) -> Content:
    flags = ["HttpOnly"] if cookie.http_only else []
    if cookie.secure:
        flags.append("Secure")
    if cookie.same_site:
        flags.append(cookie.same_site)
    text = " ".join(flags) or "no flags"
    session = {"signed": "readable", "opaque": "opaque", "unreadable": "unreadable"}
    kind = session.get(cookie.session.kind, "") if cookie.session is not None else ""
    return safe.joined((text, ".muted"), (f", {kind}" if kind else "", ".faint"))


def _answer_cell(answer: Answer) -> Content:
    what = (answer.header("Content-Type") or "").partition(";")[0]
    facts = " ".join(part for part in (what, words.size(answer.size) if answer.size else "") if part)
    asked = safe.joined(f"{answer.method} {answer.path}  ", status(answer))
    return safe.joined(asked, (f"  {facts}", ".muted"))


def _texts(row: LiveRow) -> list[str]:
    """What a filter looks at."""
    texts = [row.kind, row.subject]
    if isinstance(row.value, str):
        texts.append(row.value)
    texts += [severity.word for severity in (row.now, row.production) if severity is not None]
    return texts + [text for verdict in row.verdicts for text in (verdict.code, verdict.name, verdict.message)]
