"""The child process that scans, previews and fixes: ``python -m flaskdoctor.tui.child``.

Requests come on standard input, answers go to standard output, each a pickle after its length in eight bytes.
Both ends are the same program, so pickles are as good as any format here. The process ends when its input
does: at once while it only reads, after the write it is in otherwise.
"""

from __future__ import annotations

import os
import pickle
import queue
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from flaskdoctor.errors import UserError
from flaskdoctor.finding import Finding
from flaskdoctor.tui import logbook
from flaskdoctor.tui.backend import FileChange, Look, Outcome, Preview, Record, RulePage, Scanned
from flaskdoctor.tui.watch import Signature, signature

if TYPE_CHECKING:
    from flaskdoctor.fixes.edit import Edit, Plan
    from flaskdoctor.scan import Options

CONTEXT = 3  # lines of code above and below a finding
