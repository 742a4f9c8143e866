"""The daily look notices what nobody decided here, once, and lets alone what a decision did."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.evidence import reconcile
from bot.evidence.reconcile import Exceptions
from bot.intacct.errors import IntacctError
from bot.records.tables import messages
from bot.sandbox.intacct.terms import add_term, change_term
from bot.sandbox.world import Fault
from bot.slack import said
from bot.slack.cards.reconciled import reconciled
from tests.evidence.conftest import Office
from tests.slack.cards.limits import faults


def look(office: Office, day: int) -> Exceptions:
    """The look of a day; every hour of the calendar but one lies between two of them."""
    office.world.calendar.move(timedelta(hours=23))
    return reconcile.look(office.database, office.clock, office.company, f"reconcile/acme/2026-11-{day}")


def notices(office: Office) -> list[str]:
    """What was said to those who look after the company."""
    with office.database.transaction() as connection:
        rows = connection.execute(select(messages).where(messages.c.kind == "notice").order_by(messages.c.id)).all()
    assert {row.channel for row in rows} <= {"C0REPORTS"}
    return [said.notice(row.body).text for row in rows]


def journalled(office: Office) -> list[dict[str, Any]]:
    with office.database.transaction() as connection:
        rows = connection.execute(
            text("SELECT content::jsonb -> 'content' FROM journal WHERE kind = 'reconciliation' ORDER BY seq")
        )
        return list(rows.scalars())


def test_the_first_look_only_learns(office: Office) -> None:
    assert not look(office, 1).any
    (entry,) = journalled(office)
    assert (entry["first"], entry["terms"]) == (True, 5)
    assert not look(office, 2).any
    assert journalled(office)[1]["first"] is False
    assert notices(office) == []


def test_what_our_decision_made_is_no_exception_and_what_a_person_made_is(office: Office) -> None:
    look(office, 1)
    office.approve(office.case_about("Net 45"))
    add_term(office.world, "Net 46", {"DUEDATE": "46"}, by="agarcia")
    found = look(office, 2)
    assert [term["name"] for term in found.appeared] == ["Net 46"]
    assert (found.changed, found.gone) == ([], [])
    (told,) = notices(office)
    assert "Net 46 is new: 46 days from the invoice date, created by agarcia on " in told
    assert "Net 45" not in told
    assert not look(office, 3).any, "it is told once"
    assert len(notices(office)) == 1


def test_a_term_of_ours_that_somebody_changed_is_told_field_by_field(office: Office) -> None:
    office.approve(office.case_about("Net 45"))
    look(office, 1)
    change_term(office.world, "Net 45", {"DUEDATE": "50", "DESCRIPTION": "as sales wants it"}, by="agarcia")
    change_term(office.world, "Net 12", {"DUEDATE": "13"}, by="agarcia")
    found = look(office, 2)
    (changed,) = found.changed
    assert (changed["name"], changed["case"], changed["by"]) == ("Net 45", 1, "agarcia")
    assert changed["differences"] == [
        {"label": "Rule", "before": "45 days from the invoice date", "now": "50 days from the invoice date"},
        {"label": "Description", "before": "45 days from the invoice date", "now": "as sales wants it"},
    ]
    assert found.elsewhere == ["Net 12"], "not ours: kept in the journal, told to nobody"
    (told,) = notices(office)
    assert "Net 45, which case 1 made, was changed by agarcia on " in told
    assert "rule was 45 days from the invoice date, is 50 days from the invoice date" in told
    assert not look(office, 3).any


def test_a_term_of_ours_that_was_changed_and_put_back_between_two_looks_is_told(office: Office) -> None:
    office.approve(office.case_about("Net 45"))
    look(office, 1)
    change_term(office.world, "Net 45", {"DUEDATE": "90"}, by="agarcia")
    change_term(office.world, "Net 12", {"DUEDATE": "13"}, by="agarcia")
    office.world.calendar.move(timedelta(hours=2))
    change_term(office.world, "Net 45", {"DUEDATE": "45"}, by="agarcia")
    change_term(office.world, "Net 12", {"DUEDATE": "12"}, by="agarcia")
    found = look(office, 2)
    (changed,) = found.changed
    assert (changed["name"], changed["by"], changed["differences"]) == ("Net 45", "agarcia", [])
    (told,) = notices(office)
    assert "Net 45, which case 1 made, was changed by agarcia on " in told
    assert "it is again as it was at the last look" in told
    assert not look(office, 3).any, "it is told once"


def test_one_message_tells_all_of_a_look(office: Office) -> None:
    office.approve(office.case_about("Net 45"))
    look(office, 1)
    for days in range(46, 56):
        add_term(office.world, f"Net {days}", {"DUEDATE": str(days)}, by="agarcia")
    change_term(office.world, "Net 45", {"STATUS": "inactive"}, by="agarcia")
    look(office, 2)
    (told,) = notices(office)
    assert "and five more" in told
    assert "status was active, is inactive" in told


def test_a_term_of_ours_that_is_gone_is_told(office: Office) -> None:
    office.approve(office.case_about("Net 45"))
    look(office, 1)
    terms = office.world.store.table("arterm")
    del terms[next(number for number, row in terms.items() if row["NAME"] == "Net 45")]
    found = look(office, 2)
    assert [term["name"] for term in found.gone] == ["Net 45"]
    assert "Net 45, which case 1 made, is no longer there" in notices(office)[0]
    assert not look(office, 3).any


def test_a_reactivation_that_was_decided_is_no_exception(office: Office) -> None:
    look(office, 1)
    office.approve(office.case_about("Net 90"), reason="the customer's contract", reference="C-1042")
    found = look(office, 2)
    assert not found.any
    assert found.elsewhere == []
    change_term(office.world, "Net 90", {"STATUS": "inactive"}, by="agarcia")
    assert [term["name"] for term in look(office, 3).changed] == ["Net 90"]


def test_what_a_company_decided_that_shares_the_books_is_no_exception_in_another(office: Office) -> None:
    sibling = replace(office.company, key="acme-uk")

    def look_beside(day: int) -> Exceptions:
        office.world.calendar.move(timedelta(hours=23))
        key = f"reconcile/acme-uk/2026-11-{day}"
        return reconcile.look(office.database, office.clock, sibling, key, beside=("acme",))

    look_beside(1)
    office.approve(office.case_about("Net 45"))
    add_term(office.world, "Net 46", {"DUEDATE": "46"}, by="agarcia")
    found = look_beside(2)
    assert [term["name"] for term in found.appeared] == ["Net 46"]
    assert found.elsewhere == ["Net 45"]


def test_a_look_that_is_done_twice_under_one_key_tells_once(office: Office) -> None:
    look(office, 1)
    add_term(office.world, "Net 46", {"DUEDATE": "46"}, by="agarcia")
    assert look(office, 2).any
    assert not look(office, 2).any
    assert len(notices(office)) == 1


def test_a_look_at_books_that_do_not_answer_learns_nothing(office: Office) -> None:
    look(office, 1)
    add_term(office.world, "Net 46", {"DUEDATE": "46"}, by="agarcia")
    office.world.faults.set(Fault(service="intacct", method="query", name="offline", times=99, after=0, value=None))
    with pytest.raises(IntacctError):
        look(office, 2)
    office.world.faults.clear()
    assert look(office, 3).any
    assert len(journalled(office)) == 2


def test_the_longest_and_oddest_names_fit_a_message() -> None:
    odd = "<!channel> *N*\u00a0\u202e`" * 400
    term = {"name": odd, "rule": odd, "by": odd, "at": "2026-11-24T06:00:00+00:00", "case": 7}
    term |= {"differences": [{"label": "Name", "before": odd, "now": ""}] * 5}
    for many in (0, 1, 60):
        message = reconciled(appeared=[term] * many, changed=[term] * many, gone=[term] * many)
        assert faults(message.blocks) == []
        assert "<!channel>" not in str(message.blocks)
