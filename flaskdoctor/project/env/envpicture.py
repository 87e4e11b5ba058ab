"""What the Env tab shows: one row a key, by states and places; plain values without a secret, fit to be
pickled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Finding, Location, Tip
from flaskdoctor.project.env.envreaders import read_files
from flaskdoctor.project.env.envuse import KINDS, counts, key_uses, loaders, platform

if TYPE_CHECKING:
    from flaskdoctor.project.env.envfile import EnvFile
    from flaskdoctor.project.snapshot import Project


class EnvFileState(NamedTuple):
    """One env file of the project.

    ``purpose`` is "env", "flaskenv", "template" or "other". ``state`` is "ok", "missing", "broken" (names
    are known up to ``line`` only), or "unknown" (it could not be read); ``detail`` says why, of another file
    that is fine who reads it. ``keys`` counts the known names.
    """

    path: str
    purpose: str
    state: str
    detail: str = ""
    line: int = 0
    keys: int = 0


class EnvRow(NamedTuple):
    """One key.

    ``in_env`` and ``in_flaskenv``: "set", "empty", "no value" (a name without ``=``: nothing is set),
    "missing", "broken" (a line that cannot be read) or "unknown" (the file cannot be read, or not to its end).
    ``in_template``: "named", "commented", "missing", "unknown", or "none" where there is no template. ``kind`` is how
    the app needs it: "required", "soft", "optional", "prefix", "tests" (only they read it), "platform" (see ``set_by``)
    or "unread". ``location`` is where the key stands, in .env before the template. ``named`` is False for
    "line 7": there the name itself may be a piece of a secret.
    """

    key: str
    in_env: str
    in_template: str
    reads: tuple[Location, ...]
    kind: str
    findings: tuple[Finding, ...] = ()
    read_as: tuple[str, ...] = ()
    in_flaskenv: str = "missing"
    in_environment: bool = False
    location: Location | None = None
    optional: bool = False
    local: bool = False
    set_by: str = ""
    named: bool = True


class EnvCheck(NamedTuple):
    """What is checked of the env files as a whole. ``state`` is "ok", "finding", "unknown" or "not applicable",
    ``detail`` says why."""

    title: str
    state: str
    detail: str
    code: str


class EnvPicture(NamedTuple):
    """The Env tab.

    ``files`` always has .env, .flaskenv and a template (one that is missing, where there is none).
    ``loaders`` are the files that load a .env themselves; ``dynamic`` those that read names which are
    computed, so that "unread" is not certain. ``above`` is the path of a .env in a folder above the
    project, which would be loaded in its place. ``about_files`` are the findings about a file as a whole, which
    stand in no row: it is missing, others can read it, nothing loads it.
    """

    rows: tuple[EnvRow, ...]
    files: tuple[EnvFileState, ...]
    loaders: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    above: str = ""
    checks: tuple[EnvCheck, ...] = ()
    about_files: tuple[Finding, ...] = ()


class _Read(NamedTuple):
    """One place that reads a name; ``role`` is "app" for all that is the app's business."""

    location: Location
    kind: str
    role: str

    @property
    def words(self) -> str:
        return self.kind if self.role == "app" else f"{self.kind} in {self.role}"


def env_picture(project: Project, findings: Iterable[Finding] = ()) -> EnvPicture:
    """The picture of a project: every name that an env file holds or the code reads. ``findings``: its
    scan's."""
    from flaskdoctor.project.env.envchecks import env_checks

    findings = tuple(findings)
    env, modules = project.env, project.modules.values()
    reads = _reads(project)
    uses = key_uses(modules)
    prefixes = [name for name, found in reads.items() if any(read.kind == "prefix" for read in found)]
    names = {*reads, *env.env.keys, *env.flaskenv.keys} - set(prefixes)
    for file in env.templates:
        names |= {*file.keys, *file.commented}
    about: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.tip is Tip.SECRETS and finding.anchor:
            about.setdefault(finding.anchor, []).append(finding)
    rows = []
    for name in sorted(names):
        found = reads.get(name, ())
        for prefix in prefixes:
            found += reads[prefix] if name.startswith(prefix) else ()
        set_by = platform(name)
        in_env, in_template = env.env.keys.get(name), env.template.keys.get(name) if env.template else None
        rows.append(
            EnvRow(
                name,
                _state(env.env, name),
                _template_state(env.templates, name),
                tuple(read.location for read in found),
                uses[name].kind if name in uses and not set_by else _kind_of(found, set_by),
                tuple(about.get(name, ())),
                tuple(read.words for read in found),
                _state(env.flaskenv, name),
                name in project.environ,
                _location(env.env, name) or (_location(env.template, name) if env.template else None),
                bool(in_template and in_template.optional),
                bool(in_env and in_env.local),
                set_by,
            )
        )
    rows += [*_unnamed(env.env, about), *_unnamed(env.flaskenv, about)]
    return EnvPicture(
        tuple(rows),
        _files(project),
        tuple(loaders(project)),
        tuple(sorted(facts.path for facts in modules if facts.env_dynamic and counts(facts))),
        env.above,
        env_checks(project, findings),
        _about_files(rows, findings),
    )


def _about_files(rows: Iterable[EnvRow], findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings about env files, FD310 to FD329, that are in no row."""
    in_rows = {finding.key for row in rows for finding in row.findings}
    codes = {f"FD{number}" for number in range(310, 330)}
    found = [finding for finding in findings if finding.code in codes and finding.key not in in_rows]
    return tuple(sorted(found, key=lambda finding: (-finding.severity, finding.location, finding.code)))


def _reads(project: Project) -> dict[str, tuple[_Read, ...]]:
    found: dict[str, list[_Read]] = {}
    for facts in project.modules.values():
        for read in facts.env_reads:
            role = "app" if counts(facts) else facts.role
            location = Location(facts.path, read.line, read.column)
            found.setdefault(read.name, []).append(_Read(location, read.kind, role))
    return {
        name: tuple(sorted(reads, key=lambda read: (read.role != "app", read.location)))
        for name, reads in found.items()
    }


def _state(file: EnvFile, name: str) -> str:
    if not file.exists:
        return "missing"
    if not file.readable:
        return "unknown"
    binding = file.keys.get(name)
    if binding is not None:
        return "empty" if binding.empty else "set"
    return "unknown" if file.doubt else "missing"


def _template_state(templates: tuple[EnvFile, ...], name: str) -> str:
    if not templates:
        return "none"
    if any(name in template.keys for template in templates):
        return "named"
    if any(name in template.commented for template in templates):
        return "commented"
    return "unknown" if any(template.doubt or not template.readable for template in templates) else "missing"


def _kind_of(reads: tuple[_Read, ...], set_by: str) -> str:
    if set_by:
        return "platform"
    kinds = {read.kind for read in reads if read.role == "app"}
    for kind in (*reversed(KINDS), "prefix"):
        if kind in kinds:
            return kind
    return "tests" if reads else "unread"


def _location(file: EnvFile, name: str) -> Location | None:
    if name in file.keys:
        return Location(file.path, file.keys[name].line)
    return Location(file.path, file.commented[name]) if name in file.commented else None


def _unnamed(file: EnvFile, about: Mapping[str, list[Finding]]) -> list[EnvRow]:
    """A row for each line whose name is not shown, or that cannot be read; whether a template has it is not said
    either."""
    rows = []
    mine = file.path == ".env"
    for broken in file.broken:
        found = tuple(item for item in about.get(f"line {broken.line}", ()) if item.location.path == file.path)
        row = EnvRow(f"line {broken.line}", "broken" if mine else "missing", "unknown", (), "unread", named=False)
        place = Location(file.path, broken.line)
        rows.append(row._replace(findings=found, in_flaskenv="missing" if mine else "broken", location=place))
    for binding in file.bindings:
        if not binding.named:
            state = "no value" if binding.value is None else "empty" if binding.empty else "set"
            row = EnvRow(binding.shown, state if mine else "missing", "unknown", (), "unread", named=False)
            found = tuple(item for item in about.get(binding.shown, ()) if item.location.path == file.path)
            place = Location(file.path, binding.line)
            rows.append(row._replace(findings=found, in_flaskenv="missing" if mine else state, location=place))
    return rows


def _files(project: Project) -> tuple[EnvFileState, ...]:
    env = project.env
    files = [_file(env.env, "env"), _file(env.flaskenv, "flaskenv")]
    files += [_file(template, "template") for template in env.templates]
    if not env.templates:
        from flaskdoctor.project.env.envfile import NEW_TEMPLATE

        files.append(EnvFileState(NEW_TEMPLATE, "template", "missing", "there is no template"))
    readers = {read.file: read.reader for read in read_files(project)}
    for file in (*env.further, *env.services):
        state = _file(file, "other")
        files.append(state._replace(detail=state.detail or _READERS[readers.get(file, "")]))
    return tuple(files)


_READERS = {
    "flask": "Flask or the code loads it",
    "compose": "docker compose hands it to a container",
    "front end": "it is a front end's",
    "": "nothing that is known here loads it",
}


def _file(file: EnvFile, purpose: str) -> EnvFileState:
    if file.state == "missing":
        return EnvFileState(file.path, purpose, "missing", "there is no such file")
    if file.state != "ok":
        return EnvFileState(file.path, purpose, "unknown", file.trouble)
    if file.doubt:
        detail = f"{file.trouble}; names are shown up to there"
        return EnvFileState(file.path, purpose, "broken", detail, file.doubt, len(file.keys))
    return EnvFileState(file.path, purpose, "ok", "", 0, len(file.keys))
