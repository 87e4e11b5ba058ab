"""What the workers tell the app. They carry plain values; the app's handlers own the widgets."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from textual.message import Message

from flaskdoctor.probe.observation import Answer, Observation
from flaskdoctor.tui.backend import Look, Outcome, Preview, Scanned
from flaskdoctor.tui.server import Request

if TYPE_CHECKING:
    from flaskdoctor.live import Judged
    from flaskdoctor.probe.observation import Ask
    from flaskdoctor.project.routing.routepicture import RouteRow


class ScanStarted(Message):
    """A scan began."""


class ScanDone(Message):
    """A scan ended well."""

    def __init__(self, scanned: Scanned) -> None:
        super().__init__()
        self.scanned = scanned


class ScanFailed(Message):
    """A scan ended without a result."""

    def __init__(self, title: str, hint: str) -> None:
        super().__init__()
        self.title = title
        self.hint = hint


class LookReady(Message):
    """The code around a finding and the page of its rule are known."""

    def __init__(self, key: Hashable, look: Look) -> None:
        super().__init__()
        self.key = key
        self.look = look


class PreviewReady(Message):
    """What fixing a finding would change is known."""

    def __init__(self, key: Hashable, preview: Preview) -> None:
        super().__init__()
        self.key = key
        self.preview = preview


class PreviewFailed(Message):
    """What fixing a finding would change could not be found out."""

    def __init__(self, key: Hashable, title: str, hint: str) -> None:
        super().__init__()
        self.key = key
        self.title = title
        self.hint = hint


class BatchReady(Message):
    """What fixing several findings at once would change is known."""

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self.preview = preview


class Applied(Message):
    """A fix was written (or refused)."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class Ignored(Message):
    """The comment that switches a finding off was written."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class Undone(Message):
    """A fix was taken back (or could not be)."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class FilesChanged(Message):
    """A file or folder of the project is no longer what the last scan saw."""


class ServerSeen(Message):
    """The server was looked at: what was found, what the rules say of it, and the requests that it took."""

    def __init__(self, seen: Observation, judged: Judged, sent: tuple[Request, ...] = ()) -> None:
        super().__init__()
        self.seen = seen
        self.judged = judged
        self.sent = sent


class ProbeFailed(Message):
    """The probe itself failed; how the server stands is unknown."""

    def __init__(self, title: str, hint: str) -> None:
        super().__init__()
        self.title = title
        self.hint = hint


class Asked(Message):
    """A pane wants the answer to a request: posted by the pane, heard by the app. ``rule`` is the route it is for."""

    def __init__(self, asked: Ask, rule: str = "") -> None:
        super().__init__()
        self.asked = asked
        self.rule = rule or asked.path


class FormWanted(Message):
    """A route whose request needs more than Enter: variables, or another method than GET."""

    def __init__(self, route: RouteRow) -> None:
        super().__init__()
        self.route = route


class AnswerReady(Message):
    """The answer to what ``Asked`` asked for (``answer.failure`` where there is none)."""

    def __init__(self, answer: Answer, when: float) -> None:
        super().__init__()
        self.answer = answer
        self.when = when


class ServerOutput(Message):
    """The server that was started from here has printed something, or has ended."""


class Trouble(Message):
    """Something asked for did not happen: why, and what to do. ``rescan``: the picture may be out of date."""

    def __init__(self, title: str, hint: str = "", *, rescan: bool = False) -> None:
        super().__init__()
        self.title = title
        self.hint = hint
        self.rescan = rescan


class Note(Message):
    """Something worth a line, shown until the next key."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class FilterTyped(Message):
    """Other words in the filter."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class FilterDone(Message):
    """The filter is no longer typed in; ``keep`` leaves it in force."""

    def __init__(self, *, keep: bool) -> None:
        super().__init__()
        self.keep = keep
