"""The pipeline: from a folder to findings. What has not changed since the last scan comes from the cache."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from flaskdoctor.config import Settings, matches, read_settings
from flaskdoctor.errors import UserError
from flaskdoctor.finding import Finding, Report, Severity, Tip
from flaskdoctor.project import cache
from flaskdoctor.score import score

if TYPE_CHECKING:
    from flaskdoctor.project.deployment.porthints import PortHint
    from flaskdoctor.project.env.envpicture import EnvPicture
    from flaskdoctor.project.routing.routepicture import RoutePicture
    from flaskdoctor.project.vcs.git import GitPicture

_HISTORY = 60


class Options(NamedTuple):
    """What the user asks of a scan on top of the project's settings."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    cache: bool = True
    patience: float = 5.0  # seconds that are waited for git's history when all else is done


class TipState(NamedTuple):
    """How a tip stands: ``state`` is "ok", "findings", "none" where the project gives no occasion for it (no async
    view, say), or "not asked" for the running server, which a scan does not touch."""

    tip: Tip
    state: str
    errors: int = 0
    warnings: int = 0
    infos: int = 0


class Scan(NamedTuple):
    """All that one scan found, as plain values that hold no secret.

    ``history`` are the scores of past scans, oldest first, this one last. ``inputs`` are the absolute paths of
    the files and folders whose change makes this picture stale. ``flask_found`` is False where nothing in the
    folder speaks of Flask. ``apps`` are the paths of the modules that make an app, the likeliest to be started first.
    """

    report: Report
    env: EnvPicture
    git: GitPicture
    routes: RoutePicture
    hints: tuple[PortHint, ...]
    tips: tuple[TipState, ...]
    history: tuple[int, ...]
    inputs: tuple[str, ...]
    flask_found: bool
    settings: Settings
    apps: tuple[str, ...] = ()


class _Picture(NamedTuple):
    """What is kept of a scan: everything, whatever is selected."""

    report: Report
    env: EnvPicture
    git: GitPicture
    routes: RoutePicture
    hints: tuple[PortHint, ...]
    absent: tuple[Tip, ...]
    flask_found: bool
    settings: Settings
    apps: tuple[str, ...]


class _Kept(NamedTuple):
    """The last picture, and what must be unchanged for it to hold still."""

    picture: _Picture
    inputs: tuple[str, ...]
    signatures: tuple[cache.Signature | None, ...]
    environ: tuple[tuple[str, bool], ...]


def scan(root: str, options: Options, begin: Callable[[], object] = lambda: None) -> Scan:
    """Look at the project in the folder ``root``. ``begin`` is called before anything is really looked at: not where
    all is as it was. Raises ``UserError`` for settings that cannot be read."""
    started = time.perf_counter()
    key = cache.tool_key() if options.cache else ""
    kept = _still_true(root, key) if options.cache else None
    if kept is None:
        begin()
        kept = _look(root, key, options)
    picture = kept.picture
    chosen = chosen_of(picture.report.findings, picture.settings, options)
    report = picture.report._replace(findings=chosen, score=score(chosen), seconds=time.perf_counter() - started)
    return Scan(
        report,
        picture.env,
        picture.git,
        picture.routes,
        picture.hints,
        _tips(chosen, picture.absent),
        _history(root, report.score, write=options.cache and not options.select and not options.ignore),
        kept.inputs,
        picture.flask_found,
        picture.settings,
        picture.apps,
    )


def scan_unsaved(root: str, options: Options, unsaved: Mapping[str, bytes]) -> Scan:
    """Look at a project in which the bytes of some Python files (relative paths) stand for what is on the disk. What
    is known of the others comes from the cache; nothing is written, not even there."""
    picture = _look(root, cache.tool_key() if options.cache else "", options._replace(patience=0.0), unsaved).picture
    chosen = chosen_of(picture.report.findings, picture.settings, options)
    return Scan(
        picture.report._replace(findings=chosen, score=score(chosen)),
        picture.env,
        picture.git,
        picture.routes,
        picture.hints,
        _tips(chosen, picture.absent),
        (),
        (),
        picture.flask_found,
        picture.settings,
    )


def require_flask(scan: Scan) -> None:
    """Raise ``UserError`` where nothing in the folder speaks of Flask: nothing is to be reported, let alone mended."""
    if not scan.flask_found:
        raise UserError(
            f"{scan.report.root} does not look like a Flask project.",
            f"{scan.report.files} Python file(s) were looked at: none imports Flask, and no requirement names it.\n"
            "Name the folder of a Flask project, as in: flaskdoctor --check ~/shop",
        )


def _still_true(root: str, key: str) -> _Kept | None:
    """The last picture, where nothing it was made from has changed."""
    kept = cache.load(cache.cache_path(root, "scan"), key)
    if not isinstance(kept, _Kept):
        return None
    if cache.signatures(kept.inputs) != kept.signatures:
        return None
    environ = frozenset(os.environ)
    if any((name in environ) is not present for name, present in kept.environ):
        return None
    return kept


def _look(root: str, key: str, options: Options, unsaved: Mapping[str, bytes] | None = None) -> _Kept:
    """A whole look, without the collector: trees and facts have no cycles, and it would walk them again and again."""
    import gc

    collecting = gc.isenabled()
    gc.disable()
    try:
        return _look_at(root, key, options, unsaved)
    finally:
        if collecting:
            gc.enable()


def _look_at(root: str, key: str, options: Options, unsaved: Mapping[str, bytes] | None) -> _Kept:
    from flaskdoctor.analysis import Analysis
    from flaskdoctor.project.absent import absent_tips
    from flaskdoctor.project.deployment.porthints import port_hints
    from flaskdoctor.project.routing.loading import app_files

    started = time.time_ns()
    settings = read_settings(root)
    analysis = Analysis(root, settings, key if options.cache else "", options.patience, unsaved)
    try:
        project = analysis.project()
        picture = _Picture(
            analysis.report(),
            analysis.env_picture(),
            analysis.git_picture(),
            analysis.route_picture(),
            port_hints(project),
            absent_tips(project),
            project.uses_flask,
            settings,
            app_files(project.links),
        )
    finally:
        analysis.forget()  # nothing of git's runs on, whatever happened
    inputs = analysis.inputs()
    kept = _Kept(picture, inputs, cache.signatures(inputs), analysis.environ_asked())
    newest = max((item[0] for item in kept.signatures if item is not None), default=0)
    if options.cache and not unsaved and not analysis.waiting and newest < started - cache.RACY_NS:
        cache.store(cache.cache_path(root, "scan"), key, kept)
    return kept


def chosen_of(findings: tuple[Finding, ...], settings: Settings, options: Options) -> tuple[Finding, ...]:
    """The findings that are selected. A finding about the running server has its URL for a path."""
    wanted = chooser(settings, options)
    if wanted is None:
        return findings
    return tuple(item for item in findings if wanted(item.code, item.location.path or item.url))


def chooser(settings: Settings, options: Options) -> Callable[[str, str], bool] | None:
    """Whether what the rule with a code finds in a file is selected; None where everything is."""
    select = options.select or settings.select
    ignore = (*options.ignore, *settings.ignore)
    if not select and not ignore and not settings.per_file_ignores:
        return None
    from flaskdoctor.rules import registry

    wanted = registry.select(select or ("all",)) - registry.select(ignore)
    per_file = [(pattern, registry.select(words)) for pattern, words in settings.per_file_ignores]

    def is_chosen(code: str, path: str) -> bool:
        return code in wanted and not any(
            code in codes and matches(pattern, settings.prefix + path) for pattern, codes in per_file
        )

    return is_chosen


def _tips(findings: tuple[Finding, ...], absent: tuple[Tip, ...]) -> tuple[TipState, ...]:
    states = []
    for tip in Tip:
        if tip in (Tip.TOOL, Tip.UPGRADES):
            continue
        found = [finding.severity for finding in findings if finding.tip == tip]
        state = "findings" if found else "not asked" if tip is Tip.LIVE else "none" if tip in absent else "ok"
        counts = (found.count(Severity.ERROR), found.count(Severity.WARNING), found.count(Severity.INFO))
        states.append(TipState(tip, state, *counts))
    return tuple(states)


def _history(root: str, latest: int, *, write: bool) -> tuple[int, ...]:
    """The scores of past scans; one is added where it differs from the last."""
    path = cache.cache_path(root, "history")
    stored: Any = cache.load(path, "history 1")
    past = [item for item in stored if isinstance(item, int)] if isinstance(stored, tuple) else []
    if not past or past[-1] != latest:
        past.append(latest)
        if write:
            cache.store(path, "history 1", tuple(past[-_HISTORY:]))
    return tuple(past[-_HISTORY:])
