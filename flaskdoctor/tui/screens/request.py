"""A request that needs more than Enter: the values of a rule's variables, the method, a body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import unquote

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Static

from flaskdoctor.probe.client import PICKED_METHODS
from flaskdoctor.probe.fillrule import Shape, Variable, fill, variables
from flaskdoctor.probe.observation import Ask
from flaskdoctor.tui import safe
from flaskdoctor.tui.held import Held
from flaskdoctor.tui.panes.answer import command
from flaskdoctor.tui.panes.page import heading
from flaskdoctor.tui.paper import BLANK, Block, Code, Prose
from flaskdoctor.tui.screens.confirm import Confirm
from flaskdoctor.tui.screens.sheet import Sheet

METHOD, QUERY, BODY = "method:", "?", "body:"  # the fields' names: no variable of a rule is called so
# The one that is proposed: the first of these that the route answers, never one that deletes where it answers another.
_FIRST = ("GET", "POST", "PUT", "PATCH")
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})


class RequestSheet(Sheet[Ask]):
    """A field for each variable of ``rule``, and for what else may be said; Enter gives the request. ``methods`` are
    those that the route answers (none: that is computed), ``last`` is what was asked before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, rule: str, methods: Sequence[str], last: Ask | None) -> None:
        super().__init__(
            safe.joined(("Request  ", ".strong"), (rule, ".accent")), "enter send   tab next   esc leave it"
        )
        self._rule = rule
        self._methods = [name for name in methods if name in PICKED_METHODS] or [*_FIRST, "DELETE"]
        self._last = last
        self._proposed = next((name for name in _FIRST if name in self._methods), self._methods[0])
        self._variables = variables(rule)

    def body(self) -> Widget:
        """The fields."""
        last = self._last
        first = last.method if last is not None else self._proposed
        path, _, query = last.path.partition("?") if last is not None else ("", "", "")
        values = Shape(self._rule).values(path) or {}
        fields = [
            Field(item.name, item.written, unquote(values.get(item.name, "")), _hint(item)) for item in self._variables
        ]
        if len(self._methods) > 1:
            fields.append(Field(METHOD, "method", first, " ".join(self._methods)))
        fields.append(Field(QUERY, "?", query, "a=1&b=2, or nothing"))
        if set(self._methods) - _BODILESS:
            fields.append(
                Field(BODY, "body", last.body if last is not None else "", '{"name": "x"}, a=1&b=2, or nothing')
            )
        return VerticalScroll(*fields, Static(id="request-problem"), can_focus=False)

    def on_mount(self) -> None:
        """Ready to type."""
        if self.broken:
            super().on_mount()
        else:
            self.query(Input).first().focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Send it, or say what does not fit."""
        event.stop()
        typed = {field.name or "": field.query_one(Input).value.strip() for field in self.query(Field)}
        method = typed.get(METHOD, self._methods[0]).upper()
        try:
            path = fill(self._rule, typed)
            if method not in self._methods:
                raise ValueError(f"method: the route answers {', '.join(self._methods)}")
            if typed[QUERY]:
                path += f"?{typed[QUERY].removeprefix('?').replace('#', '%23').replace(' ', '%20')}"
        except ValueError as error:
            self.query_one("#request-problem", Static).update(safe.line(str(error), ".error"))
            return
        self.dismiss(Ask(path, method, "" if method in _BODILESS else typed.get(BODY, "")))


class Field(Held, Horizontal):
    """A label, and what is typed beside it."""

    def __init__(self, name: str, label: str, value: str, placeholder: str) -> None:
        super().__init__(name=name, classes="field")
        self._label = label
        self._value = value
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        """Both."""
        yield Static(safe.line(self._label, ".muted"), classes="field-label")
        field = Input(self._value, placeholder=self._placeholder, compact=True)
        field.cursor_blink = False
        yield field


def changes_data(asked: Ask, base: str) -> Confirm:
    """The question before anything but a GET: it is a request like any other client's."""
    blocks: list[Block] = [
        Prose(safe.line(f"{asked.method} {asked.path}", ".strong")),
        BLANK,
        Prose(
            safe.joined(("▲ ", ".warning"), f"{asked.method} can change or delete data, and nothing takes that back."),
            2,
        ),
        BLANK,
        heading("The request"),
        Code(safe.line("$ ", ".faint"), safe.line(command(asked, base))),
    ]
    return Confirm(safe.joined(("Send it?", ".strong")), blocks, "y send   esc leave it")


def _hint(variable: Variable) -> str:
    hints = {"int": "a whole number", "float": "1.5", "uuid": "a UUID", "path": "may hold slashes"}
    return (
        variable.arguments if variable.converter == "any" else hints.get(variable.converter, "a text without slashes")
    )
