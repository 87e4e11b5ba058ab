"""``python -m flaskdoctor`` does what the ``flaskdoctor`` command does."""

import os
import sys

# ``-m`` puts the current folder first, and that may be the scanned project: its ``ast.py`` must not be ours.
if not sys.flags.safe_path and sys.path and sys.path[0] in ("", os.getcwd()):
    del sys.path[0]

from flaskdoctor.cli import run

if __name__ == "__main__":
    run()
