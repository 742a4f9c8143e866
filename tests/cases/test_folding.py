"""One case a term: both kinds of failure in either order, cases that merge, and a term that fails again."""

from __future__ import annotations

from datetime import timedelta

from bot.cases import store
from bot.cases.deciding import taking_part
from bot.cases.ports import Person
from bot.slack.door import ItemKind
from tests.cases.office import TEAM, Office, invalid, sequence


def _numbers(office: Office, case_id: int) -> list[str]:
    with office.database.transaction() as connection:
        return [invoice.number for invoice in store.waiting_invoices(connection, case_id)]


def test_both_kinds_of_failure_end_in_one_case_the_term_first(office: Office) -> None:
    office.ar_term("Net 30", 30)
    office.invoices(office.bill_term("Net 41", 41), "INV-1", "INV-2")
    office.alert(invalid("Net 41"))
    office.work()
    (case,) = office.cases()
    assert (case.term_name, _numbers(office, case.id)) == ("Net 41", [])
    office.alert(*sequence("INV-1"))
    office.work()
    (case,) = office.cases()
    assert _numbers(office, case.id) == ["INV-1"]
    assert len(office.messages("card")) == 1


def test_both_kinds_of_failure_end_in_one_case_the_invoice_first(office: Office) -> None:
    office.ar_term("Net 30", 30)
    office.invoices(office.bill_term("Net 41", 41), "INV-1")
    office.alert(*sequence("INV-1"))
    office.alert(invalid("Net 41"))
    office.work()
    office.alert(invalid("Net 41"))
    office.work()
    (case,) = office.cases()
    assert (case.term_name, _numbers(office, case.id)) == ("Net 41", ["INV-1"])
    (card,) = office.messages("card")
    assert "3 alerts" in next(m["text"] for m in office.posted() if m["ts"] == card.ts)


def test_an_invoice_that_was_not_found_joins_the_terms_case_once_it_is(office: Office) -> None:
    office.ar_term("Net 30", 30)
    term = office.bill_term("Net 41", 41)
    office.invoices(term, "INV-2")
    office.alert(*sequence("INV-1"))
    office.alert(*sequence("INV-2"))
    office.work()
    nameless, named = office.cases()
    assert (nameless.term_name, named.term_name) == (None, "Net 41")
    office.invoices(term, "INV-1")
    office.alert(*sequence("INV-1"))
    office.work()
    nameless, named = office.cases()
    assert (nameless.state, nameless.merged_into_id) == ("merged", named.id)
    assert sorted(_numbers(office, named.id)) == ["INV-1", "INV-2"]
    posted = office.posted()
    cards = {card.case_id: card.ts for card in office.messages("card")}
    assert "The same term as case 2" in next(m["text"] for m in posted if m["ts"] == cards[nameless.id])
    assert "3 alerts" in next(m["text"] for m in posted if m["ts"] == cards[named.id])


def test_a_nameless_case_becomes_the_terms_where_there_is_none(office: Office) -> None:
    office.ar_term("Net 30", 30)
    office.alert(*sequence("INV-1"))
    office.work()
    office.invoices(office.bill_term("Net 41", 41), "INV-1")
    office.alert(*sequence("INV-1"))
    office.work()
    (case,) = office.cases()
    assert (case.term_name, case.state) == ("Net 41", "awaiting_decision")
    assert len(office.messages("card")) == 1


def test_who_told_the_term_of_a_merged_case_cannot_decide_the_other(office: Office) -> None:
    office.ar_term("Net 30", 30)
    office.invoices(office.bill_term("Net 41", 41), "INV-2")
    office.alert(*sequence("INV-1"))
    office.alert(*sequence("INV-2"))
    office.work()
    nameless, named = office.cases()
    told = {
        "view": "view.tell_term",
        "case_id": nameless.id,
        "digest": "",
        "user": "U0DAN",
        "team": TEAM,
        "values": {"name": "Net 41", "rule": None},
    }
    office.take(ItemKind.SUBMISSION, "told", told)
    office.work()
    nameless, named = office.cases()
    assert nameless.state == "merged"
    with office.database.transaction() as connection:
        people = {each.person for each in taking_part.participants(connection, named)}
    assert people == {Person(team=TEAM, user_id="U0DAN")}
    office.click("U0DAN", "case.create", f"{named.id}:{named.proposal_digest}")
    office.work()
    assert office.journal("decision") == []
    assert len(office.journal("refused")) == 1


def test_a_term_that_fails_again_shows_its_earlier_cases(office: Office) -> None:
    office.ar_term("Net 30", 30)
    office.invoices(office.bill_term("Net 41", 41), "INV-1")
    for round_ in range(3):
        office.alert(*sequence("INV-1"))
        office.work()
        case = office.cases()[-1]
        assert case.number == round_ + 1
        declined = {
            "view": "view.decline",
            "case_id": case.id,
            "digest": case.proposal_digest,
            "user": "U0PRIYA",
            "team": TEAM,
            "values": {"reason": f"not agreed, {round_}"},
        }
        if round_ < 2:
            office.take(ItemKind.SUBMISSION, f"declined {round_}", declined)
            office.work()
    card = next(m for m in office.posted() if m["ts"] == office.messages("card")[-1].ts)
    assert "This term has failed before: 2 earlier cases." in card["text"]
    assert "case 2 · declined" in card["text"]
    assert "declined by <@U0PRIYA> · “not agreed, 1”" in card["text"]


def test_an_invoice_that_fails_under_another_term_now_is_counted_for_that_one_alone(office: Office) -> None:
    office.ar_term("Net 30", 30)
    office.invoices(office.bill_term("Net 45", 45), "INV-1", "INV-2", "INV-3")
    office.alert(*sequence("INV-1", "INV-2", "INV-3"))
    office.work()
    later = office.bill_term("Net 61", 61)
    table = office.world.store.table("bill_invoice")
    key = next(key for key, row in table.items() if row["invoiceNumber"] == "INV-1")
    table[key] = {**table[key], "paymentTermId": later}
    office.world.calendar.move(timedelta(minutes=5))
    office.alert(*sequence("INV-1"))
    office.work()
    first, second = office.cases()
    assert (first.term_name, second.term_name) == ("Net 45", "Net 61")
    said = {card.case_id: next(m for m in office.posted() if m["ts"] == card.ts) for card in office.messages("card")}
    assert "INV-1 said Net 45 when it failed; it says Net 61 now" in said[first.id]["text"]
    assert "INV-2" in said[first.id]["text"]
    assert "$200.00" in str(said[first.id]["blocks"]) or "One more invoice waits" in said[first.id]["text"]
    assert "INV-1" in said[second.id]["text"]
