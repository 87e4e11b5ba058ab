"""Env: what is to be done about the files, then one row per key, where it is set and where the code reads it; never a
value."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, cast

from textual.content import Content

from flaskdoctor.finding import Finding, Location
from flaskdoctor.tui import safe
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.base import words_match
from flaskdoctor.tui.panes.listing import ListPane, Named, grouped
from flaskdoctor.tui.panes.page import heading
from flaskdoctor.tui.paper import BLANK, Block, Prose
from flaskdoctor.tui.rows import Column, Entry, Rows
from flaskdoctor.tui.session import Session

if TYPE_CHECKING:
    from flaskdoctor.project.env.envpicture import EnvRow

_STATES = {
    "set": (".ok", "set"),
    "named": (".ok", "named"),
    "commented": (".muted", "optional"),
    "empty": (".warning", "empty"),
    "no value": (".warning", "no value"),
    "missing": (".faint", "–"),
    "none": (".faint", "–"),
    "unknown": (".warning", "unknown"),
    "broken": (".error", "broken"),
}
# How much a key is needed, the most first: the groups of the order "use".
_USES = ("required", "soft", "optional", "prefix", "tests", "platform", "unread")
_PLACES = "Where it stands"
_CHECKS = {"ok": ".ok", "finding": ".error", "unknown": ".warning"}
_FILE_STATES = {"ok": ".ok", "missing": ".muted", "broken": ".error", "unknown": ".warning"}


class EnvPane(ListPane):
    """The environment's names."""

    TAB, TITLE, LIST_TITLE = "env", "Env", "Environment"
    HEADER = ("", "key", "key", ".env", "template", "use", "read at")
    FILTERS = SHOWS_FINDING = True
    SORTS = ("state", "name", "use")

    @classmethod
    def badge(cls, session: Session) -> tuple[str, str]:
        """How many files and keys have a finding, in the worst one's colour."""
        if session.scan is None:
            return "", ""
        picture = session.scan.env
        found = [finding.severity for finding in picture.about_files]
        found += [max(finding.severity for finding in row.findings) for row in picture.rows if row.findings]
        return (str(len(found)), words.style(max(found))) if found else ("", "")

    def columns(self) -> Sequence[Column]:
        """Sign, key, .env, template, how the code needs it, and where it reads it."""
        names = [*(row.key for row in self._all()), *(finding.location.path for finding in self._about_files())]
        widest = max(map(safe.width, names), default=8)
        return (
            Column(3),
            Column(widest, shown_from=62, share=0.4),
            Column(0, shown_below=62),
            Column(8, shown_from=30),
            Column(8, shown_from=44),
            Column(10, shown_from=56),
            Column(0, shown_from=62, tail=True),
        )

    def cells(self, item: object) -> Sequence[Content]:
        """One finding about a file, or one key."""
        if isinstance(item, Finding):
            place, message = safe.line(item.location.path), safe.line(item.message)
            code, fix = safe.line(item.code, ".muted"), words.fix_cell(item.fix)
            return words.severity_letter(item.severity), place, message, code, Content(), fix, message
        row = cast("EnvRow", item)
        found = self._findings_of(row)
        key = safe.line(row.key, "" if row.named else ".muted")
        return (
            words.severity_letter(found[0].severity) if found else words.OK,
            key,
            key,
            _where_set(row),
            _state(row.in_template),
            safe.line(_use(row.kind), ".faint" if row.kind == "unread" else ".muted"),
            _reads(row),
        )

    def entries(self) -> tuple[list[Entry], int]:
        """What matches: findings about files, then keys: those with findings first, by name, or by their use."""
        needle = self.session.filters.get(self.TAB, "")
        rows, about_files = self._all(), self._about_files()
        shown = [
            row for row in rows if words_match(needle, row.key, _use(row.kind), *(read.path for read in row.reads))
        ]
        if self.order == "state":
            shown.sort(key=lambda row: -max((finding.severity for finding in row.findings), default=0))
        else:
            uses = _USES if self.order == "use" else ()
            shown.sort(key=lambda row: (uses.index(row.kind) if row.kind in uses else len(uses), row.key))
        files = [item for item in about_files if words_match(needle, item.location.path, item.code, item.message)]
        named = Named()
        keys = [
            (_use(row.kind) if self.order == "use" else "", named.entry((row.key, _file_of(row)), row)) for row in shown
        ]
        return [Entry(item.key, item) for item in files] + grouped(keys), len(about_files) + len(rows)

    def none(self) -> str:
        """Neither files nor reads."""
        return "None: no .env file, no template, and the code reads no environment"

    def would_be(self) -> str:
        """What will be here."""
        return "Each key that a .env file, its template or the code names is listed here; never a value."

    def details(self, item: object) -> tuple[Hashable, Content, list[Block]]:
        """The key's worst finding close up, the others, where it stands and what reads it; of a file its finding."""
        if isinstance(item, Finding):
            name = safe.joined((item.code, ".strong"), (f" {item.name}", ".muted"))
            return item.key, name, [*self.page_of(item), BLANK, *self._files(), BLANK, *self._checks()]
        row = cast("EnvRow", item)
        found = self._findings_of(row)
        name = safe.joined((row.key, ".strong"), (f"  {_use(row.kind)}", ".muted"))
        blocks: list[Block] = []
        if found:
            blocks += self.page_of(found[0])
            blocks += [
                Prose(safe.joined(words.severity_letter(other.severity), f" {other.code} ", other.message), 4)
                for other in found[1:]
            ]
            blocks.append(BLANK)
        blocks.append(heading(_PLACES))
        for label, state in ((".env", row.in_env), (".flaskenv", row.in_flaskenv), ("template", row.in_template)):
            text = {"missing": "missing", "none": "there is none"}.get(state, _STATES.get(state, ("", state))[1])
            blocks.append(Prose(safe.joined((f"  {label:<12}", ".muted"), text)))
        if row.in_environment:
            blocks.append(Prose(safe.joined(("  environment ", ".muted"), "set where the dashboard was started")))
        if row.set_by:
            blocks.append(Prose(safe.joined(("  set by      ", ".muted"), row.set_by)))
        blocks += [BLANK, heading("Read by the code", safe.line("" if row.reads else "nowhere", ".muted"))]
        for location, how in zip_longest(row.reads, row.read_as, fillvalue=""):
            if isinstance(location, Location):
                blocks.append(Prose(safe.joined("  ", words.place_cell(location), (f"  {_use(how)}", ".faint"))))
        blocks += [BLANK, *self._files(), BLANK, *self._checks()]
        return (row.key, _file_of(row)), name, blocks

    def _files(self) -> list[Block]:
        """The env files there are, and what keeps the picture from being whole."""
        if self.session.scan is None:
            return []
        picture = self.session.scan.env
        blocks: list[Block] = [heading("Files")]
        for file in picture.files:
            state = words.plural(file.keys, "key") if file.state == "ok" else file.state
            note = f"  {file.detail}" if file.detail else ""
            style = _FILE_STATES.get(file.state, "")
            blocks.append(
                Prose(safe.joined((f"  {safe.padded(file.path, 16)} ", ".muted"), (state, style), (note, ".faint")), 4)
            )
        if picture.above:
            blocks.append(Prose(safe.joined(("  above the project ", ".muted"), (picture.above, ".warning")), 4))
        if picture.dynamic:
            text = f'  {", ".join(picture.dynamic)} reads names that are computed: "unread" is not certain'
            blocks.append(Prose(safe.line(text, ".muted"), 2))
        return blocks

    def _checks(self) -> list[Block]:
        """What is checked of the files as a whole, and how that stands."""
        if self.session.scan is None:
            return []
        blocks: list[Block] = [heading("Checks")]
        for check in self.session.scan.env.checks:
            state = "none" if check.state == "not applicable" else check.state
            parts = (f"  {check.code} ", ".muted"), (f"{state:<8}", _CHECKS.get(check.state, ".faint")), check.title
            blocks.append(Prose(safe.joined(*parts, (f"  {check.detail}", ".faint")), 17))
        return blocks

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Enter shows where the key stands and what reads it."""
        event.stop()
        self.detail.bring_up(_PLACES)

    def finding(self) -> Finding | None:
        """The selected key's first finding."""
        selected = self.rows.selected
        if selected is None:
            return None
        if isinstance(selected.item, Finding):
            return selected.item
        return next(iter(self._findings_of(cast("EnvRow", selected.item))), None)

    def place(self) -> Location | None:
        """Where the finding is, else where the key is read."""
        found = self.finding()
        if found is not None:
            return found.location
        selected = self.rows.selected
        if selected is None:
            return None
        row = cast("EnvRow", selected.item)
        return row.location or next(iter(row.reads), None)

    def _about_files(self) -> tuple[Finding, ...]:
        return self.session.scan.env.about_files if self.session.scan is not None else ()

    def _all(self) -> tuple[EnvRow, ...]:
        return self.session.scan.env.rows if self.session.scan is not None else ()

    def _findings_of(self, row: EnvRow) -> list[Finding]:
        return sorted(row.findings, key=lambda finding: -finding.severity)


def _file_of(row: EnvRow) -> str:
    """The file that the row's key stands in."""
    return row.location.path if row.location is not None else ""


def _use(kind: str) -> str:
    """How the code needs a key, in words."""
    return "no default" if kind == "soft" else kind


def _state(state: str) -> Content:
    style, word = _STATES.get(state, (".muted", state))
    return Content.styled(word, style)


def _where_set(row: EnvRow) -> Content:
    """The state in .env, or the other place that sets the key."""
    if row.in_env != "missing":
        return _state(row.in_env)
    if row.in_flaskenv in ("set", "empty"):
        return Content.styled("flaskenv", ".ok")
    if row.in_environment:
        return Content.styled("environ", ".ok")
    needed = row.kind == "required"
    return Content.styled("missing" if needed else "–", ".error" if needed else ".faint")


def _reads(row: EnvRow) -> Content:
    """The first place that reads the key, and how many more there are."""
    if not row.reads:
        return safe.line("not read", ".faint")
    more = f" +{len(row.reads) - 1}" if len(row.reads) > 1 else ""
    return Content.assemble(words.place_cell(row.reads[0]), safe.line(more, ".faint"))
