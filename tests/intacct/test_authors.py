"""Whether a record of Intacct was made by somebody else."""

from __future__ import annotations

import pytest

from bot.intacct.authors import somebody_else


@pytest.mark.parametrize(
    ("by", "writer", "answer"),
    [
        ("pnair", "termkeeper-writer", True),
        ("termkeeper-writer", "termkeeper-writer", False),
        ("Termkeeper-Writer", "termkeeper-writer", False),
        ("", "termkeeper-writer", False),
        ("pnair", "", False),
        ("17", "termkeeper-writer", False),
        ("17", "18", True),
    ],
)
def test_only_what_certainly_names_another_user_does(by: str, writer: str, *, answer: bool) -> None:
    assert somebody_else(by, writer) is answer
