"""``--fix``: one fix that does not keep its promise costs the others nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.rules.env_files.env_file_missing import EnvFileMissing
from flaskdoctor.scan import Options
from tests.projects import build, tree

SHOP = {
    "app.py": "from dotenv import load_dotenv\nfrom flask import Flask, jsonify\nfrom settings import KEY\n\n"
    "load_dotenv()\napp = Flask(__name__)\napp.secret_key = KEY\n\n\n"
    "@app.get('/')\ndef index():\n    return jsonify({'a': 1})\n\n\n"
    "@app.get('/b')\ndef second():\n    return jsonify({'b': 1})\n",
    "settings.py": "import os\n\nKEY = os.environ['KEY']\n",
    ".env.example": "KEY=\n",
    ".gitignore": ".env\n",
    "requirements.txt": "flask==3.1.0\npython-dotenv\n",
}


def test_a_fix_that_leads_to_something_new_is_left_out_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EnvFileMissing, "successors", ())
    build(tmp_path, SHOP, "")
    done = fix_to_the_end(str(tmp_path), Options(cache=False), (), unsafe=False)
    assert [finding.code for finding in done.fixed] == ["FD101", "FD101"]
    assert "jsonify" not in (tmp_path / "app.py").read_text()
    assert not (tmp_path / ".env").exists()
    assert len(done.notes) == 1
    assert done.notes[0].startswith("not fixed: .env FD310 env-file-missing: The result was not what the fix promises")
    after = tree(tmp_path)
    assert not fix_to_the_end(str(tmp_path), Options(cache=False), (), unsafe=False).fixed
    assert tree(tmp_path) == after


def test_a_new_env_file_may_show_that_nothing_loads_it(tmp_path: Path) -> None:
    build(tmp_path, SHOP, "")
    done = fix_to_the_end(str(tmp_path), Options(cache=False), (), unsafe=False)
    assert "FD310" in {finding.code for finding in done.fixed}
    assert (tmp_path / ".env").read_text() == "KEY=\n"
