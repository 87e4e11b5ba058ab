"""FD337: a Docker image that gets the project's .env."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.deployment.deploy import Copied, Dockerfile
from flaskdoctor.project.env.envfile import is_template_name
from flaskdoctor.project.env.envuse import loaders
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.vcs.dockerignore import DockerIgnore, read_dockerignore
from flaskdoctor.rules.rule import Bad, Good, Issue, ProjectRule

APP = "import flask\n"
# A command that works with the file while the image is built.
_RUN_WITH_ENV = re.compile(
    r"^(?!\s*(?:#|COPY\b|ADD\b)).*(?<![\w./-])(?:\./)?\.env(?:\.\w+)?(?![\w./-])", re.MULTILINE | re.IGNORECASE
)
_ADVICE = "Hand the values over when the container starts: `env_file:` of compose, `docker run --env-file`."
DOCKERFILE = "FROM python:3.13\nWORKDIR /app\nCOPY . .\nCMD gunicorn shop:app\n"


class EnvInDockerImage(ProjectRule):
    """`COPY . .` takes .env into the Docker image, since .dockerignore does not leave it out.

    ## What it finds

    A Dockerfile whose image gets a whole folder of the build context (`COPY . .`, `ADD ./ /app`) in which a `.env` or
    `.env.local` lies, or in which one belongs (there is a template, or the code loads one), while no `.dockerignore`
    leaves it out. Docker's patterns are not git's: `.env` there means the one at the top of the context only, and
    what `.gitignore` says counts for nothing.

    What is copied in an earlier stage counts where the last one is built on it or takes the folder over from it.
    A Dockerfile for development, and `.env.test`, are information. An image that copies the file by name is reported
    without a fix.

    ## Why it matters

    Whoever can pull the image has the file: `docker run --rm image cat .env`. A later `RUN rm .env` takes it out of
    the last layer only. Registries are shared more freely than repositories, images stay there for years, and the
    layer with `.env` is cached on each machine that pulled it. Also, the image then runs with the settings of the
    machine that it was built on, where python-dotenv finds them.

    ## What to do instead

    Leave it out of the context, at every depth, and hand the values over when the container starts
    (`env_file:` or `environment:` of compose, `docker run --env-file`, the platform's secrets):

    ```
    # .dockerignore
    **/.env
    **/.env.*
    !**/.env.example
    ```

    The fix appends these lines, and makes the file where there is none. Where a front end's `.env.production` has to
    stay it names the files one by one, and where a build copies or reads the file by its name there is no fix. It asks
    first where the app loads a `.env` that nothing else hands over: the next image has none. If an image was pushed
    with the file in it, change the secrets.

    ## References

    - [Docker: .dockerignore files](https://docs.docker.com/build/concepts/context/#dockerignore-files)
    - [Docker: build secrets](https://docs.docker.com/build/building/secrets/)
    """

    code = "FD337"
    name = "env-in-docker-image"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    fix_title = "Leave .env out of the Docker build"
    fix_risk = (
        "The app in the next image has no .env to load any more. Hand the values over when the container starts, or it "
        "runs with its fallbacks."
    )
    bad = [
        Bad(
            {"app.py": APP, "Dockerfile": DOCKERFILE, ".env": "A=1\n", ".dockerignore": ".git\n*.pyc\n"},
            fixed={".dockerignore": ".git\n*.pyc\n**/.env\n**/.env.*\n"},
        ),
        Bad(
            {"app.py": APP, "Dockerfile": "FROM python\nADD ./ /app/\n", ".env.example": "A=\n"},
            fixed={".dockerignore": "**/.env\n**/.env.*\n!**/.env.example\n"},
        ),
        # The top is left out, what lies deeper and the other one are not.
        Bad(
            {
                "app.py": APP,
                "Dockerfile": DOCKERFILE,
                ".env": "A=1\n",
                "api/.env": "A=1\n",
                ".dockerignore": ".env\r\n",
            },
            fixed={".dockerignore": ".env\r\n**/.env\r\n**/.env.*\r\n"},
        ),
        Bad({"app.py": APP, "Dockerfile": DOCKERFILE, ".env.local": "A=1\n", ".dockerignore": "**/.env\n"}),
        # Taken back in.
        Bad({"app.py": APP, "Dockerfile": DOCKERFILE, ".env": "A=1\n", ".dockerignore": "*\n!.env\n!*.py\n"}),
        # By way of another stage.
        Bad(
            {
                "app.py": APP,
                ".env": "A=1\n",
                "Dockerfile": "FROM python AS base\nCOPY --chown=app . /app\nFROM base\nCMD gunicorn shop:app\n",
            }
        ),
        Bad(
            {
                "app.py": APP,
                ".env": "A=1\n",
                "Dockerfile": 'FROM python AS build\nCOPY [".", "/app"]\nFROM python\nCOPY --from=build /app /app\n',
            }
        ),
        # A service's own folder.
        Bad(
            {
                "api/app.py": APP,
                "api/.env": "A=1\n",
                "api/Dockerfile": DOCKERFILE,
                "compose.yml": "services:\n  api:\n    build: ./api\n",
            },
            fixed={"api/.dockerignore": "**/.env\n**/.env.*\n"},
        ),
        # What a front end is built with stays; so do templates, wherever they lie.
        Bad(
            {
                "app.py": APP,
                "Dockerfile": DOCKERFILE,
                ".env": "A=1\n",
                "web/package.json": "{}\n",
                "web/.env": "VITE_API=/api\n",
                "web/.env.production": "VITE_API=/api\n",
                ".dockerignore": "# git\n.git\n",
            },
            fixed={".dockerignore": "# git\n.git\n.env\n"},
        ),
        Bad(
            {"app.py": APP, "Dockerfile": DOCKERFILE, ".env": "A=1\n", "deploy/.env.example": "A=\n"},
            fixed={".dockerignore": "**/.env\n**/.env.*\n!**/.env.example\n"},
        ),
        # Another build with the same ignore file fails without it, or a command of this one: no fix.
        Bad(
            {
                "app.py": APP,
                "Dockerfile": DOCKERFILE,
                "Dockerfile.worker": "FROM python\nCOPY worker.py .env /app/\n",
                ".env": "A=1\n",
            },
            fixed={"Dockerfile": DOCKERFILE},
        ),
        Bad(
            {"app.py": APP, "Dockerfile": f"{DOCKERFILE}RUN set -a && . ./.env && flask assets\n", ".env": "A=1\n"},
        ),
        # By its name: no fix. For development: information.
        Bad({"app.py": APP, "Dockerfile": "FROM python\nCOPY app.py .env /app/\n", ".env": "A=1\n"}),
        Bad({"app.py": APP, "Dockerfile.dev": DOCKERFILE, ".env": "A=1\n"}),
        Bad({"app.py": APP, "Dockerfile": DOCKERFILE, ".env.test": "A=1\n"}),
    ]
    good = [
        {"app.py": APP, "Dockerfile": DOCKERFILE, ".env": "A=1\n", ".dockerignore": "**/.env*\n"},
        {"app.py": APP, "Dockerfile": DOCKERFILE, ".env": "A=1\n", ".dockerignore": ".env\n.git\n"},
        {
            "app.py": APP,
            "Dockerfile": DOCKERFILE,
            ".env": "A=1\n",
            ".env.local": "",
            ".dockerignore": "# env\n./.env*\n",
        },
        {"app.py": APP, "Dockerfile": DOCKERFILE, ".env": "A=1\n", ".dockerignore": "*\n!shop\n!requirements.txt\n"},
        # No .env, and nothing that speaks of one.
        {"app.py": APP, "Dockerfile": DOCKERFILE},
        # Folders and files that hold none.
        {"app.py": APP, ".env": "A=1\n", "Dockerfile": "FROM python\nCOPY shop /app/shop\nCOPY *.txt wsgi.py /app/\n"},
        # Copied in a stage that does not ship.
        {
            "app.py": APP,
            ".env": "A=1\n",
            "Dockerfile": "FROM node AS assets\nCOPY . /src\nFROM python\nCOPY --from=assets /src/dist /app/static\n"
            "COPY shop /app\n",
        },
        # Another folder is the context; the Dockerfile has ignore rules of its own.
        {"app.py": APP, ".env": "A=1\n", "nginx/Dockerfile": "FROM nginx\nCOPY . /etc/nginx\n", "nginx/nginx.conf": ""},
        {
            "app.py": APP,
            ".env": "A=1\n",
            "Dockerfile": DOCKERFILE,
            "Dockerfile.dockerignore": "**/.env\n",
            ".dockerignore": "",
        },
        # Another tool's variables.
        {"app.py": APP, "deploy/versions.env": "REDIS=7\n", "Dockerfile": DOCKERFILE},
        # Template names are no secret.
        Good({"app.py": APP, ".env.example": "A=\n", "Dockerfile": "FROM python\nCOPY .env.example /app/.env\n"}),
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """Each ignore file that misses one, once."""
        seen: set[str] = set()
        for dockerfile in sorted(project.deploy.dockerfiles, key=lambda each: (each.development, each.path)):
            for context in dockerfile.contexts:
                ignore = read_dockerignore(project.root, dockerfile.path, context)
                found = _taken_in(project, dockerfile, context, ignore)
                if found is None or ignore.path in seen:
                    continue
                seen.add(ignore.path)
                copied, path, by_name = found
                needed = _needs_it(project, ignore.path)
                how = f"{copied.instruction} {' '.join(copied.sources)} {copied.target}".strip()
                missing = "does not leave it out" if ignore.exists else "is missing"
                yield Issue(
                    f"{how} takes {path} into the image" + ("" if by_name else f": {ignore.path} {missing}"),
                    copied.location,
                    ignore.path,
                    severity=Severity.INFO if dockerfile.development or path.endswith((".test", ".ci")) else None,
                    fix=Fix.UNSAFE if _lives_by_it(project, dockerfile) else None,
                    fixable=not by_name and not needed,
                    advice=_ADVICE
                    if by_name
                    else f"{needed} builds with the file, so first: {_ADVICE}"
                    if needed
                    else "",
                )

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The lines that are missing, at the end of the ignore file."""
        from flaskdoctor.fixes.ignorefile import ignore

        path = issue.anchor
        context = path.rpartition("/")[0] if path.endswith("/.dockerignore") or path == ".dockerignore" else ""
        known = read_dockerignore(project.root, path.removesuffix(".dockerignore"), context)
        return ignore(project.root, _lines(project, known, f"{context}/" if context else ""), path)


def _lines(project: Project, known: DockerIgnore, folder: str) -> list[str]:
    """What leaves the env files of a context out, and nothing that an image may need: templates, the settings of a
    front end."""
    secret = [path.removeprefix(folder) for path in _env_paths(project) if path.startswith(folder)]
    there = [path.removeprefix(folder) for path in project.files.files if path.startswith(folder)]
    there = [path for path in there if fnmatchcase(f"/{path}", "*/.env*") and not known.leaves_out(path)]
    templates = [path for path in there if is_template_name(posixpath.basename(path))]
    if set(there) - set(templates) - set(secret):
        return list(dict.fromkeys(path for path in secret if not known.leaves_out(path)))
    kept = sorted({posixpath.basename(path) for path in templates if fnmatchcase(f"/{path}", "*/.env.*")})
    return ["**/.env", "**/.env.*", *(f"!**/{name}" for name in kept)]


def _needs_it(project: Project, ignore: str) -> str:
    """A Dockerfile for which this ignore file counts, and whose build fails without an env file: it is copied by its
    name, or a command reads it. Empty if there is none."""
    for dockerfile in project.deploy.dockerfiles:
        if any(read_dockerignore(project.root, dockerfile.path, each).path == ignore for each in dockerfile.contexts):
            sources = [posixpath.basename(source) for copied in dockerfile.copied for source in copied.sources]
            named = any(name.startswith(".env") and not is_template_name(name) for name in sources)
            if named or _RUN_WITH_ENV.search(project.texts.read(dockerfile.path)):
                return dockerfile.path
    return ""


def _lives_by_it(project: Project, dockerfile: Dockerfile) -> bool:
    """Whether the app in the image may get its settings from the file there: it loads one, and no compose file hands
    them over."""
    handed = any(
        service.env_files or service.environment
        for service in project.deploy.services
        if service.dockerfile == dockerfile.path
    )
    return project.env.env.exists and bool(loaders(project)) and not handed


def _taken_in(
    project: Project, dockerfile: Dockerfile, context: str, ignore: DockerIgnore
) -> tuple[Copied, str, bool] | None:
    """The instruction that takes an env file into the image, the file, and whether it is named there."""
    folder = f"{context}/" if context else ""
    paths = [path for path in _env_paths(project) if path.startswith(folder)]
    for copied in _in_the_image(dockerfile):
        for path in paths:
            inside = path.removeprefix(folder)
            how = _copies(copied, inside)
            if how and not ignore.leaves_out(inside):
                return copied, path, how == "named"
    return None


def _env_paths(project: Project) -> list[str]:
    """The env files that there are, and the root's .env where one belongs."""
    env = project.env
    found = [
        file.path
        for file in project.git.questions.files
        if file.kind == "env" and re.match(r"\.env(?:\.|\Z)", file.path.rpartition("/")[2])
    ]
    expected = env.env.exists or (env.env.state == "missing" and bool(env.templates or loaders(project)))
    return [".env", *found] if expected else found


def _in_the_image(dockerfile: Dockerfile) -> Iterator[Copied]:
    """What is copied from the context and ends up in the last stage."""
    stages = {image.stage: number for number, image in enumerate(dockerfile.images) if image.stage}
    ships = {len(dockerfile.images) - 1}
    stage = len(dockerfile.images) - 1
    while dockerfile.images and (base := stages.get(dockerfile.images[stage].name)) is not None and base < stage:
        stage = base
        ships.add(stage)
    for copied in dockerfile.copied:
        if copied.stage in ships and not copied.origin:
            yield copied
    for taken in dockerfile.copied:
        origin = stages.get(taken.origin, int(taken.origin) if taken.origin.isdigit() else None)
        if taken.stage not in ships or origin is None or origin in ships:
            continue
        for copied in dockerfile.copied:
            target = posixpath.normpath(copied.target)
            sources = {posixpath.normpath(source) for source in taken.sources}
            if copied.stage == origin and not copied.origin and target in sources and target.startswith("/"):
                yield copied


def _copies(copied: Copied, path: str) -> str:
    """How an instruction takes a path of the context in: "whole" with the folder around it, "named" by its own name;
    nothing if it does not."""
    if is_template_name(path.rpartition("/")[2]):
        return ""
    for source in copied.sources:
        name = posixpath.normpath(source).lstrip("/") if source != "/" else "."
        if name == path:
            return "named"
        if name == "." or path.startswith(f"{name}/"):
            return "whole"
        if any(char in name for char in "*?[") and fnmatchcase(path.partition("/")[0], name) and "/" not in name:
            return "whole"
    return ""
