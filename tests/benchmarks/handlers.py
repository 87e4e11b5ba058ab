"""The dashboard, with a watch on its event loop: the processor time that each callback held it for, in milliseconds a
line, goes to the file that ``HANDLERS`` names.

Processor time, not the clock's: what others on the machine do is no fault of a handler. Garbage collection counts.
"""

import asyncio
import os
import time
from typing import Any

_run = asyncio.Handle._run


def timed(self: asyncio.Handle) -> Any:
    """Run a callback."""
    began = time.thread_time()
    try:
        return _run(self)
    finally:
        taken = (time.thread_time() - began) * 1e3
        if taken > 5:
            with open(os.environ["HANDLERS"], "a") as file:
                file.write(f"{taken:.1f}\n")


if __name__ == "__main__":
    asyncio.Handle._run = timed  # type: ignore[method-assign]
    from flaskdoctor.cli import run

    run()
