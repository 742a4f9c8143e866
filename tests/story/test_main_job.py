"""The main job, end to end over real sockets: an alert arrives, the term is created once a person approves."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
import requests

from tests.story.running import ALERTS, Running, until
from tests.story.test_journal import command


def test_the_whole_story_of_a_missing_term(running: Running) -> None:
    first = running.control("sync")
    assert "INV-1042" in {failure["invoice"] for failure in first["failed"]}
    card = running.card("Net 45", "missing in Intacct")
    assert "Net 45" not in running.terms()

    running.press("controller", card, "case.create")
    running.card("Net 45", "is in Intacct")
    assert running.terms()["Net 45"] == "active"

    second = running.control("sync")
    assert "INV-1042" not in {failure["invoice"] for failure in second["failed"]}
    running.card("Net 45", "Fixed")
    assert len(running.cards("Net 45")) >= 1
    assert [call["outcome"] for call in running.calls("intacct", "create_arterm")] == ["success"]


def test_each_kind_of_mismatch_gets_its_card(running: Running) -> None:
    running.control("sync")
    running.card("Net 45", "missing in Intacct")
    running.card("Net 90", "inactive")
    running.card("NO-BREAK SPACE", "INV-1050")
    running.card("N20", "same rule")
    unknown = running.card("INV-1055", "Several invoices")
    assert "case.tell_term" in str(unknown["blocks"])


def test_a_message_with_many_failures_has_an_overview_from_which_several_are_decided(running: Running) -> None:
    running.control("sync")
    overview = running.card("failures", "cases", "Net 45", "wait for a decision")
    running.card("Net 45", "missing in Intacct")
    running.press("controller", overview, "case.list")
    view = open_view(running, "controller", "view.list")
    block = next(block for block in view["blocks"] if block["type"] == "input")
    chosen = [o for o in block["element"]["options"] if o["text"]["text"].startswith(("Net 45 ·", "Net 55 ·"))]
    assert len(chosen) == 2
    refused = running.act(user="controller", view_id=view["id"], values={})
    assert "choose at least one" in str(refused)
    running.act(
        user="controller",
        view_id=view["id"],
        values={block["block_id"]: {"value": {"type": "checkboxes", "selected_options": chosen}}},
    )
    running.card("Net 45", "is in Intacct")
    running.card("Net 55", "is in Intacct")
    assert [call["outcome"] for call in running.calls("intacct", "create_arterm")] == ["success", "success"]
    until(lambda: [w for w in running.whispers("controller", ALERTS) if "a decision each" in w["text"]], "the answer")


def test_who_may_not_decide_is_told_who_can_and_nothing_is_written(running: Running) -> None:
    running.control("sync")
    card = running.card("Net 45", "missing in Intacct")
    running.press("clerk", card, "case.create")
    until(lambda: running.calls("slack", "chat.postEphemeral"), "a word to the clerk alone")
    assert running.calls("intacct", "create_arterm") == []
    assert "Net 45" not in running.terms()


def test_twice_the_same_click_creates_one_term(running: Running) -> None:
    running.control("sync")
    card = running.card("Net 45", "missing in Intacct")
    for user in ("controller", "admin", "controller"):
        running.press(user, card, "case.create")
    running.card("Net 45", "is in Intacct")
    assert len(running.calls("intacct", "create_arterm")) == 1


def test_a_look_up_answers_the_asker_alone_and_opens_no_case(running: Running) -> None:
    before = len(running.messages())
    running.act(user="clerk", channel=ALERTS, command="/checkterms", text="INV-1042")
    until(lambda: running.calls("slack", "response_url"), "the answer")
    assert len(running.messages()) == before


def test_a_killed_bot_gives_the_card_once_after_its_restart(running: Running) -> None:
    running.control("message", {"channel": ALERTS, "event": _alert("INV-1042")})
    until(lambda: [c for c in running.calls("slack", "event:message") if c["outcome"] == "ok"], "the acknowledgement")
    running.kill()
    running.start()
    running.card("Net 45", "missing in Intacct", seconds=15)
    assert len(running.cards("missing in Intacct")) == 1


def test_ctrl_c_ends_everything_and_a_second_start_goes_on(running: Running) -> None:
    running.control("sync")
    card = running.card("Net 45", "missing in Intacct")
    assert running.stop() == 0
    running.start()
    running.press("controller", card, "case.create")
    running.card("Net 45", "is in Intacct")


def _alert(number: str) -> dict[str, object]:
    words = f"Invoice [{number}] cannot be created in Intacct: Could not retrieve the Sequence record!"
    return {"type": "message", "subtype": "bot_message", "bot_id": "B0BILL", "username": "BILL Sync", "text": words}


def bill_headers(running: Running) -> dict[str, str]:
    """A session at the emulated BILL."""
    signed = requests.post(
        f"{running.address}/sandbox/bill/connect/v3/login",
        json={
            "username": "termkeeper@acme.test",
            "password": "sandbox-bill-password",
            "organizationId": "00801ACME",
            "devKey": "sandbox-dev-key",
        },
        timeout=10,
    )
    return {"devKey": "sandbox-dev-key", "sessionId": signed.json()["sessionId"]}


def open_view(running: Running, user: str, callback_id: str) -> dict[str, Any]:
    """The view that a person's click has opened, once it is filled."""

    def look() -> dict[str, Any] | None:
        views = running.views(user)
        return next((view for view in views if view["callback_id"] == callback_id), None)

    return until(look, f"the view {callback_id}")


def test_an_edit_is_checked_then_proposed_and_its_editor_cannot_decide(running: Running) -> None:
    running.control("sync")
    card = running.card("Net 45", "missing in Intacct")
    running.press("controller", card, "case.edit")
    view = open_view(running, "controller", "view.edit")
    refused = running.act(user="controller", view_id=view["id"], values={"edit.due_days": {"value": "4500"}})
    assert "edit.due_days" in str(refused)
    running.act(
        user="controller",
        view_id=view["id"],
        values={"edit.description": {"value": "Agreed with Globex"}, "edit.reason": {"value": "as the contract says"}},
    )
    edited = running.card("Net 45", "Agreed with Globex")
    running.press("controller", edited, "case.create")
    until(lambda: running.calls("slack", "chat.postEphemeral"), "a word to the editor alone")
    assert running.calls("intacct", "create_arterm") == []


def test_a_decline_needs_a_reason_and_ends_the_case(running: Running) -> None:
    running.control("sync")
    card = running.card("Net 45", "missing in Intacct")
    running.press("admin", card, "case.decline")
    view = open_view(running, "admin", "view.decline")
    assert "decline.reason" in str(running.act(user="admin", view_id=view["id"], values={}))
    running.act(user="admin", view_id=view["id"], values={"decline.reason": {"value": "We do not grant 45 days."}})
    declined = running.card("Net 45", "We do not grant 45 days.")
    assert "case.create" not in str(declined["blocks"])


def test_a_correction_at_the_source_is_read_and_seen(running: Running) -> None:
    running.control("sync")
    card = running.card("NO-BREAK SPACE", "INV-1050")
    running.press("clerk", card, "case.corrected")
    until(lambda: running.calls("slack", "chat.postEphemeral"), "a word that it is not seen yet")
    terms = requests.get(
        f"{running.address}/sandbox/bill/connect/v3/organizations/00801ACME/payment-terms",
        headers=bill_headers(running),
        timeout=10,
    )
    odd = next(term for term in terms.json()["results"] if term["name"] == "Net\u00a035")
    running.control("bill-term", {"id": odd["id"], "name": "Net 35"})
    time.sleep(1.5)  # names read from BILL may be a second old
    running.press("clerk", running.card("NO-BREAK SPACE", "INV-1050"), "case.corrected")
    until(lambda: [m for m in running.cards("INV-1050") if "sync" in m["text"] and "case.create" not in str(m)], "seen")
    running.control("sync")
    running.card("INV-1050", "Fixed")


def whispers(running: Running, user: str) -> list[dict[str, Any]]:
    """What one person alone sees in the alert channel."""
    return running.whispers(user, ALERTS)


def test_a_decision_is_asked_for_from_a_look_up_and_taken_on_the_channels_card(running: Running) -> None:
    running.act(user="clerk", channel=ALERTS, command="/checkterms", text="INV-1042")
    answer = until(lambda: whispers(running, "clerk"), "the answer")[0]
    assert "case.create" not in str(answer)
    assert "Net 45" in answer["text"]
    running.act(user="clerk", channel=ALERTS, ts=answer["ts"], action_id="case.ask")
    card = running.card("Net 45", "missing in Intacct")
    assert card.get("thread_ts") in (None, card["ts"])
    running.press("controller", card, "case.create")
    running.card("Net 45", "is in Intacct")


def test_an_asker_cannot_decide_what_he_asked_for(running: Running) -> None:
    running.act(user="controller", channel=ALERTS, command="/checkterms", text="INV-1042")
    answer = until(lambda: whispers(running, "controller"), "the answer")[0]
    running.act(user="controller", channel=ALERTS, ts=answer["ts"], action_id="case.ask")
    card = running.card("Net 45", "missing in Intacct")
    running.press("controller", card, "case.create")
    until(lambda: [w for w in whispers(running, "controller") if "You asked" in w["text"]], "the refusal")
    assert running.calls("intacct", "create_arterm") == []
    running.press("admin", card, "case.create")
    running.card("Net 45", "is in Intacct")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("help", "/checkterms INV-1042"),
        ("", "checkterms INV-1042"),
        ("what is going on", "I did not find"),
        ("INV-1042 INV-1050", "NO-BREAK SPACE"),
        ('"Net 45"', "Net 45"),
        ("INV-9999", "could not find"),
    ],
)
def test_every_question_gets_an_answer(running: Running, text: str, words: str) -> None:
    running.act(user="clerk", channel=ALERTS, command="/checkterms", text=text)
    until(lambda: [w for w in whispers(running, "clerk") if words in w["text"]], words)


def test_the_message_shortcut_answers_as_the_command_does(running: Running) -> None:
    running.control("sync")
    card = running.card("Net 45", "missing in Intacct")
    alert = next(m for m in running.messages() if m["ts"] == card["thread_ts"])
    running.act(user="clerk", channel=ALERTS, ts=alert["ts"], shortcut="message.check_terms")
    until(lambda: [w for w in whispers(running, "clerk") if "Net 45" in w["text"]], "the answer")


def test_a_told_term_is_looked_at_and_its_teller_cannot_decide(running: Running) -> None:
    running.control("sync")
    running.press("controller", running.card("INV-1055", "Several invoices"), "case.tell_term")
    view = open_view(running, "controller", "view.tell_term")
    running.act(user="controller", view_id=view["id"], values={"tell.name": {"value": "Net 42"}})
    card = running.card("Net 42", "missing in Intacct")
    running.press("controller", card, "case.create")
    until(lambda: [w for w in whispers(running, "controller") if "You told the term" in w["text"]], "the refusal")
    assert running.calls("intacct", "create_arterm") == []


def test_an_uncertain_write_is_read_before_anything_else(running: Running) -> None:
    running.control("sync")
    card = running.card("Net 45", "missing in Intacct")
    fault = {"service": "intacct", "method": "create_arterm", "fault": "timeout_after", "times": 1, "value": 1}
    running.control("faults", fault)
    running.press("controller", card, "case.create")
    running.card("Net 45", "is in Intacct")
    assert len(running.calls("intacct", "create_arterm")) == 1


def test_a_write_that_never_arrived_is_sent_again_under_the_same_control_id(running: Running) -> None:
    running.control("sync")
    card = running.card("Net 45", "missing in Intacct")
    fault = {"service": "intacct", "method": "create_arterm", "fault": "timeout_before", "times": 1, "value": 1}
    running.control("faults", fault)
    running.press("controller", card, "case.create")
    running.card("Net 45", "is in Intacct", seconds=60)
    calls = running.calls("intacct", "create_arterm")
    assert [call["outcome"] for call in calls] == ["timeout_before", "success"]
    assert len({call["controlid"] for call in calls}) == 1


def test_a_missing_right_is_told_with_the_vendors_words(running: Running) -> None:
    running.control("sync")
    card = running.card("Net 45", "missing in Intacct")
    running.control("faults", {"service": "intacct", "method": "create_arterm", "fault": "permission", "times": 1})
    running.press("controller", card, "case.create")
    failed = running.card("Net 45", "You do not have permission")
    assert "Net 45" not in running.terms()
    running.press("controller", failed, "case.check")
    running.press("admin", running.card("Net 45", "missing in Intacct"), "case.create")
    running.card("Net 45", "is in Intacct")


def direct_messages(running: Running, user: str) -> list[str]:
    """What the bot has written to one person directly, as that person's page shows it."""
    page = requests.get(f"{running.address}/", params={"as": user, "place": "direct"}, timeout=10).text
    bodies = re.findall(r'data-testid="message-body">(.*?)</div>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", body) for body in bodies]


ONLY_APPROVERS = "Only <@U0DAN> and <@U0PRIYA> can approve this."


def test_approvers_are_asked_and_reminded_a_deputy_decides_on_his_days_and_a_case_expires(running: Running) -> None:
    running.control("sync")
    card = running.card("Net 45", "missing in Intacct")
    running.press("clerk", card, "case.create")
    refusal = until(lambda: [w for w in whispers(running, "clerk") if "can approve this" in w["text"]], "the refusal")[
        0
    ]
    running.act(user="clerk", channel=ALERTS, ts=refusal["ts"], action_id="case.ask")
    running.press("deputy", card, "case.create")
    until(lambda: [w for w in whispers(running, "deputy") if ONLY_APPROVERS in w["text"]], "the deputy's, too early")
    for approver in ("U0DAN", "U0PRIYA"):
        until(lambda who=approver: [m for m in direct_messages(running, who) if "asks you to decide" in m], approver)
    running.control("group", {"user": "controller", "member": False})
    running.control("clock", {"days": 6.5})
    until(lambda: [m for m in direct_messages(running, "U0PRIYA") if "Nobody has decided yet" in m], "the reminder", 20)
    running.press("deputy", running.card("Net 55", "missing in Intacct"), "case.create")
    running.card("Net 55", "is in Intacct", "Approved by <@U0LEE>")
    code, words = command(running, "access-review")
    assert code == 0, words
    assert re.search(r"\(U0DAN\) +approver +\S+ \S+ +20", words), words
    assert re.search(r"\(U0LEE\) +deputy +\S+ \S+ +still +1 ", words), words
    running.control("clock", {"days": 1})
    running.card("Net 45", "Expired", seconds=20)
