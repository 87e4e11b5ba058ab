"""The baselines of one run: each project's, read, compared, written anew; and what of them is no longer true."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flaskdoctor.baseline import Baseline, Known, compare, kinds, prefix_for, read_baseline, render, stale
from flaskdoctor.errors import UserError
from flaskdoctor.finding import Finding
from flaskdoctor.outfile import write_file
from flaskdoctor.printing import say
from flaskdoctor.projects import spelt
from flaskdoctor.rules.table import TABLE
from flaskdoctor.scan import Options, chooser

if TYPE_CHECKING:
    from flaskdoctor.checking import Looked

_MOST = 10  # stale entries that are told one by one
_LIVE = frozenset(row[0] for row in TABLE if row[3] == "live")
_CODES = frozenset(row[0] for row in TABLE)


class Baselines:
    """``named`` is the file of ``--baseline``, or with ``write`` of ``--write-baseline``; without it each project's
    settings may name one. Raises ``UserError`` for a file that is none."""

    def __init__(self, named: str = "", *, write: bool = False) -> None:
        self._named = named
        self._files: dict[str, Baseline] = {}
        self._of: dict[str, str] = {}
        self._used: dict[str, Counter[Known]] = {}
        if named:
            self._read(named, new=write and not os.path.lexists(named))

    def take(self, looked: Sequence[Looked]) -> None:
        """Read the baselines that the settings of projects name, where the command line names none."""
        for each in looked:
            file = self._named or _named_by_settings(each)
            if file:
                self._of[each.chosen.root] = self._read(file)
        for path, baseline in self._files.items():
            refuse_mixing(baseline.file, [root for root, its in self._of.items() if its == path])

    def _read(self, file: str, *, new: bool = False) -> str:
        path = os.path.realpath(file)
        if path not in self._files:
            self._files[path] = Baseline(file, {}) if new else read_baseline(file)
            self._used[path] = Counter()
        return path

    def compare(self, looked: Looked) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """A project's findings that are new, and those that are known."""
        path = self._of.get(looked.chosen.root)
        if path is None:
            return looked.findings, ()
        found = compare(self._files[path], looked.chosen.root, looked.findings, looked.unsaved)
        self._used[path] += found.used
        return found.new, found.known

    def tell_stale(self, looked: Sequence[Looked], options: Options) -> None:
        """Say what a baseline knows and nobody finds any more."""
        for path, baseline in self._files.items():
            gone = stale(baseline, self._used[path], _looked_for(baseline.file, looked, options))
            count = sum(baseline.counts[kind] - self._used[path][kind] for kind in gone)
            if not count:
                continue
            say(f"flaskdoctor: {count} of the findings in the baseline {baseline.file} are gone:")
            for kind in gone[:_MOST]:
                say(f"  {kind.path or 'the running server'}: {kind.code} {kind.line}".rstrip())
            if len(gone) > _MOST:
                say(f"  and {len(gone) - _MOST} more")
            say(f"Renew it: flaskdoctor --check --write-baseline {baseline.file}")

    def write(self, looked: Sequence[Looked], options: Options) -> None:
        """Write the baseline with what is found now; what was not looked for stays in it."""
        (baseline,) = self._files.values()
        looked_for = _looked_for(baseline.file, looked, options)
        counts = Counter({kind: count for kind, count in baseline.counts.items() if not looked_for(kind)})
        number = 0
        for each in looked:
            found = kinds(each.chosen.root, each.findings, prefix_for(baseline.file, each.chosen.root))
            counts.update(kind for _, kind in found)
            number += len(found)
        write_file(baseline.file, render(counts).encode())
        kept = counts.total() - number
        more = f", and {kept} that {'was' if kept == 1 else 'were'} not looked for" if kept else ""
        say(f"flaskdoctor: {baseline.file} now holds the {number} finding{'' if number == 1 else 's'} of today{more}.")


def _named_by_settings(looked: Looked) -> str:
    settings = looked.scan.settings
    if not settings.baseline:
        return ""
    folder = os.path.join(looked.chosen.root, os.path.dirname(settings.source))
    return spelt(os.path.normpath(os.path.join(folder, settings.baseline)))


def refuse_mixing(file: str, roots: Sequence[str]) -> None:
    """Raise ``UserError`` where several projects could not be told apart in one baseline: they are by their folders
    below the file's."""
    if len({prefix_for(file, root) for root in roots}) < len(roots):
        raise UserError(
            f"The baseline {file} would mix up several projects.",
            "Put it in a folder above them, or name the projects one by one, each with a baseline of its own.",
        )


def _looked_for(file: str, looked: Sequence[Looked], options: Options) -> Callable[[Known], bool]:
    """Whether a kind of finding would have been found, were it still there."""
    asked = []
    for each in looked:
        probed = each.probed is not None and not each.probed.failure
        asked.append((prefix_for(file, each.chosen.root), each.chosen, chooser(each.scan.settings, options), probed))

    def is_looked_for(kind: Known) -> bool:
        for prefix, chosen, wanted, probed in asked:
            if kind.code in _LIVE:
                if probed and (wanted is None or wanted(kind.code, kind.path)):
                    return True
            elif kind.path.startswith(prefix):
                path = kind.path.removeprefix(prefix)
                if chosen.holds(path) and (wanted is None or kind.code not in _CODES or wanted(kind.code, path)):
                    return True
        return False

    return is_looked_for
