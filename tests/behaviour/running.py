"""Asking the apps of two folders: one process of each environment, for as long as the tests run."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dotenv import dotenv_values

from tests.behaviour.case import Answer, Case, requests
from tests.behaviour.environments import Environments

_CLIENT = Path(__file__).with_name("client.py")
# No bytecode: a file that a fix changes within the same second would be taken for the one before it.
_ALWAYS = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore", "PYTHONUTF8": "1"}


class Clients:
    """The client processes, started when first asked."""

    def __init__(self, environments: Environments) -> None:
        self._environments = environments
        self._running: dict[str, subprocess.Popen[str]] = {}

    def answers(self, version: str, case: Case, folder: Path, libraries: Path) -> dict[str, Answer]:
        """What the app in ``folder`` answers to a case's requests, by their labels. Raises ``Unavailable``."""
        environ = _environ(case, folder)
        if case.script:
            return {"script": self._script(version, case.script, folder, libraries, environ)}
        job = {
            "folder": str(folder),
            "libraries": [str(libraries)],
            "environ": environ,
            "entry": case.entry,
            "requests": requests(case.asks),
        }
        process = self._process(version)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line.strip(), "the client has died"
        return {label: _answer(raw) for label, raw in json.loads(line)}

    def close(self) -> None:
        """End them."""
        for process in self._running.values():
            process.communicate()

    def _process(self, version: str) -> subprocess.Popen[str]:
        if version not in self._running:
            self._running[version] = subprocess.Popen(
                [str(self._environments.python(version)), "-P", str(_CLIENT)],  # -P: none of the modules beside it
                env={**os.environ, **_ALWAYS},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self._running[version]

    def _script(self, version: str, script: str, folder: Path, libraries: Path, environ: Mapping[str, str]) -> Answer:
        done = subprocess.run(
            [str(self._environments.python(version)), "-c", script],
            cwd=folder,
            env={**os.environ, **_ALWAYS, "PYTHONPATH": str(libraries), **environ},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        last = (done.stderr.strip().splitlines() or [""])[-1]
        kind, _, detail = last.partition(": ") if done.returncode else ("", "", "")
        return Answer(body=done.stdout, raises=kind.rpartition(".")[2], detail=detail)


@contextmanager
def clients(folder: Path) -> Iterator[Clients]:
    """Clients whose environments lie below ``folder``."""
    running = Clients(Environments(folder))
    try:
        yield running
    finally:
        running.close()


def _environ(case: Case, folder: Path) -> dict[str, str]:
    environ = dict(case.environ)
    if case.with_env:
        loaded = dotenv_values(folder / ".env") if (folder / ".env").exists() else {}
        environ = {key: value for key, value in loaded.items() if value is not None} | environ
    return environ


def _answer(raw: Mapping[str, object]) -> Answer:
    headers = raw.get("headers", [])
    assert isinstance(headers, list)
    return Answer(
        int(str(raw.get("status", 0))),
        tuple((str(name), str(value)) for name, value in headers),
        str(raw.get("body", "")),
        str(raw["raises"]),
        str(raw["detail"]),
    )
