"""FD338: a build puts .env into the package."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.deployment.packaging import shipped_env_files
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "from flask import Flask\n"
_FLIT = '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n\n[project]\nname = "shop"\n'
_PDM = '[build-system]\nrequires = ["pdm-backend"]\nbuild-backend = "pdm.backend"\n\n[project]\nname = "shop"\n'
_UV = '[build-system]\nrequires = ["uv_build"]\nbuild-backend = "uv_build"\n\n[project]\nname = "clay-shop"\n'
_HATCH = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n[project]\nname = "shop"\n'
_SETUP = "from setuptools import setup\n\nsetup(name='shop', packages=['shop'])\n"


class EnvInPackage(ProjectRule):
    """The build puts a .env file into the package that is uploaded.

    ## What it finds

    An env file that goes into the sdist or the wheel:

    - in the package's folder, with **flit**, **pdm** or **uv** as the build backend: they take all of the folder, and
    do not ask git what is ignored (flit 4.2, pdm-backend 2.5, uv_build 0.13),
    - in a folder or under a name that a line of **MANIFEST.in** takes in (`graft shop`, `recursive-include shop *`,
    `global-include *`), which is how setuptools fills the sdist, and with it the wheel,
    - in the `artifacts` of **hatchling**, which are there to take in what git ignores.

    hatchling and poetry leave out what git ignores. A project that is never uploaded is left alone: one without a
    build backend and `setup.py`, with `package = false`, `package-mode = false` or a `Private ::` classifier.

    ## Why it matters

    `.env` is ignored, git is clean, and the key is on PyPI all the same: whoever installs the package has it in
    site-packages. A release cannot be changed once it is up, and mirrors keep what was deleted.

    ## What to do instead

    Keep `.env` in the project's folder, outside of the package's, where Flask looks for it anyway. Or leave it out
    by name:

    ```
    # pyproject.toml
    [tool.pdm.build]
    excludes = ["**/.env*"]

    # MANIFEST.in, below the line that takes it in
    global-exclude .env .env.*
    ```

    Then build once and look: `python -m build && tar tzf dist/*.tar.gz | grep env`.

    ## References

    - [setuptools: controlling files in the
    distribution](https://setuptools.pypa.io/en/latest/userguide/miscellaneous.html)
    - [flit: pyproject.toml](https://flit.pypa.io/en/stable/pyproject_toml.html#sdist-section)
    - [pdm: build configuration](https://backend.pdm-project.org/build_config/)
    - [uv: build backend](https://docs.astral.sh/uv/concepts/build-backend/)
    """

    code = "FD338"
    name = "env-in-package"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    bad = [
        Bad({"pyproject.toml": _FLIT, "shop/__init__.py": APP, "shop/.env": "A_KEY=1\n", ".gitignore": ".env\n"}),
        Bad({"pyproject.toml": _PDM, "src/shop/__init__.py": APP, "src/shop/.env": "A=1\n", ".gitignore": ".env\n"}),
        Bad(
            {
                "pyproject.toml": _UV,
                "src/clay_shop/__init__.py": APP,
                "src/clay_shop/api/__init__.py": "",
                "src/clay_shop/api/.env": "A=1\n",
                ".gitignore": ".env\n",
            }
        ),
        Bad(
            {
                "pyproject.toml": _HATCH + '\n[tool.hatch.build]\nartifacts = ["shop/**"]\n',
                "shop/__init__.py": APP,
                "shop/.env": "A=1\n",
                ".gitignore": ".env\n",
            }
        ),
        Bad(
            {
                "setup.py": _SETUP,
                "MANIFEST.in": "include README.md\nrecursive-include shop *\n",
                "shop/__init__.py": APP,
                "shop/.env": "A=1\n",
                ".gitignore": ".env\n",
            }
        ),
        Bad({"setup.py": _SETUP, "MANIFEST.in": "global-include *\nprune docs\n", "app.py": APP, ".env": "A=1\n"}),
    ]
    good = [
        # In the project's folder, where it belongs.
        {"pyproject.toml": _FLIT, "shop/__init__.py": APP, ".env": "A_KEY=1\n", ".gitignore": ".env\n"},
        # Left out by name.
        {
            "pyproject.toml": _PDM + '\n[tool.pdm.build]\nexcludes = ["**/.env"]\n',
            "src/shop/__init__.py": APP,
            "src/shop/.env": "A=1\n",
            ".gitignore": ".env\n",
        },
        {
            "setup.py": _SETUP,
            "MANIFEST.in": "graft shop\nglobal-exclude .env* *.py[cod]\n",
            "shop/__init__.py": APP,
            "shop/.env": "A=1\n",
            ".gitignore": ".env\n",
        },
        # hatchling asks git.
        {"pyproject.toml": _HATCH, "shop/__init__.py": APP, "shop/.env": "A=1\n", ".gitignore": ".env\n"},
        # Beside the package, not in it.
        {"pyproject.toml": _UV, "src/clay_shop/__init__.py": APP, "deploy/.env": "A=1\n", ".gitignore": ".env\n"},
        # A template is there to be shipped.
        {"setup.py": _SETUP, "MANIFEST.in": "graft shop\n", "shop/__init__.py": APP, "shop/.env.example": "A=\n"},
        # Never uploaded.
        {
            "pyproject.toml": _FLIT + 'classifiers = ["Private :: Do Not Upload"]\n',
            "shop/__init__.py": APP,
            "shop/.env": "A=1\n",
            ".gitignore": ".env\n",
        },
        {"shop/__init__.py": APP, "shop/.env": "A=1\n", ".gitignore": ".env\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The env files in the package."""
        for shipped in shipped_env_files(project):
            yield Issue(f"A build takes {shipped.path} along: {shipped.why}", shipped.location, shipped.path)
