"""Other errors about a named invoice are read in their exact shape alone, and never as one of the known failures."""

from __future__ import annotations

import json
from datetime import date

import pytest

from bot.alerts import OtherFailure, failures, other_failures
from tests.shared import SHARED, need_shared

INACTIVE = "Invoice [INV-7] cannot be created in Intacct: Customer C-100 is inactive"


def event(text: str, **more: object) -> dict[str, object]:
    return {"type": "message", "channel": "C0FINALERTS", "ts": "1.0", "bot_id": "B0BILL", "text": text} | more


def test_another_error_of_the_sync_is_quoted_and_is_no_failure() -> None:
    given = json.loads(need_shared("data", "alerts", "other-error.json").read_text(encoding="utf-8"))["event"]
    assert other_failures(given) == (OtherFailure("INV-7", "Customer C-100 is inactive"),)
    assert failures(given) == ()


@pytest.mark.parametrize(
    "name", sorted(p.name for p in SHARED.joinpath("data", "alerts").glob("*.json") if p.name != "other-error.json")
)
def test_no_other_alert_of_the_corpus_is_read_as_one(name: str) -> None:
    given = json.loads(need_shared("data", "alerts", name).read_text(encoding="utf-8"))["event"]
    assert other_failures(given) == ()


def test_a_digest_gives_each_line_its_own_words_once() -> None:
    lines = [
        "Sync summary",
        "• Invoice [INV-1] cannot be created in Intacct: Could not retrieve the Sequence record!",
        "• Invoice [INV-2] cannot be created in Intacct: Another Invoice with the given value(s) INV-2 already exists",
        "• Invoice [R&amp;D-5] cannot be created in Intacct: Customer 'C 5' is inactive.",
        "• Invoice [INV-2] cannot be created in Intacct: Another Invoice with the given value(s) INV-2 already exists",
    ]
    found = other_failures(event("\n".join(lines)))
    assert found == (
        OtherFailure("INV-2", "Another Invoice with the given value(s) INV-2 already exists"),
        OtherFailure("R&D-5", "Customer 'C 5' is inactive."),
    )
    assert [failure.invoice for failure in failures(event("\n".join(lines)))] == ["INV-1"]


@pytest.mark.parametrize(
    "text",
    [
        "Invoice INV-7 cannot be created in Intacct: Customer C-100 is inactive",
        "Vendor Invoice [INV-7] cannot be created in Intacct: Vendor is inactive",
        "Bill [INV-7] cannot be created in Intacct: Vendor is inactive",
        "As Maria said: Invoice [INV-7] cannot be created in Intacct: Customer C-100 is inactive",
        "Invoice [INV-7] cannot be created in Intacct:",
        "Invoice [INV-7] cannot be created in Intacct: !!!",
        "Invoice [] cannot be created in Intacct: Customer is inactive",
        "Invoice [INV[7]] cannot be created in Intacct: Customer is inactive",
        "Invoice [INV-7] cannot be created in Intacct: The term name 'Net 45' is invalid",
        "Invoice [INV-7] cannot be created in Intacct: The term name is not valid",
        "Invoice [INV-7] cannot be created in Intacct: could not get the sequence record",
        "Invoice [A] cannot be created in Intacct: x. Invoice [B] cannot be created in Intacct: Customer is inactive",
        "Invoice [INV\u00007] cannot be created in Intacct: Customer is inactive",
        f"Invoice [{'9' * 101}] cannot be created in Intacct: Customer is inactive",
    ],
)
def test_what_is_not_exactly_the_sentence_is_not_read(text: str) -> None:
    assert other_failures(event(text)) == ()


@pytest.mark.parametrize(
    ("told", "days"),
    [
        ("11/13/2026", (date(2026, 11, 13),)),
        ("13/11/2026", (date(2026, 11, 13),)),
        ("11/02/2026", (date(2026, 11, 2), date(2026, 2, 11))),
        ("11/11/2026", (date(2026, 11, 11),)),
        ("00/40/2026", ()),
    ],
)
def test_a_closed_period_is_told_by_intaccts_words_with_its_date(told: str, days: tuple[date, ...]) -> None:
    words = f"Periods are closed.  Your transaction date ({told}) is within a period that's been closed. You can add."
    (found,) = other_failures(event(f"Invoice [INV-7] cannot be created in Intacct: {words}"))
    assert found == OtherFailure("INV-7", words, days)


@pytest.mark.parametrize(
    "words",
    [
        "The transaction date (11/13/2026) is within a period that is open",
        "Your transaction date is within a period that's been closed",
        "Customer 'Periods are closed' is inactive.",
    ],
)
def test_other_words_about_periods_are_quoted_alone(words: str) -> None:
    (found,) = other_failures(event(f"Invoice [INV-7] cannot be created in Intacct: {words}"))
    assert found.closed_on == ()


def test_a_person_who_quotes_it_says_nothing_about_the_sync() -> None:
    assert other_failures(event(INACTIVE, bot_id="", user="U0MARIA")) == ()


def test_a_deleted_message_says_nothing() -> None:
    deleted = {"type": "message", "subtype": "message_deleted", "previous_message": event(INACTIVE)}
    assert other_failures(deleted) == ()


def test_long_words_are_cut() -> None:
    (found,) = other_failures(event(f"{INACTIVE} {'x' * 3000}"))
    assert len(found.words) == 500
