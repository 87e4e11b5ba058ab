"""The monkey patch moves above the other imports, and every other line stays as it was."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.fixes.patchfirst import patch_first


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '#!/usr/bin/env python\n"""A shop."""\nimport os\nfrom flask import Flask\nimport eventlet \n'
            "eventlet.monkey_patch()  # for the sockets\n\n\napp = Flask(__name__)\n",
            '#!/usr/bin/env python\n"""A shop."""\nimport eventlet \n\neventlet.monkey_patch()  # for the sockets\n\n'
            "import os\nfrom flask import Flask\n\n\napp = Flask(__name__)\n",
        ),
        (
            "from gevent import monkey\r\nimport requests\r\nmonkey.patch_all(\r\n    thread=False,\r\n)\r\nx = 1\r\n",
            "from gevent import monkey\r\n\r\nmonkey.patch_all(\r\n    thread=False,\r\n)\r\n\r\nimport requests\r\n"
            "x = 1\r\n",
        ),
        # A comment goes with what it is right above of; the one on the file's top stays there.
        (
            "# Shop.\n\n# http\nimport requests\n# it\nfrom gevent import monkey\n\n# early\nmonkey.patch_all()\n",
            "# Shop.\n\n# it\nfrom gevent import monkey\n\n# early\nmonkey.patch_all()\n\n# http\nimport requests\n",
        ),
        (
            "\ufeffimport requests\nfrom gevent import monkey\nmonkey.patch_all()\n",
            "\ufefffrom gevent import monkey\n\nmonkey.patch_all()\n\nimport requests\n",
        ),
    ],
)
def test_the_patch_comes_first(before: str, after: str) -> None:
    assert patch_first(before.encode()) == after.encode()


@pytest.mark.parametrize(
    "source",
    [
        "import requests\nfrom gevent import monkey; monkey.patch_all()\n",
        "import os\nimport eventlet\neventlet.monkey_patch(thread=os.name == 'nt')\n",
        "import os\nif os.name == 'nt':\n    import eventlet\n    eventlet.monkey_patch()\n",
        "import os, eventlet\neventlet.monkey_patch()\n",
        "import requests\nfrom gevent import monkey\nmonkey.patch_all()",
        "import requests\n",
    ],
)
def test_a_patch_that_is_part_of_something_else_is_not_moved(source: str) -> None:
    assert patch_first(source.encode()) is None


@given(
    st.lists(st.sampled_from(["import os", "", "# why", "import requests  # http", "x = 1"]), max_size=6),
    st.lists(st.sampled_from(["", "# why", "y = 2", "import json"]), max_size=4),
)
def test_the_statements_are_the_same_ones_in_another_order(above: list[str], below: list[str]) -> None:
    lines = [*above, "import eventlet", *below, "eventlet.monkey_patch()", *below]
    before = "\n".join(lines) + "\n"
    after = patch_first(before.encode())
    assert after is not None
    tree = ast.parse(after)
    assert [ast.unparse(item) for item in tree.body[:2]] == ["import eventlet", "eventlet.monkey_patch()"]
    assert sorted(line for line in after.decode().split("\n") if line) == sorted(line for line in lines if line)
    assert patch_first(after) in (after, None)
