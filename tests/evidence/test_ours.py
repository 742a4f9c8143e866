"""Whether a write of ours made a term: by the record that was read back, or by name, moment and user."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.evidence.ours import OurWrite, change_of, creation_of, gathered
from bot.records.journal import Entry, canonical_json
from bot.terms.term import ArTerm
from tests.evidence.chains import AT

WRITER = "termkeeper-writer"


def entry(seq: int, kind: str, content: dict[str, Any], actor: str = "termkeeper") -> Entry:
    return Entry(
        company="acme",
        seq=seq,
        at=AT + timedelta(seconds=seq),
        kind=kind,
        case_id=3,
        actor=actor,
        canonical=canonical_json({"content": content}),
        content_hash="",
        prev_hash="",
        row_hash="",
    )


DECIDED = entry(1, "decision", {"verdict": "approve", "proposal": {"name": "Net 45"}}, "U0DAN")
SENT = entry(2, "write", {"case": 12, "function": "create_arterm", "control_id": "c1", "attempt": 1})
AGAIN = entry(600, "write", {"case": 12, "function": "create_arterm", "control_id": "c1", "attempt": 2})
BACK = entry(601, "state", {"event": "read_identical", "record_no": "48", "by_this_decision": True})

TERM = ArTerm(
    record_no="48",
    name="Net 45",
    active=True,
    rule=None,
    created_at=AT,
    modified_at=AT,
    created_by=WRITER,
    modified_by=WRITER,
)


def test_the_attempts_of_one_decision_are_one_write() -> None:
    (write,) = gathered([DECIDED, SENT, AGAIN, BACK])
    assert (write.case_number, write.decided_by, write.decision_entry, write.record_no) == (12, "U0DAN", 1, "48")
    assert write.last_at - write.first_at == timedelta(seconds=598)


def test_a_write_that_somebody_else_was_before_made_nothing() -> None:
    other = entry(3, "state", {"event": "read_identical", "record_no": "48", "by_this_decision": False})
    assert gathered([DECIDED, SENT, other]) == ()


def test_the_record_that_was_read_back_is_ours_whatever_the_clocks_say() -> None:
    ours = gathered([DECIDED, SENT, BACK])
    late = replace(TERM, created_at=AT + timedelta(days=1))
    assert creation_of(late, ours, WRITER) is not None
    assert creation_of(replace(late, record_no="49"), ours, WRITER) is None
    assert creation_of(replace(TERM, created_by="agarcia"), ours, WRITER) is None


def test_without_a_record_read_back_name_moment_and_user_have_to_fit() -> None:
    ours: tuple[OurWrite, ...] = gathered([DECIDED, SENT])
    assert creation_of(TERM, ours, WRITER) is not None
    for other in (
        replace(TERM, name="Net 45 "),
        replace(TERM, created_by="agarcia"),
        replace(TERM, created_at=AT + timedelta(hours=1)),
        replace(TERM, created_at=AT - timedelta(hours=1)),
        replace(TERM, created_at=None),
    ):
        assert creation_of(other, ours, WRITER) is None


def test_a_later_change_under_our_own_user_is_not_ours() -> None:
    ours = gathered([DECIDED, SENT, BACK])
    assert change_of(TERM, ours, WRITER) is not None
    assert change_of(replace(TERM, modified_at=AT + timedelta(days=3)), ours, WRITER) is None
