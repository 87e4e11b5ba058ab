"""Which modules load with the app, before any context exists."""

from __future__ import annotations

from flaskdoctor.project.code.module import Module
from flaskdoctor.project.routing.links import Links
from tests.project.reading import facts_of

FACTORY = "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n    return app\n"


def _loaded(files: dict[str, str]) -> set[str]:
    facts = {}
    for path, text in files.items():
        name = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        module = Module(path, name, "test" if path.startswith("tests/") else "app", text.encode())
        facts[path] = facts_of(module)
    return set(Links(facts).loaded_at_start)


def test_module_of_the_app_and_all_that_it_imports_at_once() -> None:
    files = {
        "app.py": "from flask import Flask\nfrom views.pages import index\nimport later\napp = Flask(__name__)\n",
        "views/__init__.py": "",
        "views/pages.py": "from . import texts\n",
        "views/texts.py": "",
        "later.py": "def f():\n    import rare\n",
        "rare.py": "",
        "alone.py": "import views\n",
    }
    assert _loaded(files) == {"app.py", "views/__init__.py", "views/pages.py", "views/texts.py", "later.py"}


def test_factory_and_a_package_around_it() -> None:
    files = {"shop/__init__.py": "import first\n", "shop/factory.py": FACTORY, "first.py": ""}
    assert _loaded(files) == set(files)


def test_import_inside_a_context_or_for_the_type_checker_is_none() -> None:
    files = {
        "wsgi.py": "from shop import create_app\napp = create_app()\nwith app.app_context():\n    import tasks\n",
        "shop.py": FACTORY + "import middle\n",
        "middle.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import types_only\n",
        "tasks.py": "",
        "types_only.py": "",
    }
    assert _loaded(files) == {"wsgi.py", "shop.py", "middle.py"}


def test_start_that_pushes_a_context_says_nothing_of_what_it_loads() -> None:
    files = {
        "worker.py": "from shop import create_app\napp = create_app()\napp.app_context().push()\nimport tasks\n",
        "wsgi.py": "from shop import create_app\napp = create_app()\n",
        "shop.py": FACTORY,
        "tasks.py": "",
    }
    assert _loaded(files) == {"wsgi.py", "shop.py"}


def test_app_of_a_test_is_no_start() -> None:
    assert (
        _loaded({"tests/test_app.py": "from flask import Flask\nimport thing\napp = Flask('x')\n", "thing.py": ""})
        == set()
    )
