"""The controls: playing people, the clock, the faults, and reading the log, over real sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import requests
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from starlette.routing import BaseRoute, Mount

from bot.sandbox import company
from bot.sandbox.bill import books
from bot.sandbox.server import build
from bot.sandbox.world import World
from tests.sandbox.bill.conftest import add_invoice

ALERTS = "C0FINALERTS"


class Controls:
    """Calls the controls as any program would."""

    def __init__(self, address: str) -> None:
        self.address = address

    def post(self, path: str, **body: Any) -> Any:
        answer = requests.post(f"{self.address}/sandbox/control/{path}", json=body, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path: str, **body: Any) -> str:
        answer = requests.post(f"{self.address}/sandbox/control/{path}", json=body, timeout=20)
        assert answer.status_code == 400, answer.text
        return str(answer.json()["error"])

    def get(self, path: str, **params: str) -> Any:
        return requests.get(f"{self.address}/sandbox/control/{path}", params=params, timeout=20).json()


@pytest.fixture
def controls(world: World, sandbox_server: Callable[[Sequence[BaseRoute]], str]) -> Controls:
    """The whole sandbox without a company."""
    return Controls(sandbox_server([Mount("/", app=build(world))]))


@pytest.fixture
def app(controls: Controls) -> Iterator[App]:
    """An app of Slack's own making, connected by Socket Mode."""
    client = WebClient(token="xoxb-sandbox-termkeeper", base_url=f"{controls.address}/sandbox/slack/api/")
    bolt = App(client=client)
    handler = SocketModeHandler(bolt, "xapp-sandbox-termkeeper")
    handler.connect()
    yield bolt
    handler.close()


def test_a_period_closes_and_opens_and_an_invoice_gets_a_posting_date(controls: Controls, world: World) -> None:
    assert controls.post("period", period="2026-10", closed=True) == {"open_from": "2026-11-01"}
    assert controls.post("period", period="2026-10", closed=False) == {"open_from": "2026-10-01"}
    assert controls.refused("period", period="October", closed=True).startswith("A period is written as year and month")
    assert controls.refused("period", period="2026-10") == "“closed” is needed: true or false."
    key = add_invoice(world, "INV-9")
    told = controls.post("bill-invoice", id="INV-9", posting_date="2026-12-01")
    assert not [name for name in told if "osting" in name], "BILL's API does not tell it"
    assert world.store.table("bill_invoice")[key]["_postingDate"] == "2026-12-01"
    controls.post("bill-invoice", id="INV-9", posting_date="today")
    assert world.store.table("bill_invoice")[key]["_postingDate"] == company.today(world).isoformat()
    controls.post("bill-invoice", id="INV-9", posting_date=None)
    assert "_postingDate" not in world.store.table("bill_invoice")[key]
    assert "posting_date" in controls.refused("bill-invoice", id="INV-9", posting_date="soon")


def test_a_group_change_that_cannot_be_is_refused_with_a_sentence(controls: Controls) -> None:
    assert controls.refused("group", user="deputy") == "“member” is needed: true or false."
    assert "nobody" in controls.refused("group", user="nobody", member=True)
    assert "S0NONE" in controls.refused("group", user="deputy", member=True, group="S0NONE")


def test_the_clock_moves_by_days_and_seconds_and_back(controls: Controls) -> None:
    assert controls.get("clock") == {"offset_s": 0.0}
    assert controls.post("clock", days=7) == {"offset_s": 604800.0}
    assert controls.post("clock", seconds=-604800) == {"offset_s": 0.0}
    assert "days" in controls.refused("clock")
    assert "days" in controls.refused("clock", days="many")
    assert "cannot move" in controls.refused("clock", days=10**12)


def test_the_log_holds_an_emulators_calls_in_order(controls: Controls) -> None:
    requests.get(f"{controls.address}/sandbox/bill/connect/v3/invoices", timeout=10)
    (call,) = controls.get("log", service="bill")
    assert (call["function"], call["outcome"]) == ("invoices", "BDC_1102")
    assert "at" in call
    assert "service" in controls.get("log", service="mail")["error"]


def test_a_fault_is_set_strikes_after_good_calls_and_all_are_cleared(controls: Controls) -> None:
    def status() -> int:
        return requests.get(f"{controls.address}/sandbox/bill/connect/v3/invoices", timeout=10).status_code

    controls.post("faults", service="bill", method="invoices", fault="html", times=1, after=1)
    assert [status() for _ in range(3)] == [401, 502, 401]
    controls.post("faults", service="bill", method="invoices", fault="html", times=5)
    assert len(controls.get("faults")) == 1
    controls.post("faults")
    assert controls.get("faults") == []


@pytest.mark.parametrize(
    "body",
    [
        {"service": "mail", "fault": "x"},
        {"service": "bill"},
        {"service": "bill", "fault": "x", "times": 0},
        {"service": "bill", "fault": "x", "times": "once"},
    ],
)
def test_a_malformed_fault_is_refused(controls: Controls, body: dict[str, Any]) -> None:
    assert controls.refused("faults", **body)


def test_a_body_that_is_no_json_object_is_refused(controls: Controls) -> None:
    for data in ("{", "[]", '"x"'):
        answer = requests.post(f"{controls.address}/sandbox/control/sync", data=data, timeout=10)
        assert (answer.status_code, answer.json()["ok"]) == (400, False)


def test_a_message_is_posted_as_another_app(controls: Controls, app: App) -> None:
    ts = controls.post("message", channel=ALERTS, event={"text": "Sync failed", "bot_id": "B0BILL"})["ts"]
    history = app.client.conversations_history(channel=ALERTS)["messages"]
    assert [(message["ts"], message["text"]) for message in history] == [(ts, "Sync failed")]
    assert "channel" in controls.refused("message", event={"text": "x"})
    assert "event" in controls.refused("message", channel=ALERTS)
    assert "C0NOWHERE" in controls.refused("message", channel="C0NOWHERE", event={"text": "x"})


def test_a_person_presses_a_button(controls: Controls, app: App) -> None:
    pressed: list[tuple[str, str]] = []

    @app.action("case.create")
    def create(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        pressed.append((body["user"]["id"], body["actions"][0]["value"]))

    button = {"type": "button", "action_id": "case.create", "value": "7", "text": {"type": "plain_text", "text": "Go"}}
    ts = app.client.chat_postMessage(channel=ALERTS, text="card", blocks=[{"type": "actions", "elements": [button]}])[
        "ts"
    ]
    assert controls.post("act", user="U0DAN", channel=ALERTS, ts=ts, action_id="case.create")["ok"]
    assert pressed == [("U0DAN", "7")]
    assert controls.refused("act", user="U0DAN", channel=ALERTS, ts=ts, action_id="case.decline")
    assert controls.refused("act", user="U0NOBODY", channel=ALERTS, ts=ts, action_id="case.create")


def test_a_person_enters_a_command_opens_a_view_and_submits_it(controls: Controls, app: App) -> None:
    reasons: list[str] = []

    @app.command("/checkterms")
    def check(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        reason = {"type": "plain_text_input", "action_id": "value"}
        block = {"type": "input", "block_id": "why", "label": {"type": "plain_text", "text": "Why"}, "element": reason}
        view = {
            "type": "modal",
            "callback_id": "v",
            "title": {"type": "plain_text", "text": "Reason"},
            "submit": {"type": "plain_text", "text": "Send"},
            "blocks": [block],
        }
        app.client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.view("v")
    def submitted(ack: Ack, body: dict[str, Any]) -> None:
        reason = body["view"]["state"]["values"]["why"]["value"]["value"]
        if reason == "no":
            ack(response_action="errors", errors={"why": "Say more."})
        else:
            reasons.append(reason)
            ack()

    assert controls.post("act", user="U0MARIA", channel=ALERTS, command="/checkterms", text="INV-1")["ok"]
    (row,) = (row for row in app_views(controls, "U0MARIA"))
    answer = controls.post("act", user="U0MARIA", view_id=row, values={"why": {"value": "no"}})
    assert (answer["ok"], answer["errors"]) == (False, {"why": "Say more."})
    assert controls.post("act", user="U0MARIA", view_id=row, values={"why": {"value": "contract"}})["ok"]
    assert reasons == ["contract"]
    assert controls.refused("act", user="U0MARIA", view_id=row, values={})
    assert "values" in controls.refused("act", user="U0MARIA", view_id=row, values=[])


def app_views(controls: Controls, user: str) -> list[str]:
    """The ids of a person's open views, as the page knows them."""
    parts = requests.get(f"{controls.address}/sandbox/page/parts", params={"as": user}, timeout=10).json()["parts"]
    return [piece.split('"')[0] for piece in parts["view-content"].split('data-view-id="')[1:]]


def test_a_person_uses_a_message_shortcut_writes_and_replies(controls: Controls, app: App) -> None:
    chosen: list[str] = []

    @app.shortcut("message.check_terms")
    def check(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        chosen.append(body["message"]["text"])

    ts = controls.post("act", user="U0MARIA", channel=ALERTS, text="anyone on this?")["ts"]
    controls.post("act", user="U0DAN", channel=ALERTS, text="I am", thread_ts=ts)
    assert controls.post("act", user="U0DAN", channel=ALERTS, ts=ts, shortcut="message.check_terms")["ok"]
    assert chosen == ["anyone on this?"]
    replies = app.client.conversations_replies(channel=ALERTS, ts=ts)["messages"]
    assert [message["text"] for message in replies] == ["anyone on this?", "I am"]


def test_an_act_that_nobody_hears_says_so_and_one_that_is_none_is_refused(controls: Controls) -> None:
    answer = controls.post("act", user="U0MARIA", channel=ALERTS, command="/checkterms", text="x")
    assert (answer["ok"], answer["error"]) == (False, "dispatch_failed")
    assert "Nothing to do" in controls.refused("act", user="U0MARIA", channel=ALERTS)
    assert "user" in controls.refused("act", channel=ALERTS)


def test_a_person_corrects_bill(world: World, controls: Controls) -> None:
    term = controls.post("bill-term", name="Net\u00a035", days=35)
    other = controls.post("bill-term", name="Net 45", days=45)
    assert controls.post("bill-term", id=term["id"], name="Net 35")["name"] == "Net 35"
    assert "one term of 45 days" in controls.refused("bill-term", name="N45", days=45)
    add_invoice(world, "INV-1", paymentTermId=term["id"])
    changed = controls.post("bill-invoice", id="INV-1", term_id=other["id"])
    assert (changed["paymentTermId"], "_sync" in changed) == (other["id"], False)
    assert controls.refused("bill-invoice", id="INV-2", term_id=other["id"])


def test_a_person_adds_and_deactivates_a_term_in_intacct(controls: Controls) -> None:
    row = controls.post("ar-term", name="Net 45", days=45, by="jsmith")
    assert (row["DUEDATE"], row["STATUS"], row["CREATEDBY"]) == ("45", "active", "jsmith")
    assert controls.post("ar-term", name="Net 45", status="inactive")["STATUS"] == "inactive"
    assert controls.post("ar-term", name=row["RECORDNO"], status="active")["STATUS"] == "active"
    assert "already exists" in controls.refused("ar-term", name="Net 45", days=45)
    assert "does not exist" in controls.refused("ar-term", name="Net 46", status="active")
    assert controls.refused("ar-term", name="Net 45", status="gone")


def test_sync_answers_what_it_did(world: World, controls: Controls) -> None:
    term = books.add_term(world, "Net 45", 45)
    world.store.table("customer")["C1"] = {"CUSTOMERID": "C1", "NAME": "Globex", "STATUS": "active"}
    world.store.table("bill_customer")["0cu01"] = {"id": "0cu01", "name": "Globex", "accNumber": "C1"}
    add_invoice(world, "INV-1042", paymentTermId=term["id"])
    message = "Invoice [INV-1042] cannot be created in Intacct: Could not retrieve the Sequence record!"
    failed = [{"invoice": "INV-1042", "message": message}]
    assert controls.post("sync") == {"attempted": 1, "created": 0, "failed": failed}


def test_the_request_url_is_set_and_checked(controls: Controls) -> None:
    assert controls.post("request-url", url="http://127.0.0.1:3000/slack/events")["url"].endswith("/slack/events")
    assert controls.post("request-url", url=None) == {"url": None}
    assert "address" in controls.refused("request-url", url="file:///etc/passwd")


def test_state_and_settings_tell_who_this_is_and_how_to_reach_it(controls: Controls) -> None:
    state = controls.get("state")
    assert state["service"] == "termkeeper-sandbox"
    assert state["address"] == controls.address
    assert controls.get("settings")["SLACK_API_URL"] == f"{controls.address}/sandbox/slack/api/"


@pytest.mark.parametrize("path", ["/", "/sandbox/control/clock", "/sandbox/page/parts"])
def test_another_host_name_is_refused(controls: Controls, path: str) -> None:
    answer = requests.get(controls.address + path, headers={"Host": "evil.test"}, timeout=10)
    assert answer.status_code == 403


def test_another_websites_change_is_refused_and_the_pages_own_is_not(controls: Controls) -> None:
    def status(origin: str) -> int:
        url = f"{controls.address}/sandbox/control/faults"
        return requests.post(url, json={}, headers={"Origin": origin}, timeout=10).status_code

    assert status("https://evil.test") == 403
    assert status("null") == 403
    assert status(f"{controls.address.rsplit(':', 1)[0]}:1") == 403
    assert status(controls.address) == 200
    assert status(controls.address.replace("127.0.0.1", "localhost")) == 200


def test_an_emulator_answers_under_the_name_that_a_vendors_client_insists_on(controls: Controls) -> None:
    url = f"{controls.address}/sandbox/bill/connect/v3/invoices"
    assert requests.get(url, headers={"Host": "gateway.intacct.com"}, timeout=10).status_code == 401


def test_a_person_keys_an_invoice_into_intacct_and_bill_knows_nothing_of_it(world: World, controls: Controls) -> None:
    term = controls.post("bill-term", name="Net 45", days=45)
    add_invoice(world, "INV-7", paymentTermId=term["id"])
    customer = {"CUSTOMERID": "0cu01", "NAME": "Globex GmbH", "STATUS": "active", "CURRENCY": "USD"}
    world.store.table("customer")["0cu01"] = customer
    assert "sequence" in controls.refused("ar-invoice", number="INV-7").lower()
    controls.post("ar-term", name="Net 45", days=45)
    assert controls.post("ar-invoice", number="INV-7", amount=99.5, due="2026-12-24")["number"] == "INV-7"
    (row,) = world.store.table("arinvoice").values()
    assert (row["CREATEDBY"], row["TRX_TOTALENTERED"], row["WHENDUE"]) == ("pnair", "99.50", "12/24/2026")
    assert row["STATE"] == "Posted"
    (billed,) = world.store.table("bill_invoice").values()
    assert billed["_sync"]["state"] == "waiting"
    assert "already exists" in controls.refused("ar-invoice", number="INV-7")
    assert "no such" in controls.refused("ar-invoice", number="INV-8")
