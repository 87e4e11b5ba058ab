"""``python -m flaskdoctor`` does what the ``flaskdoctor`` command does."""

import sys

from flaskdoctor.cli import main

if __name__ == "__main__":
    sys.exit(main())
