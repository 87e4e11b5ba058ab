"""Which subjects of the eleven tips a project does not have at all: then "nothing found" would say too much."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Tip

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project


class _Subject(NamedTuple):
    """What shows that a project has to do with a tip: imported top-level packages, or declared distributions."""

    tip: Tip
    packages: frozenset[str]
    distributions: tuple[str, ...]


_SUBJECTS = (
    _Subject(
        Tip.BACKGROUND,
        frozenset(
            [
                "celery",
                "rq",
                "flask_rq",
                "flask_rq2",
                "huey",
                "dramatiq",
                "flask_dramatiq",
                "apscheduler",
                "flask_apscheduler",
                "flask_mail",
                "flask_mailman",
                "smtplib",
                "schedule",
                "flask_executor",
            ]
        ),
        ("celery", "rq", "huey", "dramatiq", "apscheduler", "flask-apscheduler", "flask-mail", "flask-rq2"),
    ),
    _Subject(Tip.ASYNC, frozenset({"quart", "quart_flask_patch"}), ("quart",)),
    _Subject(
        Tip.GREENLETS,
        frozenset({"gevent", "eventlet", "flask_socketio", "geventwebsocket"}),
        ("gevent", "eventlet", "flask-socketio"),
    ),
)


def absent_tips(project: Project) -> tuple[Tip, ...]:
    """The tips that this project gives no occasion for: no background work, no async view, no greenlets."""
    imported = {item.target.partition(".")[0] for facts in project.modules.values() for item in facts.imports}
    views = any(route.is_async for facts in project.modules.values() for route in facts.routes)
    return tuple(
        subject.tip
        for subject in _SUBJECTS
        if not subject.packages & imported
        and not any(project.dependencies.has(name) for name in subject.distributions)
        and not (subject.tip is Tip.ASYNC and views)
    )
