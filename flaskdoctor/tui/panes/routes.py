"""Routes: the route map as a tree of blueprints, and the selected route close up with its answer."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from textual.content import Content

from flaskdoctor.finding import Finding, Location
from flaskdoctor.probe.observation import Answer, Ask
from flaskdoctor.project.routing.routepicture import RouteRow
from flaskdoctor.tui import messages, safe
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.answer import answer_page, command, pairs
from flaskdoctor.tui.panes.base import words_match
from flaskdoctor.tui.panes.listing import Heading, ListPane, Named, grouped
from flaskdoctor.tui.panes.page import heading, numbered
from flaskdoctor.tui.panes.routerows import Branch, Gap, Leaf, gaps, tree, view_lines
from flaskdoctor.tui.panes.serverpage import pace_words
from flaskdoctor.tui.panes.serverwords import why_not_asked
from flaskdoctor.tui.paper import BLANK, Block, Code, Prose
from flaskdoctor.tui.rows import Column, Entry, Rows
from flaskdoctor.tui.session import Session

COMPUTED = "computed"
_VARIABLE = re.compile(r"<[^<>]*>")
_METHODS, _GUARDS = 18, 26  # cells at most


class RoutesPane(ListPane):
    """The route map."""

    TAB, TITLE, LIST_TITLE = "routes", "Routes", "Route map"
    FILTERS = SHOWS_FINDING = True
    WOULD_BE = "Each rule that the app or a registered blueprint answers is listed here."
    SORTS = ("blueprint", "rule", "file")
    LABELS = {"copy": "copy HTTPie"}

    @classmethod
    def badge(cls, session: Session) -> tuple[str, str]:
        """How many routes there are."""
        count = len(session.scan.routes.rows) if session.scan is not None else 0
        return (str(count), ".muted") if count else ("", "")

    def columns(self) -> Sequence[Column]:
        """Sign, methods, rule, endpoint, async, guards, place."""
        routes = self._routes()
        methods = max((safe.width(_methods(route)) for route in routes), default=3)
        guards = max((safe.width(_guards(route)) for route in routes), default=0)
        is_async = any(route.is_async for route in routes)
        endpoint = max((safe.width(_endpoint(route)) for route in routes), default=8)
        place = max((safe.width(words.place(route.location)) for route in routes), default=8)
        return (
            Column(3),
            Column(min(methods, _METHODS), shown_from=36, share=0.3, gap=1),
            Column(0),
            Column(endpoint, shown_from=110, share=0.22),
            Column(5 if is_async else 0, shown_from=60 if is_async else 10_000),
            Column(min(guards, _GUARDS), shown_from=56 if guards else 10_000, share=0.34),
            Column(place, shown_from=90, share=0.24, tail=True),
        )

    def cells(self, item: object) -> Sequence[Content]:
        """One route, a blueprint's heading, or what is not shown."""
        if isinstance(item, Branch):
            return (_heading(item),)
        empty = Content("")
        if isinstance(item, Gap):
            sign = words.severity_letter(item.findings[0].severity) if item.findings else words.UNKNOWN
            return sign, safe.line(item.reason, ".muted")
        assert isinstance(item, Leaf)
        route = item.route
        style = ".faint" if route.static else ".muted"
        return (
            words.severity_letter(item.findings[0].severity) if item.findings else empty,
            safe.line(_methods(route), ".faint" if route.static else ".info"),
            _rule(route),
            safe.line(_endpoint(route), style),
            safe.line("async" if route.is_async else "", ".accent"),
            safe.line(_guards(route), ".ok"),
            words.place_cell(route.location),
        )

    def entries(self) -> tuple[list[Entry], int]:
        """Routes that match under their blueprints, by rule or by file, then what is not shown."""
        assert self.session.scan is not None
        picture = self.session.scan.routes
        needle = self.session.filters.get(self.TAB, "")
        entries = self._in_tree(needle) if self.order == "blueprint" else self._in_a_row(needle)
        missing = [gap for gap in gaps(picture, self.session.findings) if words_match(needle, gap.reason)]
        if missing:
            entries.append(Entry(None, Heading("not shown", len(missing))))
            entries += [Entry(gap.reason, gap) for gap in missing]
        return entries, len(picture.rows)

    def _in_tree(self, needle: str) -> list[Entry]:
        """The routes under their blueprints."""
        assert self.session.scan is not None
        picture = self.session.scan.routes
        named = Named()
        entries: list[Entry] = []
        above: list[Branch] = []  # blueprints without routes of their own, over what comes next
        for branch, leaves in tree(picture, self.session.findings):
            above = [other for other in above if f"{branch.blueprint}.".startswith(f"{other.blueprint}.")]
            if not leaves:
                above.append(branch)
            shown = [leaf for leaf in leaves if words_match(needle, *_texts(leaf))]
            if shown:
                entries += [Entry(None, each) for each in (*above, branch)]
                entries += [named.entry(_name(leaf.route), leaf) for leaf in shown]
                above.clear()
        return entries

    def _in_a_row(self, needle: str) -> list[Entry]:
        """The routes by rule, or under their files as they stand there."""
        assert self.session.scan is not None
        branches = tree(self.session.scan.routes, self.session.findings)
        leaves = [leaf for _, each in branches for leaf in each if words_match(needle, *_texts(leaf))]
        named = Named()
        if self.order == "file":
            leaves.sort(key=lambda leaf: leaf.route.location)
            return grouped((leaf.route.location.path, named.entry(_name(leaf.route), leaf)) for leaf in leaves)
        leaves.sort(key=lambda leaf: (leaf.route.rule is None, leaf.route.rule or "", leaf.route.methods))
        return [named.entry(_name(leaf.route), leaf) for leaf in leaves]

    def counted(self, entry: Entry) -> bool:
        """Reasons are no routes."""
        return isinstance(entry.item, Leaf)

    def extra_title(self) -> Content:
        """Whether this is all; the reasons stand at the end of the list."""
        unknown = self.session.scan.routes.unknown if self.session.scan is not None else ()
        return safe.line(f"  {len(unknown)} not shown", ".faint") if unknown else Content("")

    def none(self) -> str:
        """A project without routes."""
        return "None: no route was found"

    def details(self, item: object) -> tuple[Hashable, Content, list[Block]]:
        """The answer where the route was asked, what is known of it, and its findings."""
        if isinstance(item, Gap):
            reason = f"{item.reason[:1].upper()}{item.reason[1:]}"
            blocks: list[Block] = [Prose(safe.line(reason, ".strong"))]
            if item.findings:  # it says the same, and more
                blocks = self.page_of(item.findings[0])
            return item.reason, safe.joined(("Not shown", ".strong")), blocks
        assert isinstance(item, Leaf)
        route = item.route
        dense = self.app.size.height < 32
        name = safe.joined((_endpoint(route) or "Route", ".strong"), (f"  {_methods(route)}", ".muted"))
        asked = self._asked(route)
        blocks = [*asked, BLANK, heading("Route")] if asked else []
        blocks.append(Prose(_rule(route).stylize(".strong")))
        facts = _facts(route, dense=dense)
        last = self._last(route)
        if last is not None and (pace := self.session.server.pace_of(last)) is not None:
            facts.append(("pace", pace_words(pace)))
        blocks += pairs(facts, indent=0)
        for number, finding in enumerate(item.findings):
            if number == 0:
                blocks += [BLANK, *self.page_of(finding)]
            else:
                sign = words.severity_letter(finding.severity)
                blocks.append(Prose(safe.joined(sign, f" {finding.code} ", finding.message), 4))
        if not asked:
            blocks += [] if dense and not item.findings else [BLANK]
            blocks += self._command(route)
        look = self.session.looks.get(route.location)
        if look is not None and look.excerpt and not item.findings:
            lines = view_lines(look.excerpt, route.location.line)
            blocks += [BLANK, *numbered(route.location.path, lines)]
        subject = (_name(route), self._answer(route) is not None)
        return subject, name, blocks

    def _asked(self, route: RouteRow) -> list[Block]:
        """The answer to the route's last request, or that it is under way; empty where nobody asked."""
        server = self.session.server
        last = self._last(route)
        if last is None:
            return []
        if last.key in server.asking:
            return [Prose(safe.line("Asking: not yet answered", ".muted"))]
        answer = self._answer(route)
        if answer is None:
            return []
        return answer_page(answer, self._base(), dense=self.app.size.height < 32, body_first=True)

    def _last(self, route: RouteRow) -> Ask | None:
        """What was asked of it last; a method that it does not answer was another route's of the same rule."""
        last = self.session.server.asked.get(route.rule or "")
        return last if last is not None and (last.method in route.methods or not route.methods) else None

    def _answer(self, route: RouteRow) -> Answer | None:
        last = self._last(route)
        return self.session.server.answers.get(last.key) if last is not None else None

    def _command(self, route: RouteRow) -> list[Block]:
        """The HTTPie command, and whether Enter sends it."""
        text = self._httpie(route)
        if not text:
            return [heading("Request"), Prose(safe.line("Unknown: its rule is computed", ".muted"))]
        note = self._why_not(route)
        told = self.session.keys.named(_opens(route)) if not note else ""
        blocks: list[Block] = [heading("Request", safe.line(told, ".muted"))]
        blocks.append(Code(Content.styled("$ ", ".faint"), safe.line(text)))
        if note:
            key = self.session.keys.shown("open")
            blocks.append(Prose(safe.line(f"{key} does not send it: {note}", ".faint"), 2))
        return blocks

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Enter sends a GET without variables, and asks for what any other request takes; the footer says why not."""
        event.stop()
        event.prevent_default()  # a list's own Enter reads the details
        item = event.entry.item
        if isinstance(item, Leaf):
            route = item.route
            if reason := self._why_not(route):
                self.post_message(messages.Note(f"{self.session.keys.shown('open')}: {reason}"))
            elif needs_form(route):
                self.post_message(messages.FormWanted(route))
                return
            elif route.rule is not None and route.rule not in self.session.server.asking:
                self.post_message(messages.Asked(Ask(route.rule)))
        if not self.detail.display:  # a terminal with room for one panel
            self.focus_panel(1)

    def _why_not(self, route: RouteRow) -> str:
        """Why Enter sends nothing; empty where it does."""
        if route.rule is None:
            return "its rule is computed, so its URL is not known"
        if not route.methods:
            return "its methods are computed, so it is not known what it answers"
        return why_not_asked(self.session.server)

    def finding(self) -> Finding | None:
        """The selected route's worst finding."""
        item = self._item()
        return next(iter(item.findings), None) if item is not None else None

    def page_code(self) -> str:
        """Its rule, or the lesson of the tip about routing."""
        return super().page_code() or ("tip:11" if self._item() is not None else "")

    def place(self) -> Location | None:
        """Where the route is written."""
        item = self._item()
        if isinstance(item, Leaf):
            return item.route.location
        return super().place()

    def shown_code(self) -> Location | None:
        """The route and its view."""
        item = self._item()
        return item.route.location if isinstance(item, Leaf) and not item.findings else None

    def copied(self) -> str:
        """The request as an HTTPie command."""
        item = self._item()
        return self._httpie(item.route) if isinstance(item, Leaf) else ""

    def _httpie(self, route: RouteRow) -> str:
        """The command: what was asked last, else with the variables as they are written."""
        if route.rule is None:
            return ""
        method = "GET" if "GET" in route.methods or not route.methods else route.methods[0]
        return command(self._last(route) or Ask(route.rule, method), self._base())

    def _base(self) -> str:
        target = self.session.server.target
        return target.url if target is not None else "http://127.0.0.1:5000"

    def _item(self) -> Leaf | Gap | None:
        selected = self.rows.selected
        return selected.item if selected is not None and isinstance(selected.item, (Leaf, Gap)) else None

    def _routes(self) -> tuple[RouteRow, ...]:
        return self.session.scan.routes.rows if self.session.scan is not None else ()


def needs_form(route: RouteRow) -> bool:
    """Whether its request is more than a GET of its rule."""
    return route.arguments or "GET" not in route.methods


def _opens(route: RouteRow) -> str:
    return "{open} asks for what it takes, then sends it" if needs_form(route) else "{open} sends it"


def _heading(branch: Branch) -> Content:
    """A blueprint, as deep as it is nested."""
    if branch.blueprint is None:
        name, depth = "blueprint computed", 0
    elif not branch.blueprint:
        name, depth = "app", 0
    else:
        above, _, name = branch.blueprint.rpartition(".")
        depth = above.count(".") + 1 if above else 0
    indent = "  " * depth
    count = (f"  {branch.size}" if branch.size else "", ".faint")
    return safe.joined(indent, (name, ".accent"), (f"  {branch.prefix}" if branch.prefix else "", ".muted"), count)


def _rule(route: RouteRow) -> Content:
    """The rule with its variables set off."""
    if route.rule is None:
        return safe.line(COMPUTED, ".warning")
    shown = safe.visible(route.rule)
    content = safe.line(route.rule, ".faint") if route.static else Content(shown)
    for match in _VARIABLE.finditer(shown) if not route.static else ():
        content = content.stylize(".warning", match.start(), match.end())
    return content


def _methods(route: RouteRow) -> str:
    """GET first, as it is the one that is asked most."""
    return " ".join(sorted(route.methods, key=lambda name: (name != "GET", name))) or "?"


def _endpoint(route: RouteRow) -> str:
    return route.endpoint if route.endpoint is not None else COMPUTED


def _guards(route: RouteRow) -> str:
    return ", ".join(route.guards)


def _facts(route: RouteRow, *, dense: bool) -> list[tuple[str, Content]]:
    """What is known of a route, by name; the endpoint stands in the panel's title too."""
    facts = [] if dense else [("endpoint", safe.line(_endpoint(route)))]
    if route.static:
        facts.append(("view", safe.line("Flask's own, for static files", ".muted")))
    else:
        view = route.view.replace("<locals>.", "")
        note = ("  async", ".accent") if route.is_async else ""
        given = safe.line(view) if view != "?" else safe.line("not given, or computed", ".muted")
        facts.append(("view", safe.joined(given, note)))
    facts.append(("place", words.place_cell(route.location)))
    guards = safe.line(_guards(route), ".ok") if route.guards else safe.line("none seen", ".muted")
    facts.append(("guards", guards))
    return facts


def _name(route: RouteRow) -> tuple[object, ...]:
    """What stays of a route from scan to scan."""
    return route.rule, route.endpoint, route.methods, route.location.path


def _texts(leaf: Leaf) -> list[str]:
    """What a filter looks at."""
    route = leaf.route
    texts = [route.rule or COMPUTED, _methods(route), _endpoint(route), route.location.path, *route.guards]
    texts += ["async"] if route.is_async else []
    texts += ["static"] if route.static else []
    return texts + [text for finding in leaf.findings for text in (finding.code, finding.name)]
