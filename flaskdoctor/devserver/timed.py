"""``flask``, with the time that each request took at the end of its line in the log.

Run by the project's own Python, in which flaskdoctor is not installed: nothing but Flask is imported, and any Python
that Flask runs on will do. Where Werkzeug's handler is another one by now, the log is as it always is.
"""

import contextlib
import sys
import time
from typing import Any

# The folder of this script comes first, and holds modules that are none of the project's.
del sys.path[0]


def time_requests() -> None:
    """Werkzeug logs a request when its status line is sent: until then it took."""
    from werkzeug.serving import WSGIRequestHandler

    answer, log = WSGIRequestHandler.run_wsgi, WSGIRequestHandler.log_request

    def run_wsgi(self: Any) -> None:
        self.flaskdoctor_began = time.perf_counter()
        answer(self)

    def log_request(self: Any, code: Any = "-", size: Any = "-") -> None:
        began = getattr(self, "flaskdoctor_began", None)
        if began is not None and size == "-":
            size = "%.1fms" % ((time.perf_counter() - began) * 1000)
        log(self, code, size)

    handler: Any = WSGIRequestHandler
    handler.run_wsgi, handler.log_request = run_wsgi, log_request


if __name__ == "__main__":
    with contextlib.suppress(ImportError, AttributeError):
        time_requests()
    from flask.cli import main

    main()
