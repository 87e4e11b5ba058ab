"""Whatever the files hold, a check ends, says what it can, and is no bug; killed at any moment, it leaves no harm.

``EXAMPLES_TIMES`` multiplies how many files are tried.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import flask
import pytest

from flaskdoctor.demo import make_demo
from flaskdoctor.errors import UserError
from flaskdoctor.rules.registry import all_rules
from flaskdoctor.scan import Options, Scan, scan
from tests.examples import examples
from tests.mutated import OTHERS, damaged, damaged_bytes, sources_below
from tests.projects import as_mapping, tree, write

BATCH = 250  # files of one project: the rules that look at all of them have something to link


def bugs(found: Scan) -> list[str]:
    """What the report says of flaskdoctor itself (FD004): a rule or a reader that failed."""
    return [f"{item.location.path}: {item.message}" for item in found.report.findings if item.code == "FD004"]


def sources() -> list[str]:
    """Flask's own modules, the sample project's, and all examples of all rules."""
    texts = [*sources_below(Path(flask.__file__).parent), *sources_below(Path(make_demo.__code__.co_filename).parent)]
    for rule in all_rules():
        for example in (*rule.bad, *rule.good):
            files = as_mapping(getattr(example, "files", example))
            texts += [text for path, text in files.items() if path.endswith(".py")]
    return texts


@pytest.mark.parametrize("seed", range(examples(12)))
def test_damaged_sources_are_read_as_far_as_they_go(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    texts = sources()
    root = tmp_path / "shop"
    files = {f"pack{number % 7}/m{number}.py": damaged(chance.choice(texts), chance) for number in range(BATCH)}
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode("utf-8", "surrogatepass"))
    write(root, {"requirements.txt": "flask==3.1.0\npython-dotenv==1.2.4\n", ".env": "SECRET_KEY=x\n"})
    assert bugs(scan(str(root), Options(cache=False))) == []


def test_damaged_files_beside_the_code_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    """Configuration, env files, lock files, ignore files, deployment files, templates: a word about it, and no more."""
    chance = random.Random(1)
    root = tmp_path / "shop"
    write(root, OTHERS)
    assert bugs(scan(str(root), Options(cache=False))) == []
    refused: list[str] = []
    for _ in range(examples(250)):
        damage = chance.sample(sorted(OTHERS), chance.randint(1, 3))
        for name in damage:
            (root / name).write_bytes(damaged_bytes(OTHERS[name].encode(), chance))
        try:
            assert bugs(scan(str(root), Options(cache=False))) == [], damage
        except UserError as error:
            refused.append(error.title)
        for name in damage:
            (root / name).write_text(OTHERS[name])
    assert refused  # the settings: said, with the file and what is wrong in it
    assert all(title.startswith("pyproject.toml") for title in refused)


def test_a_damaged_cache_changes_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASKDOCTOR_CACHE_DIR", str(tmp_path / "cache"))
    chance = random.Random(2)
    root = make_demo(tmp_path)
    expected = scan(str(root), Options(cache=False)).report.findings
    for _ in range(examples(40)):
        scan(str(root), Options())
        for path in (tmp_path / "cache").iterdir():
            if chance.random() < 0.7:
                path.write_bytes(damaged_bytes(path.read_bytes(), chance))
        assert scan(str(root), Options()).report.findings == expected


def test_a_check_that_is_killed_at_any_moment_leaves_a_sound_cache(tmp_path: Path) -> None:
    """The next check says the same, and finds nothing half-written: no file of the killed one lies about for good."""
    root = make_demo(tmp_path)
    environment = {**os.environ, "FLASKDOCTOR_CACHE_DIR": str(tmp_path / "cache")}

    def start(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "flaskdoctor", "--check", "--format=json", *words, str(root)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    before = tree(root)
    began = time.monotonic()
    expected, _ = start("--no-cache").communicate(timeout=120)
    whole = time.monotonic() - began
    chance = random.Random(3)
    for number in range(examples(16)):
        (root / "shop" / "late.py").write_text(f"x = {number}\n")  # something to write anew
        running = start()
        time.sleep(chance.random() * whole)
        running.send_signal(signal.SIGKILL)
        running.communicate(timeout=120)
    (root / "shop" / "late.py").unlink()
    for _ in range(2):
        found, complaints = start().communicate(timeout=120)
        assert json.loads(found)["findings"] == json.loads(expected)["findings"]
        assert complaints == ""
    assert tree(root) == before
