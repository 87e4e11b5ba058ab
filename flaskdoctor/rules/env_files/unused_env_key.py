"""FD327: a key of the template that nothing reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.patterns import lazy
from flaskdoctor.project.env.envfile import is_template_name
from flaskdoctor.project.env.envfilenames import is_env_name
from flaskdoctor.project.env.envuse import counts, platform
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

TEMPLATE = {".env.example": "SHOP_KEY=\nSHOP_OLD=\n"}
READ = "import os\nKEY = os.environ['SHOP_KEY']\n"
# What libraries and images read without being told: ``boto3`` its AWS_.., ``libpq`` its PG.., an image its MYSQL_..
_IMPLICIT = (
    "FLASK_", "AWS_", "AZURE_", "GOOGLE_", "GCP_", "GCLOUD_", "FIREBASE_", "PG", "POSTGRES_", "MYSQL_", "MARIADB_",
    "MONGO_", "REDIS_", "RABBITMQ_", "MINIO_", "COMPOSE_", "DOCKER_", "CELERY_", "GUNICORN_", "UWSGI_", "NGINX_",
    "SENTRY_", "OTEL_", "DD_", "DATADOG_", "NEW_RELIC_", "NEWRELIC_", "ELASTIC_", "OPENAI_", "ANTHROPIC_", "HF_",
    "HUGGINGFACE", "LANGCHAIN_", "LANGSMITH_", "COHERE_", "MISTRAL_", "GROQ_", "TWILIO_", "SENDGRID_", "STRIPE_",
    "CLOUDINARY_", "SLACK_", "TELEGRAM_", "DISCORD_", "GITHUB_", "GITLAB_", "HEROKU_", "FLY_", "RAILWAY_", "RENDER_",
    "VERCEL_", "NPM_", "NODE_", "VITE_", "REACT_APP_", "NEXT_", "NUXT_", "VUE_APP_", "EXPO_", "TRAEFIK_", "CADDY_",
    "LETSENCRYPT_", "CERTBOT_", "VIRTUAL_", "KUBE", "ORACLE_", "ODBC", "NLS_", "TNS_", "SSL_", "REQUESTS_", "CURL_",
    "OAUTHLIB_", "AUTHLIB_", "DYNACONF", "DEBUG", "LOG_", "TESTCONTAINERS_", "PLAYWRIGHT_", "SELENIUM_", "MLFLOW_",
    "WANDB_", "CUDA_", "TF_", "TORCH_", "OMP_", "KAFKA_", "INFLUX", "GRAFANA_", "PROMETHEUS_",
)  # fmt: skip
_IMPLICIT_NAMES = frozenset(
    ("PORT", "HOST", "TZ", "LANG", "PUID", "PGID", "UID", "GID", "DOMAIN", "UMASK", "DATABASE_URL")
)
_WORD = lazy(r"[A-Za-z_][A-Za-z0-9_]*")
# Texts that say of a key what it is for, and use it not.
_DOCUMENTS = (".md", ".rst", ".txt", ".adoc", ".pdf", ".csv", ".svg", ".lock", ".map", ".log")
_BINARY = (
    ".png", ".jpg", ".jpeg", ".gif", ".ico", ".webp", ".woff", ".woff2", ".ttf", ".eot", ".otf", ".zip", ".gz", ".db",
    ".sqlite", ".sqlite3", ".pyc", ".so", ".mp3", ".mp4", ".wav", ".pkl", ".h5", ".pt", ".onnx", ".npy", ".parquet",
    ".xlsx", ".docx", ".mo", ".jar", ".exe", ".dll", ".pem", ".key", ".crt",
)  # fmt: skip
_MOST_FILES = 1500  # a larger project is not read for a hint


class UnusedEnvKey(ProjectRule):
    """The template names a key that nothing in the project reads.

    ## What it finds

    Each key of the template whose name stands nowhere else: in no Python file, compose file, Dockerfile, script,
    workflow or front end of the project (documents, templates and env files aside).

    It is silent about the whole template where the code reads names that it computes (`os.environ[name]`,
    `dict(os.environ)`). So it is about keys marked `# optional`, names with a prefix that `from_prefixed_env()` takes,
    and those that libraries, images and platforms read by themselves (`AWS_..`, `PG..`, `POSTGRES_..`, `SENTRY_DSN`,
    `PORT`, `TZ`, `.._PROXY`) or that belong to a library which the code imports.

    ## Why it matters

    Everybody who sets the project up looks for a value that is not needed, and a new name beside an old one
    (`MAIL_SERVER`, `SMTP_HOST`) leaves them wondering which of the two counts. A key that was renamed in the code alone
    shows here as well.

    ## What to do instead

    Take the key out of the template, or correct its name. A key for another program may stay, with a word about it:

    ```ini
    # read by the backup job on the server
    # BACKUP_TARGET=
    ```

    ## References

    - [The twelve-factor app: config](https://12factor.net/config)
    """

    code = "FD327"
    name = "unused-env-key"
    tip = Tip.SECRETS
    severity = Severity.INFO
    bad = [
        Bad({"app.py": READ, **TEMPLATE}),
        # Named in documents, in the .env and in another template only.
        Bad(
            {
                "app.py": READ,
                **TEMPLATE,
                ".env": "SHOP_OLD=1\n",
                "README.md": "Set SHOP_OLD.\n",
                ".env.docker.example": "SHOP_OLD=\n",
            }
        ),
        # A part of another name is none.
        Bad(
            {
                "app.py": f"{READ}MORE = os.environ['SHOP_OLDER']\n",
                ".env.example": "SHOP_KEY=\nSHOP_OLD=\nSHOP_OLDER=\n",
            }
        ),
    ]
    good = [
        {"app.py": READ, ".env.example": "SHOP_KEY=\n# SHOP_OLD=\n"},
        {"app.py": READ, ".env.example": "SHOP_KEY=\n# optional: for the backup job\nSHOP_OLD=\n"},
        # Used elsewhere.
        {"app.py": READ, **TEMPLATE, "compose.yml": "services:\n  web:\n    image: shop:${SHOP_OLD}\n"},
        {"app.py": READ, **TEMPLATE, "deploy/start.sh": 'echo "$SHOP_OLD"\n'},
        {"app.py": READ, **TEMPLATE, "frontend/src/a.js": "const old = process.env.SHOP_OLD\n"},
        {"app.py": READ, **TEMPLATE, "tests/test_shop.py": "import os\nos.getenv('SHOP_OLD')\n"},
        # In lower case: a field of a settings class; built into another value.
        {"app.py": f"{READ}class Settings:\n    shop_old: str\n", **TEMPLATE},
        {"app.py": READ, ".env.example": "SHOP_OLD=1\nSHOP_KEY=${SHOP_OLD}/a\n"},
        # Anything may be read.
        {"app.py": f"{READ}def get(name):\n    return os.environ[name]\n", **TEMPLATE},
        {"app.py": f"{READ}ALL = dict(os.environ)\n", **TEMPLATE},
        {
            "app.py": f"from flask import Flask\napp = Flask('a')\napp.config.from_prefixed_env('SHOP')\n{READ}",
            **TEMPLATE,
        },
        # Read by others: libraries, images, the platform.
        {
            "app.py": READ,
            ".env.example": "SHOP_KEY=\nAWS_REGION=\nPGHOST=\nFLASK_APP=\nTZ=\nHTTPS_PROXY=\nSENTRY_DSN=\n",
        },
        {"app.py": f"import pinecone\n{READ}", ".env.example": "SHOP_KEY=\nPINECONE_API_KEY=\n"},
        # The code reads nothing at all here: whatever reads it is somewhere else.
        {"app.py": "import flask\n", **TEMPLATE},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The keys whose names stand nowhere else."""
        template = project.env.template
        if template is None or not template.readable or template.doubt:
            return
        modules = [facts for facts in project.modules.values() if facts.env_reads or facts.env_dynamic]
        if not any(counts(facts) and facts.env_reads for facts in modules) or any(each.env_dynamic for each in modules):
            return
        reads = [read for facts in modules for read in facts.env_reads]
        names = {read.name.upper() for read in reads if read.kind != "prefix"}
        prefixes = tuple(read.name.upper() for read in reads if read.kind == "prefix")
        imported = _imported(project)
        candidates = {
            name
            for name, binding in template.keys.items()
            if name.upper() not in names
            and not binding.optional
            and not name.upper().startswith((*prefixes, *_IMPLICIT))
            and name.upper() not in _IMPLICIT_NAMES
            and not platform(name)
            and not name.upper().endswith(("_PROXY", "_IMAGE", "_TAG"))
            and name.partition("_")[0].lower() not in imported
        }
        unused = _left_over(candidates, project)
        for name, binding in template.keys.items():
            if name in unused:
                yield Issue(
                    f"{template.path} names {name}, and nothing reads it", Location(template.path, binding.line), name
                )


def _imported(project: Project) -> frozenset[str]:
    """The first words of the packages that the project imports: ``google``, ``pinecone``."""
    tops = {item.target.partition(".")[0] for facts in project.modules.values() for item in facts.imports}
    return frozenset(word for top in tops for word in (top.lower(), top.lower().partition("_")[0]) if word)


def _left_over(candidates: set[str], project: Project) -> set[str]:
    """Those whose names stand in no other file of the project, nor in a value of an env file."""
    left = {name.lower(): name for name in candidates}
    env = project.env
    for file in (*env.present, *env.templates):
        for binding in file.bindings:
            _strike_out(left, binding.value.reveal() if binding.value is not None else "")
    paths = [path for path in project.files.files if _may_use(path)]
    if len(paths) > _MOST_FILES:
        return set()
    for path in paths:
        if not left:
            break
        _strike_out(left, project.texts.read(path))
    return set(left.values())


def _strike_out(left: dict[str, str], text: str) -> None:
    """Take the names that stand in a text off those that are left."""
    lower = text.lower()
    if not any(name in lower for name in left):
        return
    for word in _words(lower):
        left.pop(word, None)


def _words(text: str) -> Iterable[str]:
    return frozenset(_WORD.findall(text))


def _may_use(path: str) -> bool:
    """Whether a file is one that could use a variable: no document, no picture, no env file."""
    name = path.rpartition("/")[2].lower()
    if name.endswith((*_DOCUMENTS, *_BINARY)) and not name.startswith("requirements"):
        return False
    return not (is_env_name(name) or is_template_name(name) or name.startswith(".env"))
