"""An end that does not wait for a name server."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from flaskdoctor.probe.threads import run


def test_the_result_of_the_work_and_of_its_threads_comes_back() -> None:
    async def work() -> str:
        return await asyncio.to_thread(lambda: "done")

    assert run(work()) == "done"


def test_what_a_thread_raises_is_raised() -> None:
    async def work() -> None:
        await asyncio.to_thread(int, "x")

    with pytest.raises(ValueError, match="invalid literal"):
        run(work())


def test_the_loop_ends_while_a_thread_still_waits() -> None:
    answer = threading.Event()

    async def work() -> str:
        try:
            async with asyncio.timeout(0.05):
                await asyncio.to_thread(answer.wait, 30)
        except TimeoutError:
            return "gave up"
        return "waited"

    try:
        assert run(work()) == "gave up"
        assert not answer.is_set()
    finally:
        answer.set()


def test_the_process_ends_while_a_name_is_looked_up(tmp_path: object) -> None:
    program = """
import asyncio, socket, time
from flaskdoctor.probe.observe import look
from flaskdoctor.probe.target import parse_url
from flaskdoctor.probe.threads import run

socket.getaddrinfo = lambda *_, **__: time.sleep(600)
print(run(look(parse_url("http://name.example"), full=True)).detail)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (ended.stdout, ended.stderr) == ("no connection within 1 s\n", "")
