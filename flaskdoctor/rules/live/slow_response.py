"""FD850: a route takes longer than a second."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation, Pace, State
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Reply, Served
from flaskdoctor.rules.served import APP, page, site

LIMIT = 1.0  # seconds
_MANY = 20  # samples of which the slowest twentieth is more than a single one


class SlowResponse(LiveRule):
    """A route takes longer than a second to answer.

    ## What it finds

    The 95th percentile of the time to the headers, over the last 60 requests of a route, is more than one second: of
    `/`, and of the routes that you send from the Routes tab. The first request after a start is left out, for it pays
    for imports, templates and connections. With fewer than 20 requests the middle one has to be over the limit too, so
    that a single hiccup counts for nothing.

    `--check --url` asks for `/` once, and again only where that took longer than a second. `OPTIONS /`, which runs the
    hooks and no view, is measured as well: where that is slow, every route is.

    ## Why it matters

    A second is where a thought is interrupted; a visitor of a shop leaves after three. And a sync worker serves
    nobody else meanwhile: four workers and a page of one second are four pages a second for all your users together.
    What takes a second with the rows on your machine takes longer with those of production.

    ## What to do instead

    Measure where it goes, before you guess:

    ```python
    from werkzeug.middleware.profiler import ProfilerMiddleware

    app.wsgi_app = ProfilerMiddleware(app.wsgi_app, restrictions=[20])     # on your machine only
    ```

    Most often it is one of these:

    - a query for each row of a list (the log with `SQLALCHEMY_ECHO = True` shows the same line fifty times):
      `selectinload(Order.items)`; a list without `.limit()`;
    - a request to somebody else's API within the view: with a timeout, cached, or in the background (tip 6);
    - mail, PDF, thumbnails: in the background, answered with 202;
    - a `before_request` hook that does for every request, static files too, what few need;
    - `@cache.cached(timeout=60)` of Flask-Caching, where the same page is made for everybody.

    ## References

    - [Werkzeug: application profiler](https://werkzeug.palletsprojects.com/en/stable/middleware/profiler/)
    - [Flask: background tasks with Celery](https://flask.palletsprojects.com/en/stable/patterns/celery/)
    - [SQLAlchemy: relationship loading](https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html)
    """

    code = "FD850"
    name = "slow-response"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [Bad(APP, served=Served({"GET /": page()._replace(delay=1.1), "/": page()}))]
    good = [
        Good(APP, served=site()),
        # Slow once, and then no more: it was cold.
        Good(APP, served=Served({"GET /": page()._replace(delay=1.1, once=True), "/": page()})),
        # An answer that comes late and is an error tells nothing about the route.
        Good(APP, served=Served({"GET /": Reply(500, delay=1.1), "/": page()})),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """Each route that is over the limit."""
        if seen.state is not State.UP:
            return
        for pace in seen.paces:
            if pace.p95 <= LIMIT or (pace.samples < _MANY and pace.p50 <= LIMIT):
                continue
            yield LiveIssue(
                f"{_words(pace)}: 95 of 100 answers come within {pace.p95:.1f} s, half of them within {pace.p50:.1f} s",
                f"pace of {pace.method} {pace.path}",
                Severity.WARNING,
                Severity.WARNING,
                path=pace.path,
                advice="Profile it with Werkzeug's `ProfilerMiddleware`; look for a query for each row.",
            )


def _words(pace: Pace) -> str:
    if pace.method == "OPTIONS":
        return f"{pace.method} {pace.path}, which runs no view, is slow (of {pace.samples} requests)"
    return f"{pace.method} {pace.path} is slow (of {pace.samples} requests)"
