"""Which decorators surely hand a view's result on untouched."""

from __future__ import annotations

import pytest

from flaskdoctor.project.answers.decorators import transparent_decorators
from flaskdoctor.project.code.module import Module

HEAD = "from functools import update_wrapper, wraps\nfrom flask import abort, current_app, jsonify, redirect\n\n"


def _transparent(source: str) -> set[str]:
    return {name.removeprefix("m.") for name in transparent_decorators(Module("m.py", "m", "app", source.encode()))}


def _guard(body: str) -> str:
    return f"{HEAD}def guard(view):\n    @wraps(view)\n    def inner(*args, **kwargs):\n{body}\n    return inner\n"


@pytest.mark.parametrize(
    "body",
    [
        "        return view(*args, **kwargs)",
        "        if not args:\n            return redirect('/')\n        return view(*args, **kwargs)",
        "        if not args:\n            abort(403)\n        return current_app.ensure_sync(view)(*args, **kwargs)",
        "        try:\n            check()\n        except ValueError:\n            return jsonify(e=1), 401\n"
        "        return view(*args, **kwargs)",
        "        print(view.__name__)\n        return view(1, *args, **kwargs)",
    ],
)
def test_guard_that_returns_what_the_view_returns(body: str) -> None:
    assert _transparent(_guard(body)) == {"guard"}


@pytest.mark.parametrize(
    "body",
    [
        "        answer = view(*args, **kwargs)\n        return answer",
        "        return log(view(*args, **kwargs))",
        "        return jsonify(view(*args, **kwargs))",
        "        if args:\n            return log(view())\n        return view(*args, **kwargs)",
        "        with closing():\n            return view(*args, **kwargs)",
        "        try:\n            return view(*args, **kwargs)\n        finally:\n            close()",
        "        return view(*args, **kwargs), 201",
        "        return run(view)",
        "        return None",
        "        register(view)\n        return view(*args, **kwargs)",
    ],
)
def test_decorator_that_may_touch_the_result_is_none(body: str) -> None:
    assert _transparent(_guard(body)) == set()


def test_maker_of_a_guard_and_what_is_made_of_it() -> None:
    source = f"""{HEAD}
def role_required(role):
    def decorator(view):
        @wraps(view)
        def inner(*args, **kwargs):
            return view(*args, **kwargs)
        return inner
    return decorator

def admin_required(view):
    return role_required("admin")(view)

def known(view):
    def inner(*args, **kwargs):
        return view(*args, **kwargs)
    return update_wrapper(inner, view)

async def awaiting(view):
    return view

def asynchronous(view):
    @wraps(view)
    async def inner(*args, **kwargs):
        return await view(*args, **kwargs)
    return inner
"""
    found = _transparent(source)
    assert {"role_required", "admin_required", "known", "asynchronous"} <= found
    assert "awaiting" not in found


def test_wrapper_with_a_decorator_of_its_own_is_not_known() -> None:
    source = f"{HEAD}def guard(view):\n    @other\n    def inner():\n        return view()\n    return inner\n"
    assert _transparent(source) == set()
