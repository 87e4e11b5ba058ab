"""FD323: a secret in .flaskenv or in a compose file, which everybody gets."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.deployment.deploy import Service
from flaskdoctor.project.deployment.filenames import is_development_name
from flaskdoctor.project.env.envfile import NAME
from flaskdoctor.project.secrecy.secretnames import is_secret_setting, words
from flaskdoctor.project.secrecy.sharedvalues import how_secret
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "import flask\n"
COMPOSE = "services:\n  web:\n    build: .\n    environment:\n"
_ADVICE = (
    "Move it to `.env`, and write `${NAME}` (compose) or nothing here. Then change it: what was committed stays "
    "readable in the history."
)
# Images that are there for the app next to them, and their own first settings.
_STORES = frozenset((
    "postgres", "postgresql", "postgis", "mysql", "mariadb", "mongo", "mongodb", "redis", "rabbitmq", "minio",
    "timescaledb", "mssql", "pgadmin4", "adminer", "phpmyadmin", "keycloak", "grafana", "elasticsearch", "opensearch",
    "influxdb", "neo4j", "couchdb", "cassandra", "clickhouse", "valkey", "memcached", "localstack", "mailhog",
))  # fmt: skip
_STORE_WORDS = frozenset(("postgres", "mysql", "mariadb", "mongo", "redis", "rabbitmq", "minio", "db", "database"))


class SecretInSharedEnv(ProjectRule):
    """.flaskenv or a compose file, which are committed, hold a real secret.

    ## What it finds

    In `.flaskenv`, and behind `environment:` in compose files: a value behind a secret's name (`.._PASSWORD`,
    `.._SECRET`, `.._TOKEN`, `SECRET_KEY`) that was made by a machine or looks like somebody's own, a provider's token
    or private key, and a URL with a login for a server that is not on this machine.

    The password that a compose file gives to its own database (`POSTGRES_PASSWORD` of the image) is information, and so
    is all in a file for development or tests (`compose.override.yml`, `docker-compose.dev.yml`): with them you get no
    further than that network, unless the port is open to the world.

    Left alone: `${SECRET_KEY}` and `SECRET_KEY:` without a value, `env_file:`, placeholders (`change-me`, `postgres`),
    a `.flaskenv` that git ignores.

    ## Why it matters

    `.flaskenv` is meant for what may be public (`FLASK_APP`, `FLASK_DEBUG`), and a compose file is read by everybody
    who can read the repository, for ever: each clone and fork keeps it. With the `SECRET_KEY` anybody signs sessions of
    that server, as whichever user.

    ## What to do instead

    ```yaml
    services:
      web:
        environment:
          SECRET_KEY: ${SECRET_KEY:?set it in .env}
        env_file: .env
    ```

    Compose reads `.env` beside it by itself. Then change the secret: taking the line out does not empty the history.

    ## References

    - [Flask: environment variables from
    dotenv](https://flask.palletsprojects.com/en/stable/cli/#environment-variables-from-dotenv)
    - [Docker compose: interpolation](https://docs.docker.com/reference/compose-file/interpolation/)
    - [Docker compose: secrets](https://docs.docker.com/compose/how-tos/use-secrets/)
    """

    code = "FD323"
    name = "secret-in-shared-env"
    tip = Tip.SECRETS
    severity = Severity.ERROR
    bad = [
        Bad({"app.py": APP, ".flaskenv": "FLASK_APP=app\nSECRET_KEY=9d5a1c07e3b8426f9d5a\n"}),
        Bad({"app.py": APP, "compose.yml": f"{COMPOSE}      SECRET_KEY: 9d5a1c07e3b8426f9d5a\n      PORT: 80\n"}),
        Bad(
            {
                "app.py": APP,
                "deploy/docker-compose.yml": f"{COMPOSE}      - DATABASE_URL=db://ada:clay-4711@db.pottery.shop/a\n"
                "      - BOT=xoxb-4711084711-kilnAndClayKilnAndClay\n",
            },
            hits=2,
        ),
        # Information: of the database beside it, in both services; for development.
        Bad(
            {
                "app.py": APP,
                "compose.yml": f"{COMPOSE}      DB_PASSWORD: kiln4711clay4711\n  db:\n    image: postgres:17\n"
                "    environment:\n      POSTGRES_PASSWORD: kiln4711clay4711\n",
            },
            hits=2,
        ),
        Bad({"app.py": APP, "docker-compose.dev.yml": f"{COMPOSE}      A_TOKEN: 9d5a1c07e3b8426f9d5a\n"}),
        Bad({"#git": "init", "app.py": APP, ".flaskenv": "MAIL_PASSWORD='kiln-4711-clay'\n"}),
    ]
    good = [
        {"app.py": APP, ".flaskenv": "FLASK_APP=app\nFLASK_DEBUG=1\nSECRET_KEY=dev\nMAIL_PASSWORD=\n"},
        # From outside, or from a file.
        {
            "app.py": APP,
            "compose.yml": f"{COMPOSE}      SECRET_KEY: ${{SECRET_KEY}}\n"
            "      A_TOKEN: ${A_TOKEN:-9d5a1c07e3b8426f}\n      B_TOKEN:\n"
            "      DB_PASSWORD_FILE: /run/secrets/9d5a1c07\n    env_file: .env\n",
        },
        {"app.py": APP, "compose.yml": f"{COMPOSE}      - SECRET_KEY\n      - A_TOKEN=$A_TOKEN\n"},
        # What everybody writes; a login for the service next door.
        {
            "app.py": APP,
            "compose.yml": f"{COMPOSE}      SECRET_KEY: change-me\n      MYSQL_ROOT_PASSWORD: root\n"
            "      POSTGRES_PASSWORD: postgres\n      DATABASE_URL: db://shop:kiln4711@db:5432/shop\n"
            "      A_TOKEN: <your token>\n      B_SECRET: super-secret\n",
        },
        # Names about secrets, public ones.
        {
            "app.py": APP,
            "compose.yml": f"{COMPOSE}      ACCESS_TOKEN_EXPIRE_MINUTES: 30\n"
            "      VITE_MAPS_API_KEY: 9d5a1c07e3b8426f\n",
        },
        # Git ignores it; a .env is where secrets belong.
        {"#git": "init", "app.py": APP, ".flaskenv": "A_TOKEN=9d5a1c07e3b8426f9d5a\n", ".gitignore": ".flaskenv\n"},
        {"app.py": APP, ".env": "A_TOKEN=9d5a1c07e3b8426f9d5a\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The values that are no placeholders."""
        yield from _in_flaskenv(project)
        for compose in project.deploy.composes:
            stores = [service for service in compose.services if _is_store(service)]
            for service in compose.services:
                yield from _in_service(service, stores, development=compose.development)


def _in_flaskenv(project: Project) -> Iterator[Issue]:
    file = project.env.flaskenv
    answer = project.git.ignore(file.path)
    if answer is not None and answer.ignored and not project.git.tracks(file.path):
        return
    for binding in file.keys.values():
        value = binding.value.reveal().strip() if binding.value is not None else ""
        severity = how_secret(binding.shown, value)
        if severity is not None:
            message = f"{file.path}, which is meant to be committed, has a secret in {binding.shown}"
            yield Issue(message, Location(file.path, binding.line), binding.shown, severity, advice=_ADVICE)


def _in_service(service: Service, stores: list[Service], *, development: bool) -> Iterator[Issue]:
    for variable in service.environment:
        value = variable.value.reveal().strip() if variable.value is not None else ""
        severity = how_secret(variable.name, value)
        if severity is None:
            continue
        soft = development or variable.development or is_development_name(service.name)
        soft = soft or _is_of_store(variable.name, value, service, stores)
        named = NAME.match(variable.name) is not None
        what = variable.name if named else f"the variable on line {variable.location.line}"
        path = variable.location.path
        yield Issue(
            f"{path} gives {service.name if named else 'a service'} a secret in {what}, for everybody to read",
            variable.location,
            f"{service.name}: {variable.name}" if named else f"line {variable.location.line}",
            Severity.INFO if soft else severity,
            advice=_ADVICE,
        )


def _is_store(service: Service) -> bool:
    """Whether a service is a database or the like, of an image that is not the project's."""
    name = service.image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return name in _STORES


def _is_of_store(name: str, value: str, service: Service, stores: list[Service]) -> bool:
    """Whether a value only opens a database beside the app: it is that service's own, or the same as there."""
    if service in stores:
        return is_secret_setting(name)
    if not stores or _STORE_WORDS.isdisjoint(words(name)):
        return False
    own = {each.value.reveal() for store in stores for each in store.environment if each.value is not None}
    return value in own
