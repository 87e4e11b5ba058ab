"""The table that a scan chooses rules from says what the rules say."""

from __future__ import annotations

from tests.rules.table import TABLE, written


def test_the_table_is_that_of_the_rules() -> None:
    assert TABLE.read_text(encoding="utf-8") == written(), "run: python -m tests.rules.table"
