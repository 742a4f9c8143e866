"""A message with many failures: one overview, a list to decide from, cards where they are wanted."""

from __future__ import annotations

from typing import Any

from bot.slack import lists
from bot.slack.cards.names import ActionId
from bot.slack.cards.submissions import read_chosen
from bot.slack.door import ItemKind
from bot.slack.pressed import Pressed
from tests.cases.office import ALERTS, TEAM, Office, sequence


def _digest(office: Office, terms: int, *, each: int = 2) -> str:
    """One message about so many missing terms; its ts."""
    office.ar_term("Net 30", 30)
    numbers = []
    for n in range(terms):
        wanted = [f"INV-{n}-{i}" for i in range(each)]
        office.invoices(office.bill_term(f"Net {100 + n}", 100 + n), *wanted)
        numbers += wanted
    ts = office.alert("Sync summary", *sequence(*numbers))
    office.work()
    return ts


def _overview(office: Office) -> dict[str, Any]:
    (kept,) = office.messages("overview")
    return next(m for m in office.posted() if m["ts"] == kept.ts)


def _list(office: Office, user: str) -> dict[str, Any]:
    (kept,) = office.messages("overview")
    return lists.list_of(office.parts(), _pressed(user, kept.body["alert"]), kept.body["alert"])


def _pressed(user: str, alert_id: int) -> Pressed:
    return Pressed(
        action=ActionId.LIST,
        user=user,
        team=TEAM,
        channel=ALERTS,
        case_id=None,
        digest="",
        question=None,
        response_url="",
        alert_id=alert_id,
    )


def _submit(office: Office, user: str, chosen: list[str], key: str = "one") -> None:
    read = [tuple(value.split(":")) for value in chosen]
    payload = {
        "view": "view.list",
        "case_id": int(read[0][0]),
        "digest": read[0][1],
        "chosen": [[int(case_id), digest] for case_id, digest in read],
        "user": user,
        "team": TEAM,
    }
    office.take(ItemKind.SUBMISSION, key, payload)


def _options(view: dict[str, Any]) -> list[dict[str, Any]]:
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    return [option for block in inputs for option in block["element"]["options"]]


def test_a_message_about_several_terms_gets_one_overview_and_a_card_a_term(office: Office) -> None:
    ts = _digest(office, 6)
    shown = _overview(office)
    assert shown["thread_ts"] == ts
    assert shown["text"].startswith("12 failures, 6 cases · six wait for a decision")
    assert "Net 103 · 2 invoices, $200.00 · case 4 · waiting for a decision" in shown["text"]
    assert len(office.messages("card")) == 6
    assert office.messages("reply") == []


def test_a_message_that_is_edited_keeps_its_one_overview_and_gets_no_line_besides(office: Office) -> None:
    ts = _digest(office, 4, each=1)
    office.invoices(office.bill_term("Net 200", 200), "INV-NEW")
    text = "\n".join(sequence("INV-0-0", "INV-NEW"))
    message = {"type": "message", "bot_id": "B0BILL", "text": text, "ts": ts, "edited": {"user": "U0BILLBOT", "ts": ts}}
    event = {"type": "message", "subtype": "message_changed", "channel": ALERTS, "ts": ts, "message": message}
    office.take(ItemKind.MESSAGE, "edited", {"team_id": TEAM, "event": event})
    office.work()
    assert office.messages("reply") == []
    assert _overview(office)["text"].startswith("5 failures, 5 cases")


def test_a_message_about_very_many_terms_gets_the_overview_alone(office: Office) -> None:
    _digest(office, 16, each=1)
    assert len(office.cases()) == 16
    assert office.messages("card") == []
    assert len(office.posted()) == 1


def test_a_card_is_posted_when_somebody_asks_for_it(office: Office) -> None:
    ts = _digest(office, 16, each=1)
    case = office.case(3)
    office.click("U0DAN", "case.show_card", f"{case.id}:{case.proposal_digest}")
    office.click("U0DAN", "case.show_card", f"{case.id}:{case.proposal_digest}")
    office.work()
    (card,) = office.messages("card")
    assert (card.case_id, card.thread_ts) == (case.id, ts)
    assert "case 3" in next(m for m in office.posted() if m["ts"] == card.ts)["text"]


def test_a_later_alert_about_a_term_without_a_card_gets_the_card(office: Office) -> None:
    _digest(office, 16, each=1)
    later = office.alert(*sequence("INV-5-0"))
    office.work()
    (card,) = office.messages("card")
    assert card.thread_ts == later


def test_several_cases_are_approved_from_the_list_each_as_its_own_decision(office: Office) -> None:
    _digest(office, 12, each=1)
    options = _options(_list(office, "U0DAN"))
    assert len(options) == 12
    assert options[0]["text"]["text"] == "Net 100 · 1 invoice, $100.00 · case 1"
    chosen = [option["value"] for option in options[:11]]
    values = {"list.chosen": {"value": {"type": "checkboxes", "selected_options": options[:10]}}}
    values["list.chosen.2"] = {"value": {"type": "checkboxes", "selected_options": options[10:11]}}
    assert read_chosen(values) == tuple((int(v.split(":")[0]), v.split(":")[1]) for v in chosen)
    _submit(office, "U0DAN", chosen)
    _submit(office, "U0DAN", chosen)
    office.work()
    assert len(office.journal("decision")) == 11
    assert office.calls("intacct").count("create_arterm") == 11
    assert {case.number for case in office.cases() if case.state == "awaiting_decision"} == {12}
    assert "one waits for a decision" in _overview(office)["text"]


def test_a_name_that_only_looks_like_one_in_intacct_is_decided_on_its_card_alone(office: Office) -> None:
    office.ar_term("Net 77", 77)
    office.invoices(office.bill_term("Net\N{NO-BREAK SPACE}77", 77), "INV-77")
    _digest(office, 4, each=1)
    office.alert(*sequence("INV-77", *[f"INV-{n}-0" for n in range(4)]))
    office.work()
    kept = office.messages("overview")[-1]
    view = lists.list_of(office.parts(), _pressed("U0DAN", kept.body["alert"]), kept.body["alert"])
    assert len(_options(view)) == 4
    assert "looks the same: its card says which of the two to correct" in str(view)


def test_what_moved_on_since_the_list_was_opened_is_told_and_not_done(office: Office) -> None:
    _digest(office, 4, each=1)
    options = _options(_list(office, "U0DAN"))
    chosen = [option["value"] for option in options[:2]]
    case_id, _, digest = chosen[1].partition(":")
    _submit(office, "U0DAN", [chosen[0], f"{case_id}:{digest[::-1]}"])
    office.work()
    assert len(office.journal("decision")) == 1
    (told,) = [m for m in office.messages("whisper") if m.body["what"] == "list_decided"]
    assert told.body["approved"] == [1]
    assert [(other["case"], other["what"]) for other in told.body["others"]] == [(2, "outdated")]


def test_who_may_not_decide_gets_no_list_and_his_submission_is_refused(office: Office) -> None:
    _digest(office, 4, each=1)
    assert "can approve this" in str(_list(office, "U0MARIA"))
    value = _options(_list(office, "U0DAN"))[0]["value"]
    _submit(office, "U0MARIA", [value])
    office.work()
    assert office.journal("decision") == []
    assert len(office.journal("refused")) == 1


def test_what_is_not_one_click_is_listed_with_why_and_cannot_be_chosen(office: Office) -> None:
    office.ar_term("Net 77", 77, STATUS="inactive")
    office.invoices(office.bill_term("Net 77", 77), "INV-A")
    _digest(office, 3, each=1)
    office.alert("Sync summary", *sequence("INV-A", "INV-0-0", "INV-1-0", "INV-2-0"))
    office.work()
    view = _list(office, "U0DAN")
    assert [option["text"]["text"].split(" ·")[0] for option in _options(view)] == ["Net 100", "Net 101", "Net 102"]
    assert "A reactivation takes a reason" in str(view)


def test_choosing_nothing_is_a_problem_told_at_once() -> None:
    assert read_chosen({"list.chosen": {"value": {"type": "checkboxes", "selected_options": []}}}) == {
        "list.chosen": "Please choose at least one, or close the list."
    }
