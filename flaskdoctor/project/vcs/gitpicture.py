"""What the Git tab shows: each check with its state, also those that pass, and by which line of which
file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flaskdoctor.finding import Finding, Location
from flaskdoctor.project.deployment.packaging import build_backend
from flaskdoctor.project.env.envuse import loaders
from flaskdoctor.project.vcs.git import NO_GIT, GitCheck, GitPicture, Ignore

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project


def git_picture(project: Project, findings: Iterable[Finding] = ()) -> GitPicture:
    """The picture of a project; ``findings`` are those of its scan."""
    git = project.git
    if git.reason == NO_GIT:
        source = "answered by the ignore files: no git program was found"
    elif git.reason:
        source = f"unknown: {git.reason}"
    elif not git.repository:
        source = "no repository; git judged the ignore files as if there were one"
    else:
        source = "answered by git"
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    checks = [
        _repository(project),
        _ignored(project, by_code.get("FD330", [])),
        *_tracked(project, by_code.get("FD331", [])),
        *_remembered(project, by_code.get("FD332", [])),
        _everywhere(project, by_code.get("FD333", [])),
        _template(project, by_code.get("FD334", [])),
        *_secret_files(project, by_code.get("FD335", [])),
        *_lines(project, by_code.get("FD336", [])),
        *_docker(project, by_code.get("FD337", [])),
        *_package(project, by_code.get("FD338", [])),
    ]
    return GitPicture(source, tuple(checks))


def _repository(project: Project) -> GitCheck:
    title = "The project is in a git repository"
    git = project.git
    if git.repository:
        branch = f"on {git.branch}" if git.branch else "on no branch"
        return GitCheck(title, "ok", branch if git.top == project.root else f"{branch}, in {git.top}")
    return GitCheck(title, "not applicable", "there is no repository here or above")


def _ignored(project: Project, findings: list[Finding]) -> GitCheck:
    title, code = "Git ignores .env", "FD330"
    if findings:
        return GitCheck(title, "finding", findings[0].message, code, findings[0].location)
    answer = project.git.ignore(".env")
    if answer is None:
        return GitCheck(title, "unknown", project.git.reason or "git was not asked", code)
    if answer.ignored:
        return GitCheck(title, "ok", by_line(answer), code, _place(answer))
    if not (project.env.env.exists or project.env.template or loaders(project)):
        return GitCheck(title, "not applicable", "there is no .env, no template, and nothing loads one", code)
    return GitCheck(title, "ok", "not ignored, and not reported", code)


def _tracked(project: Project, findings: list[Finding]) -> list[GitCheck]:
    title, code = "Git tracks no .env file", "FD331"
    if findings:
        return [
            GitCheck(f"Git does not track {finding.location.path}", "finding", finding.message, code, finding.location)
            for finding in findings
        ]
    if not project.git.repository:
        return [GitCheck(title, "not applicable", "there is no repository", code)]
    if project.git.tracked is None:
        return [GitCheck(title, "unknown", project.git.reason or "git was not asked", code)]
    return [GitCheck(title, "ok", "none is in the index", code)]


def _remembered(project: Project, findings: list[Finding]) -> list[GitCheck]:
    title, code = "No .env in git's history", "FD332"
    git = project.git
    checks = [
        GitCheck(f"Git remembers no {finding.location.path}", "finding", finding.message, code, finding.location)
        for finding in findings
    ]
    if not git.repository:
        return [GitCheck(title, "not applicable", "there is no repository", code)]
    if git.history.reason:
        return [*checks, GitCheck(title, "unknown", git.history.reason, code)]
    if not checks and any(file.path in (git.tracked or ()) for file in git.history.files):
        return [GitCheck(title, "not applicable", "only what git tracks to this day: see FD331", code)]
    return checks or [GitCheck(title, "ok", "no branch, tag or stash holds one", code)]


def _everywhere(project: Project, findings: list[Finding]) -> GitCheck:
    title, code = "Everybody's clone ignores .env", "FD333"
    if findings:
        return GitCheck(title, "finding", findings[0].message, code, findings[0].location)
    answer = project.git.ignore(".env")
    if answer is None:
        return GitCheck(title, "unknown", project.git.reason or "git was not asked", code)
    if not answer.ignored:
        return GitCheck(title, "not applicable", ".env is not ignored", code)
    if answer.everywhere:
        return GitCheck(title, "ok", f"{answer.source} is part of the project", code, _place(answer))
    return GitCheck(title, "not applicable", f"there is none; ignored {by_line(answer)}", code, _place(answer))


def _template(project: Project, findings: list[Finding]) -> GitCheck:
    title, code, template = "The template can be committed", "FD334", project.env.template
    if findings:
        return GitCheck(title, "finding", findings[0].message, code, findings[0].location)
    if template is None:
        return GitCheck(title, "not applicable", "there is no template", code)
    if project.git.tracks(template.path):
        return GitCheck(title, "ok", f"{template.path} is tracked", code, Location(template.path))
    answer = project.git.ignore(template.path)
    if answer is None:
        return GitCheck(title, "unknown", project.git.reason or "git was not asked", code)
    if answer.ignored:  # no repository, or another template is committed
        return GitCheck(title, "ok", f"{template.path} is ignored, {by_line(answer)}, and not missed", code)
    return GitCheck(title, "ok", f"{template.path} is not ignored", code, Location(template.path))


def _secret_files(project: Project, findings: list[Finding]) -> list[GitCheck]:
    title, code = "Other files with secrets are ignored", "FD335"
    if findings:
        return [
            GitCheck(f"Git ignores {finding.anchor}", "finding", finding.message, code, finding.location)
            for finding in findings
        ]
    git = project.git
    files = git.questions.files
    if not files:
        return [GitCheck(title, "not applicable", "no key, database, virtualenv or other .env file is here", code)]
    if not git.repository and ".gitignore" not in project.files.files:
        return [GitCheck(title, "not applicable", "there is no repository", code)]
    if any(git.ignore(file.asked) is None or git.tracks(file.asked) is None for file in files):
        return [GitCheck(title, "unknown", git.reason or "git was not asked", code)]
    return [GitCheck(title, "ok", f"{len({file.path for file in files})} looked at", code)]


def _lines(project: Project, findings: list[Finding]) -> list[GitCheck]:
    title, code = "Each line of .gitignore does its work", "FD336"
    if findings:
        return [GitCheck(title, "finding", finding.message, code, finding.location) for finding in findings]
    git = project.git
    files = [path for path in git.questions.inputs if path.endswith(".gitignore")]
    if not files:
        return [GitCheck(title, "not applicable", "there is no .gitignore", code)]
    doubtful = [path for line in git.questions.lines for path in line.asked]
    if any(git.ignore(path) is None or git.tracks(path) is None for path in (".env", *doubtful)):
        return [GitCheck(title, "unknown", git.reason or "git was not asked", code)]
    return [GitCheck(title, "ok", f"{len(files)} files were read" if len(files) > 1 else "", code, Location(files[0]))]


def _docker(project: Project, findings: list[Finding]) -> list[GitCheck]:
    title, code = "No Docker image gets .env", "FD337"
    if findings:
        return [GitCheck(title, "finding", finding.message, code, finding.location) for finding in findings]
    files = [dockerfile.path for dockerfile in project.deploy.dockerfiles]
    if not files:
        return [GitCheck(title, "not applicable", "there is no Dockerfile", code)]
    return [GitCheck(title, "ok", f"{len(files)} Dockerfiles were read" if len(files) > 1 else files[0], code)]


def _package(project: Project, findings: list[Finding]) -> list[GitCheck]:
    title, code = "No package gets .env", "FD338"
    if findings:
        return [GitCheck(title, "finding", finding.message, code, finding.location) for finding in findings]
    backend = build_backend(project)
    if not backend:
        return [GitCheck(title, "not applicable", "nothing builds one to upload", code)]
    return [GitCheck(title, "ok", f"built with {backend}", code)]


def by_line(answer: Ignore) -> str:
    """The line that decides, in words."""
    return f"by line {answer.line} of {answer.source}: {answer.pattern}" if answer.source else "by no line"


def _place(answer: Ignore) -> Location | None:
    return Location(answer.source, answer.line) if answer.source and not answer.source.startswith("/") else None
