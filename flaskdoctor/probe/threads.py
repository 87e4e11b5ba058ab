"""An event loop that ends at once, also while a name server is being waited for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """``asyncio.run``, but what the loop asks of threads (``getaddrinfo`` above all, which nobody can interrupt) does
    not hold up its end, nor that of the process."""
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(_Threads())
        return runner.run(work)


class _Threads(ThreadPoolExecutor):
    """A daemon thread for each call. Those of the standard pool are waited for when Python ends, and a name server
    that does not answer takes half a minute."""

    def submit(self, function: Callable[_P, _T], /, *arguments: _P.args, **named: _P.kwargs) -> Future[_T]:
        """Call it in a thread."""
        future: Future[_T] = Future()

        def call() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = function(*arguments, **named)
            except BaseException as error:  # noqa: BLE001  # it is raised where the result is waited for
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=call, name="probe-call", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nobody is waited for."""
