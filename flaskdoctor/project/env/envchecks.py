"""How the checks of the env files as a whole stand, also those that pass, for the Env tab."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flaskdoctor.finding import Finding
from flaskdoctor.project.env.envpicture import EnvCheck

if TYPE_CHECKING:
    from flaskdoctor.project.env.envfile import EnvFile
    from flaskdoctor.project.snapshot import Project


def env_checks(project: Project, findings: Iterable[Finding]) -> tuple[EnvCheck, ...]:
    """Whether every line can be read, who can read the files, whether shared ones are free of secrets, whether they are
    loaded at all."""
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    env = project.env
    return (
        _files("Every line can be read", "FD316", (env.env, env.flaskenv, *env.templates), by_code, "no env file"),
        _files("Every file is plain UTF-8", "FD319", (*env.present, *env.templates), by_code, "no env file"),
        _files("Every key is set once", "FD315", (*env.present, *env.templates), by_code, "no env file"),
        _permissions(project, by_code.get("FD321", [])),
        _files("Templates hold no secret", "FD322", env.templates, by_code, "no template"),
        _shared(project, by_code.get("FD323", [])),
        _dotenv(project, by_code.get("FD328", [])),
    )


def _files(
    title: str, code: str, files: Iterable[EnvFile], by_code: dict[str, list[Finding]], nothing: str
) -> EnvCheck:
    found = by_code.get(code, [])
    present = [file for file in files if file.exists]
    if found:
        return _finding(title, code, found)
    if not present:
        return EnvCheck(title, "not applicable", f"there is {nothing}", code)
    unknown = next((file for file in present if not file.readable or (file.doubt and code == "FD322")), None)
    if unknown is not None:
        return EnvCheck(title, "unknown", f"{unknown.path}: {unknown.trouble}", code)
    return EnvCheck(title, "ok", ", ".join(file.path for file in present), code)


def _finding(title: str, code: str, found: list[Finding]) -> EnvCheck:
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return EnvCheck(title, "finding", found[0].message + more, code)


def _permissions(project: Project, found: list[Finding]) -> EnvCheck:
    title, code = "Secrets are readable for you only", "FD321"
    if found:
        return _finding(title, code, found)
    env = project.env
    present = [file for file in env.present if file is not env.flaskenv]
    if not present:
        return EnvCheck(title, "not applicable", "there is no .env", code)
    own = [file for file in present if not project.git.tracks(file.path)]
    if not own:
        return EnvCheck(title, "not applicable", f"git tracks {present[0].path}: whoever clones it has it", code)
    known = [file for file in own if file.mode is not None]
    if not known:
        return EnvCheck(title, "unknown", f"{own[0].path} is a link, or this system has no such permissions", code)
    shown = ", ".join(f"{file.path} ({file.mode:04o})" for file in known[:3])
    more = f" and {len(known) - 3} more" if len(known) > 3 else ""
    return EnvCheck(title, "ok", shown + more, code)


def _shared(project: Project, found: list[Finding]) -> EnvCheck:
    title, code = ".flaskenv and compose files hold no secret", "FD323"
    if found:
        return _finding(title, code, found)
    paths = [compose.path for compose in project.deploy.composes]
    paths += [project.env.flaskenv.path] if project.env.flaskenv.exists else []
    if not paths:
        return EnvCheck(title, "not applicable", "there is no .flaskenv and no compose file", code)
    return EnvCheck(title, "ok", ", ".join(sorted(paths)), code)


def _dotenv(project: Project, found: list[Finding]) -> EnvCheck:
    title, code = "python-dotenv is required", "FD328"
    if found:
        return EnvCheck(title, "finding", found[0].message, code)
    env, dependencies = project.env, project.dependencies
    if not env.env.exists and not env.flaskenv.exists:
        return EnvCheck(title, "not applicable", "there is no .env and no .flaskenv", code)
    if dependencies.has("python-dotenv"):
        return EnvCheck(title, "ok", "the requirements name it", code)
    if not dependencies.distributions:
        return EnvCheck(title, "unknown", "no requirements were found", code)
    return EnvCheck(title, "ok", "nothing of the app needs it, or another library reads the file", code)
