"""Env files: what python-dotenv makes of their lines, who can read them, and what other programs make of them."""

from __future__ import annotations

from tests.recall.app import Defect, Healthy
from tests.recall.of_secrets import IGNORE, KEPT, KEY, READS, WITH_DOTENV

# As ``KEPT``, with what the larger app of a team has beside it.
NEWEST = KEPT | {"requirements.txt": "flask==3.1.0\npython-dotenv==1.2.4\n"}
FACTORY = """from flask import Flask


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_prefixed_env()
    return app
"""
PREFIXED = {
    "shop/__init__.py": FACTORY,
    "requirements.txt": WITH_DOTENV,
    ".env": f"FLASK_SECRET_KEY={KEY}\n",
    ".env.example": "FLASK_SECRET_KEY=\n",
    ".gitignore": IGNORE,
    "#git": "init",
}
DECOUPLED = {
    "app.py": """from decouple import config
from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = config("SECRET_KEY")
""",
    "requirements.txt": "flask==3.1.0\npython-decouple==3.8\n",
    ".env": f"SECRET_KEY={KEY}\n",
    ".env.example": "SECRET_KEY=\n",
    ".gitignore": IGNORE,
    "#git": "init",
}
COMPOSE = """services:
  web:
    build: .
    env_file: .env
    environment:
      GREETING: hello
"""

DEFECTS: list[Defect] = [
    # FD314: a required key without a value
    Defect("FD314", "the key that signs", NEWEST | {".env": "SECRET_KEY=\n"}),
    Defect("FD314", "with decouple, blanks around the sign", DECOUPLED | {".env": "# Kiln\nSECRET_KEY = \n"}),
    # FD315: a key that is set twice
    Defect("FD315", "the second one with export", NEWEST | {".env": f"SECRET_KEY={KEY}\nexport SECRET_KEY='{KEY}2'\n"}),
    Defect("FD315", "debug on and off in .flaskenv", KEPT | {".flaskenv": "FLASK_DEBUG=1\nFLASK_DEBUG=0\n"}),
    # FD317: a name alone
    Defect("FD317", "a name that was to be filled in", NEWEST | {".env": f"SECRET_KEY={KEY}\nGREETING\n"}),
    Defect("FD317", "exported behind its value", NEWEST | {".env": f"SECRET_KEY={KEY}\nexport SECRET_KEY\n"}),
    # FD318: a comment for a value
    Defect(
        "FD318", "python-dotenv 1.1", KEPT | {".env": f"SECRET_KEY={KEY}\nGREETING= # by the shop\n"}, also=("FD312",)
    ),
    Defect("FD318", "in .flaskenv", KEPT | {".flaskenv": "FLASK_RUN_CERT=  # none at home\n"}),
    # FD319: no plain UTF-8
    Defect("FD319", "a mark in front", KEPT | {".env": f"\ufeffSECRET_KEY={KEY}\r\n"}),
    Defect("FD319", "an umlaut as Latin-1", NEWEST | {".env": f"SECRET_KEY={KEY}\n# f\udcfcr Ada\n"}),
    # FD320: a variable that is not there
    Defect(
        "FD320",
        "set below",
        NEWEST | {".env": f"GREETING=hi ${{SHOP_NAME}}\nSECRET_KEY={KEY}\nSHOP_NAME=kiln\n"},
        also=("FD312",),
    ),
    Defect("FD320", "misspelt", NEWEST | {".env": f"SHOP_NAME=kiln\nSECRET_KEY={KEY}${{SHOPNAME}}\n"}, also=("FD312",)),
    # FD321: readable for everybody
    Defect("FD321", "as an editor makes it", KEPT | {"#mode": "644"}),
    Defect(
        "FD321",
        "a copy for this machine",
        KEPT | {".env.local": f"SECRET_KEY={KEY}\n", "#mode": "604", ".gitignore": ".env*\n!.env.example\n"},
    ),
    # FD323: a secret in a file for all
    Defect("FD323", "in .flaskenv", KEPT | {".flaskenv": f"FLASK_APP=app\nSECRET_KEY={KEY}\n"}),
    Defect(
        "FD323",
        "in a compose file, as a list",
        KEPT | {"compose.yaml": f"services:\n  web:\n    build: .\n    environment:\n      - SECRET_KEY={KEY}4711\n"},
    ),
    # FD324: a number for a key
    Defect("FD324", "of digits", PREFIXED | {".env": "FLASK_SECRET_KEY=470811470811\n"}),
    Defect(
        "FD324",
        "in quotes, another prefix",
        PREFIXED
        | {
            "shop/__init__.py": FACTORY.replace("env()", 'env("SHOP")'),
            ".env": 'SHOP_SECRET_KEY="4708114708"\n',
            ".env.example": "SHOP_SECRET_KEY=\n",
        },
    ),
    # FD325: another project's .env
    Defect(
        "FD325",
        "two folders up",
        {
            "#project": "work/shop",
            ".env": "A=1\n",
            "work/shop/app.py": FACTORY,
            "work/shop/requirements.txt": WITH_DOTENV,
        },
    ),
    Defect(
        "FD325",
        "a module loads it",
        {
            "#project": "shop",
            ".env": "A=1\n",
            "shop/requirements.txt": WITH_DOTENV,
            "shop/app.py": "from dotenv import load_dotenv\nfrom flask import Flask\n\nload_dotenv()\n"
            "app = Flask(__name__)\n",
        },
    ),
    # FD327: nobody reads it
    Defect(
        "FD327",
        "renamed in the code",
        NEWEST | {".env": f"SECRET_KEY={KEY}\nSHOP_SALUTE=hi\n", ".env.example": "SECRET_KEY=\nSHOP_SALUTE=\n"},
    ),
    Defect(
        "FD327",
        "in a README only",
        NEWEST
        | {
            "README.md": "SHOP_SALUTE says hello.\n",
            ".env": f"SECRET_KEY={KEY}\nSHOP_SALUTE=hi\n",
            ".env.example": "SECRET_KEY=\nexport SHOP_SALUTE=\n",
        },
    ),
    # FD329: another reader
    Defect("FD329", "decouple and a comment", DECOUPLED | {".env": f"SECRET_KEY={KEY} # ours\n"}),
    Defect(
        "FD329",
        "docker run in a Makefile",
        NEWEST | {"Makefile": "run:\n\tdocker run --rm --env-file=.env shop\n", ".env": f"export SECRET_KEY={KEY}\n"},
    ),
    # FD332: what git remembers
    Defect("FD332", "taken out of the index, and that was all", NEWEST | {"#git": "forget:.env"}),
    Defect(
        "FD332",
        "a production file of long ago",
        NEWEST
        | {
            ".env.production": f"SECRET_KEY={KEY}\n",
            ".gitignore": ".env*\n!.env.example\n",
            "#git": "forget:.env.production",
        },
    ),
    # FD333: ignored on this machine alone
    Defect("FD333", "in the clone's own exclude file", NEWEST | {".gitignore": "", "#git": "exclude:.env"}),
    Defect("FD333", "with a pattern", NEWEST | {".gitignore": "*.pyc\n", "#git": "exclude:*.env"}),
    # FD334: the template stays at home
    Defect(
        "FD334",
        "one pattern for all",
        NEWEST | {".env.example": "SECRET_KEY=\n", ".gitignore": ".env*\n", "#git": "init"},
    ),
    Defect(
        "FD334",
        "a pattern for everything with a dot",
        NEWEST | {".env-template": "SECRET_KEY=\n", ".gitignore": ".*\n!.gitignore\n", "#git": "init"},
    ),
    # FD338: packed
    Defect(
        "FD338",
        "flit takes the whole package",
        {
            "shop/__init__.py": READS,
            "shop/.env": f"SECRET_KEY={KEY}\n",
            ".gitignore": ".env\n",
            "pyproject.toml": '[build-system]\nrequires = ["flit_core >=3"]\nbuild-backend = "flit_core.buildapi"\n\n'
            '[project]\nname = "shop"\ndependencies = ["flask==3.1.0"]\n',
        },
        also=("FD310", "FD311"),
    ),
    Defect(
        "FD338",
        "a manifest that includes by pattern",
        NEWEST
        | {
            ".env": f"SECRET_KEY={KEY}\n",
            "MANIFEST.in": "include README* .env*\n",
            "setup.py": "from setuptools import setup\n\nsetup(name='shop', py_modules=['app'])\n",
        },
    ),
]

HEALTHY: list[Healthy] = [
    Healthy(
        "an env file with everything that python-dotenv reads",
        NEWEST
        | {
            "app.py": READS.replace(
                'return {"ok": True}', 'return {"names": [os.getenv(f"SHOP_{name}") for name in ("A", "B")]}'
            ),
            ".env": (
                f"# The shop\n\nexport SECRET_KEY='{KEY}'  # of this machine\nSHOP_A=kiln\n"
                "SHOP_B=${SHOP_A} and clay\n"
                'SHOP_C=\'["a", "b"]\'\nSHOP_D="one\ntwo"\nSHOP_E=\nSHOP_F=${HOME}/shop\nSHOP_G=#fff\n# SHOP_A=no\n'
            ),
            ".env.example": "SECRET_KEY=\n" + "".join(f"SHOP_{letter}=\n" for letter in "ABCDEFG"),
            ".flaskenv": "FLASK_APP=app\nFLASK_DEBUG=1\nSHOP_H=1\n",
        },
    ),
    Healthy(
        "services with env files of their own",
        {
            "backend/app.py": f"from dotenv import load_dotenv\n\nload_dotenv()\n\n{READS}",
            "backend/.env": f"SECRET_KEY={KEY}\n",
            "backend/.env.example": "SECRET_KEY=\n",
            "backend/.flaskenv": "FLASK_APP=app\n",
            "requirements.txt": WITH_DOTENV,
            "frontend/package.json": "{}\n",
            "frontend/.env": "VITE_API=http://localhost:5000\nVITE_TITLE= # none\nexport VITE_X=${VITE_Y}\n",
            "db/db.env": "POSTGRES_PASSWORD=postgres\nPGDATA\n",
            "compose.yml": COMPOSE + "  db:\n    image: postgres:17\n    env_file: db/db.env\n",
            ".env.example": "SECRET_KEY=\n",
            ".gitignore": ".env\n*.env\n!.env.example\n",
            "#git": "init",
        },
    ),
    Healthy(
        "a prefix with numbers that are meant",
        PREFIXED
        | {
            ".env": f"FLASK_SECRET_KEY={KEY}\nFLASK_MAX_CONTENT_LENGTH=4096\n",
            ".env.example": "FLASK_SECRET_KEY=\nFLASK_MAX_CONTENT_LENGTH=\n",
        },
    ),
    Healthy("decouple and what all understand", DECOUPLED | {".env": f"# ours\nSECRET_KEY='{KEY}'\n"}),
]
