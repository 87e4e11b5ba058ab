"""How many examples a property test tries: more of them when asked for, as before a release."""

from __future__ import annotations

import os


def examples(count: int) -> int:
    """``count``, or as many times that as the environment variable ``EXAMPLES_TIMES`` says."""
    return count * int(os.environ.get("EXAMPLES_TIMES", "1"))
