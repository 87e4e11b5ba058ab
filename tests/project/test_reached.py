"""Which modules belong to the running app, and which code of theirs only runs on its own platform."""

from __future__ import annotations

import ast

import pytest

from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.platformguards import guarded
from flaskdoctor.project.routing.links import Links
from tests.project.reading import facts_of

FACTORY = "from flask import Flask\n\n\ndef create_app():\n    import views\n\n    return Flask(__name__)\n"
VIEWS = "from flask import Blueprint\nimport files\n\nbp = Blueprint('views', __name__)\n"


def _reached(files: dict[str, str]) -> set[str]:
    facts = {}
    for path, text in files.items():
        module = Module(path, path.removesuffix(".py").replace("/", "."), "app", text.encode())
        facts[path] = facts_of(module)
    return set(Links(facts).reached_by_app)


def test_what_a_factory_imports_when_it_runs_belongs_to_the_app() -> None:
    files = {"app.py": FACTORY, "views.py": VIEWS, "files.py": "", "worker.py": "import app\n", "tool.py": ""}
    assert _reached(files) == {"app.py", "views.py", "files.py"}


def test_what_is_imported_under_a_condition_may_be_for_another_platform() -> None:
    files = {
        "app.py": "import sys\nfrom flask import Flask\n\napp = Flask(__name__)\nif sys.platform != 'win32':\n"
        "    import posix\ntry:\n    import locks\nexcept ImportError:\n    pass\n",
        "posix.py": "",
        "locks.py": "",
    }
    assert _reached(files) == {"app.py"}


def test_views_that_are_found_by_name_belong_to_it_too() -> None:
    files = {"pages.py": f"{VIEWS}\n\n@bp.get('/')\ndef index():\n    return ''\n", "files.py": ""}
    assert _reached(files) == {"pages.py", "files.py"}


@pytest.mark.parametrize(
    ("source", "is_guarded"),
    [
        ("call()", False),
        ("if os.name == 'posix':\n    call()", True),
        ("if os.path.exists('a'):\n    call()", False),
        ("ok = sys.platform != 'win32' and call()", True),
        ("ok = ready and call()", False),
        ("assert sys.platform == 'linux'\ncall()", True),
        ("if sys.platform == 'win32':\n    print()\ncall()", False),
        ("if sys.platform == 'win32':\n    sys.exit(1)\ncall()", True),
        ("try:\n    call()\nexcept AttributeError:\n    pass", True),
        ("try:\n    pass\nexcept AttributeError:\n    call()", True),
        ("try:\n    pass\nexcept AttributeError:\n    pass\nfinally:\n    call()", False),
        ("try:\n    call()\nexcept OSError:\n    pass", False),
        ("class Lock:\n    def _posix_lock(self):\n        call()", True),
        ("class Lock:\n    def lock(self):\n        call()", False),
        ("def lock():\n    call()\n\nif fcntl:\n    lock()", True),
        ("def lock():\n    call()\n\nif fcntl:\n    lock()\nlock()", False),
        ("def lock():\n    lock()\n    call()", False),
        ("@skipif(sys.platform == 'win32')\ndef lock():\n    call()", True),
        ("POSIX = os.name == 'posix'\nHERE = POSIX\nif HERE:\n    call()", True),
        ("while True:\n    if on_windows():\n        continue\n    call()", True),
        ("match os.name:\n    case 'posix':\n        call()", True),
    ],
)
def test_code_that_only_runs_where_it_can(source: str, is_guarded: bool) -> None:
    module = Module("app.py", "app", "app", f"import os\nimport sys\n{source}\n".encode())
    (call,) = [
        node for node in ast.walk(module.ast) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "call"
    ]
    assert guarded(module, call) is is_guarded


def test_a_file_named_after_a_platform_is_for_it() -> None:
    module = Module("shop/unix_files.py", "shop.unix_files", "app", b"call()\n")
    assert guarded(module, module.ast.body[0])
