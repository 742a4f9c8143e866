"""Odd dates: kept by number, replaced where they are looked at again, told by how many invoices have the same ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.records.engine import Database
from bot.records.tables import drift_dates
from bot.reports.dates import HeldDates, KeptDates
from bot.terms.drift import FindingKind, TwoVocabularies, find
from tests.reports.samples import NOW
from tests.terms.test_drift import ar, dated, used, world

LATER = NOW + timedelta(weeks=1)


def numbers(database: Database) -> set[str]:
    return {number for batch in HeldDates(database, "acme").before() for number in batch}


def kept(database: Database, *, whole: bool = False, later: bool = False) -> KeptDates:
    run = KeptDates(database, "acme", LATER if later else NOW)
    run.begin(whole=whole)
    return run


def test_odd_dates_are_kept_until_the_invoice_is_looked_at_again(database: Database) -> None:
    kept(database).replace(
        ["INV-0", "INV-1", "INV-2", "INV-3"], [dated("Net 30", 30, 45, f"INV-{n}") for n in range(3)]
    )
    run = kept(database, later=True)
    run.replace(["INV-1", "INV-3"], [dated("Net 30", 30, 50, "INV-3")])
    assert numbers(database) == {"INV-0", "INV-2", "INV-3"}
    assert list(run.before()) == [["INV-0", "INV-2"]]
    assert sum(each.alike for each in run.told()) == 3


def test_a_look_at_the_whole_year_replaces_all_once_it_is_kept(database: Database) -> None:
    kept(database).replace(["INV-0", "INV-1"], [dated("Net 30", 30, 45, f"INV-{n}") for n in range(2)])
    run = kept(database, whole=True, later=True)
    run.replace(["INV-1", "INV-2"], [dated("Net 30", 30, 45, "INV-1")])
    assert [each.number for each in run.told()] == ["INV-1"]
    assert numbers(database) == {"INV-0", "INV-1"}
    with database.transaction() as connection:
        run.forget(connection)
    assert numbers(database) == {"INV-1"}


@pytest.mark.parametrize("whole", [True, False])
def test_a_run_that_keeps_nothing_tells_the_same_and_changes_nothing(database: Database, *, whole: bool) -> None:
    kept(database).replace(["A", "B", "C"], [dated("Net 30", 30, 45, number) for number in "ABC"])
    told = []
    for run in (HeldDates(database, "acme"), kept(database, whole=whole, later=True)):
        run.begin(whole=whole)
        run.replace(["A", "B", "D"], [dated("Net 30", 30, 45, number) for number in "BD"])
        told.append(sorted(run.told(), key=lambda each: each.number))
        assert numbers(database) >= {"B", "C"}
        assert "D" not in numbers(database) or isinstance(run, KeptDates)
    assert told[0] == told[1]
    assert [each.number for each in told[0]] == (["B", "D"] if whole else ["B", "C", "D"])


def test_a_hundred_thousand_odd_invoices_are_told_by_their_dates_with_the_same_findings(database: Database) -> None:
    run = kept(database, whole=True)
    every = []
    for batch in range(100):
        day = timedelta(days=batch % 20)
        invoices = [dated("Net 30", 30, 45, f"INV-{batch:03}-{n:03}") for n in range(1_000)]
        moved = [
            replace(
                each,
                invoice_date=each.invoice_date - day,
                billed_due=each.billed_due - day,
                booked_due=each.booked_due - day,
            )
            for each in invoices
        ]
        by_hand = replace(moved[0], number=f"HAND-{batch}", billed_due=moved[0].billed_due + timedelta(days=1))
        run.replace([each.number for each in (*moved, by_hand)], [*moved, by_hand])
        every += [*moved, by_hand]
    told = run.told()
    assert len(told) <= 20 * 2 + 2 * 5 * 5
    few, all_of_them = (found(each) for each in (told, every))
    assert few == all_of_them
    assert few[FindingKind.RULE_DIFFERS] == 100_000
    assert few[FindingKind.OVERRIDDEN] == 100


def found(dates: object) -> dict[FindingKind, int]:
    seen: TwoVocabularies = replace(
        world([used("Net 30", 30)], [ar("Net 30", 45)]),
        dated=tuple(dates),  # type: ignore[call-overload]
    )
    return {each.kind: each.invoices for each in find(seen)}


def test_a_hundred_thousand_numbers_are_replaced_at_once(database: Database) -> None:
    run = kept(database)
    run.replace(["INV-7"], [dated("Net 30", 30, 45, "INV-7")])
    run.replace([f"INV-{n}" for n in range(100_000)], [])
    with database.transaction() as connection:
        assert connection.scalar(select(func.count()).select_from(drift_dates)) == 0
