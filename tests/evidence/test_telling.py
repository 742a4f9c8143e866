"""Each kind of entry is a sentence; what cannot be read, or is not known, is told all the same."""

from __future__ import annotations

from typing import Any

import pytest

from bot.evidence.telling import line, sentence
from bot.records.journal import Entry, canonical_json
from tests.cases.company import ZONE
from tests.evidence.chains import AT

RULE = {"due": {"days": 45, "start": "invoice_date"}}


def entry(kind: str, content: Any, actor: str = "U0DAN") -> Entry:
    return Entry(
        company="acme",
        seq=7,
        at=AT,
        kind=kind,
        case_id=1,
        actor=actor,
        canonical=canonical_json({"content": content}),
        content_hash="",
        prev_hash="",
        row_hash="",
    )


@pytest.mark.parametrize(
    ("kind", "content", "told"),
    [
        (
            "alert",
            {
                "channel": "C1",
                "posted_by": "B1",
                "failures": [{"invoice": f"INV-{n}", "term": None} for n in range(7)],
            },
            "alert in C1, posted by B1: INV-0, INV-1, INV-2, INV-3, INV-4 and 2 more failed to sync",
        ),
        (
            "found",
            {"channel": "C1", "posted_by": "termkeeper", "failures": [{"invoice": None, "term": "Net 45"}]},
            "a look of the bot's own found what will fail to sync: Net 45",
        ),
        (
            "case",
            {"case": 12, "term": "Net 45", "previous": 3},
            "case 12 opened, about the term 'Net 45'; it follows case 3",
        ),
        ("diagnosis", {"unknown": "not_found"}, "looked at both systems: unknown (not found)"),
        (
            "diagnosis",
            {"match": "absent", "proposal": {"action": "create", "name": "Net\u00a045", "rule": RULE}},
            "looked at both systems: absent; proposed: create 'Net\\xa045', 45 days, invoice date",
        ),
        (
            "decision",
            {"verdict": "decline", "reason": "a typo", "policy": "second-person", "approvers": []},
            "decided: decline; reason: a typo; under second-person, entitled just then: nobody",
        ),
        (
            "state",
            {
                "from": "verifying",
                "to": "awaiting_sync",
                "event": "read_identical",
                "record_no": "48",
                "name": "Net 45",
                "rule": "45 days from the invoice date",
            },
            "verifying → awaiting sync (read identical): record 48, 'Net 45', 45 days from the invoice date",
        ),
        (
            "state",
            {
                "case": 1,
                "from": "awaiting_sync",
                "to": "closed",
                "event": "all_arrived",
                "minutes_from_alert": 72,
                "in_books_at": "2026-11-24T23:36:32.000000Z",
            },
            (
                "awaiting sync → closed (all arrived): 72 minutes from alert to books, "
                "the last one made in Intacct at 2026-11-24 23:36 UTC"
            ),
        ),
        (
            "write_refused",
            {"error": "Intacct takes no more requests just now.", "words": "", "not_run": True},
            "Intacct did not take the write, which was certainly not run: Intacct takes no more",
        ),
        (
            "setting",
            {"name": "APPROVAL_POLICY", "from": "", "to": "two-people"},
            "setting APPROVAL_POLICY changed from nothing to two-people",
        ),
        (
            "reconciliation",
            {"terms": 40, "first": False, "appeared": [{}], "changed": [], "gone": [{}, {}]},
            "compared Intacct's 40 terms with the last look: 1 appeared, 2 gone without a decision",
        ),
        (
            "withdraw_looked",
            {
                "term": "Net 45",
                "status": "active",
                "users": [{"what": "invoices in Intacct", "count": 100, "at_least": True}],
                "unread": [],
            },
            "looked at the term 'Net 45': active, used by at least 100 invoices in Intacct",
        ),
        (
            "failed_otherwise",
            {"invoice": "INV-1", "words": "Customer is inactive"},
            "invoice INV-1 failed for another reason: Customer is inactive",
        ),
        ("something_new", {"a": 1}, 'something new: {"a": 1}'),
        ("decision", {"verdict": "approve"}, 'decision: the content is not as this version writes it: {"content"'),
        ("alert", "nonsense", "alert: the content is not as this version writes it"),
    ],
)
def test_an_entry_is_told(kind: str, content: Any, told: str) -> None:
    assert sentence(entry(kind, content)).startswith(told)


def test_a_line_names_people_and_keeps_to_one_line() -> None:
    told = line(entry("told", {"case": 1, "term": "Net\n45"}), ZONE, {"U0DAN": "Dan Okafor"})
    assert told == "     7  2026-11-24 01:00:00  Dan Okafor (U0DAN)  told the term: 'Net\\n45'"
