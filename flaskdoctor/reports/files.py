"""What is looked at, and what is skipped and why (``--show-files``)."""

from __future__ import annotations

from collections.abc import Sequence

from flaskdoctor.finding import Skipped
from flaskdoctor.visible import loggable


def render(looked_at: Sequence[str], skipped: Sequence[Skipped]) -> str:
    """The paths that are looked at, then those that are skipped with the reason."""
    lines = [f"  {loggable(path)}" for path in looked_at]
    text = f"Looked at ({len(looked_at)}):\n" + "\n".join(lines) + "\n"
    if skipped:
        text += f"\nSkipped ({len(skipped)}):\n"
        text += "\n".join(f"  {loggable(item.path)}: {loggable(item.reason)}" for item in skipped) + "\n"
    return text
