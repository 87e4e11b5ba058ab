"""Where flaskdoctor keeps what outlives a run, but for the cache: never in the project."""

from __future__ import annotations

import os
import re

# For a user without a home. platformdirs raises there since 4.6, and gave "~/.local" back, a folder of the project.
NOWHERE = os.path.join(os.devnull, "flaskdoctor")


def state_folder() -> str:
    """FLASKDOCTOR_STATE_DIR, or the folder for it in the user's state folder."""
    chosen = os.environ.get("FLASKDOCTOR_STATE_DIR")
    if chosen:
        return os.path.abspath(chosen)
    from platformdirs import user_state_path

    try:
        folder = str(user_state_path("flaskdoctor", appauthor=False))
    except RuntimeError:
        return NOWHERE
    return folder if os.path.isabs(folder) else NOWHERE


def project_name(root: str) -> str:
    """A file name for the project in ``root``: two projects of one name have different ones."""
    from zlib import crc32

    real = os.path.realpath(root)
    name = re.sub(r"[^\w.-]", "_", os.path.basename(real)) or "root"
    return f"{name}-{crc32(os.fsencode(real)):08x}"
