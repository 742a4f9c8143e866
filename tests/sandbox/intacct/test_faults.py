"""Each fault switch does what its name says, as often as it was set, and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest
import requests
from starlette.routing import BaseRoute

from bot.sandbox.intacct import gateway, routes
from bot.sandbox.world import Fault, World
from tests.sandbox.intacct.client import WRITER, Client, arterm, envelope, session

QUERY = "<query><object>ARTERM</object><select><field>NAME</field></select></query>"


def names(world: World) -> list[str]:
    return [row["NAME"] for row in world.store.table("arterm").values()]


def strike(world: World, name: str, method: str = "create_arterm", value: float | None = None) -> None:
    world.faults.set(Fault(service="intacct", method=method, name=name, times=1, value=value))


@pytest.mark.parametrize(("name", "done"), [("timeout_before", False), ("timeout_after", True)])
def test_a_timeout_holds_and_then_drops_the_connection(
    client: Client, company: World, name: str, *, done: bool
) -> None:
    strike(company, name, value=0.2)
    start = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        client.call(arterm("Net 45"), user=WRITER)
    assert time.monotonic() - start >= 0.2
    assert ("Net 45" in names(company)) is done
    assert client.call(QUERY).statuses == ["success"]


def test_a_client_that_gives_up_frees_its_place(client: Client, company: World) -> None:
    for _ in range(3):
        strike(company, "timeout_before")
        with pytest.raises(requests.Timeout):
            client.call(arterm("Net 45"), user=WRITER, timeout=0.2)
    start = time.monotonic()
    assert client.call(QUERY).statuses == ["success"]
    assert time.monotonic() - start < 5


def test_too_many_requests_are_refused_at_the_gateway(client: Client, company: World) -> None:
    strike(company, "rate_limited", value=7)
    answer = client.call(arterm("Net 45"), user=WRITER)
    assert (answer.http.status_code, answer.http.headers["Retry-After"]) == (429, "7")
    assert [str(part.tag) for part in answer.tree.findall("control/*")] == ["status"]
    assert answer.errors[0][0] == "GW-0010"
    assert "Net 45" not in names(company)


def test_a_server_error_has_no_xml(client: Client, company: World) -> None:
    strike(company, "server_error", value=503)
    answer = client.call(arterm("Net 45"), user=WRITER)
    assert answer.http.status_code == 503
    assert answer.http.text.startswith("<html>")
    assert "Net 45" not in names(company)


def test_a_truncated_reply_breaks_off(client: Client, company: World) -> None:
    strike(company, "truncated")
    answer = client.call(arterm("Net 45"), user=WRITER)
    assert not answer.http.text.rstrip().endswith("</response>")
    assert "Net 45" in names(company)


def test_a_reply_can_belong_to_another_request(client: Client, company: World) -> None:
    strike(company, "wrong_controlid")
    answer = client.call(arterm("Net 45"), user=WRITER)
    assert (answer.text("control/controlid"), answer.text("operation/result/controlid")) == ("another-request",) * 2


def test_an_aborted_function_did_nothing(client: Client, company: World) -> None:
    strike(company, "aborted")
    answer = client.call(arterm("Net 45"), user=WRITER)
    assert (answer.statuses, answer.errors[0][0]) == (["aborted"], "XL03000009")
    assert "Net 45" not in names(company)


def test_a_name_can_be_trimmed_in_keeping(client: Client, company: World) -> None:
    strike(company, "trimmed")
    client.call(arterm("Net 45 "), user=WRITER)
    assert "Net 45" in names(company)
    assert "Net 45 " not in names(company)


def test_a_session_can_expire_midway(client: Client, company: World) -> None:
    session_id = client.call("<getAPISession/>").text("operation/result/data/api/sessionid")
    assert client.post(envelope(QUERY, auth=session(session_id))).statuses == ["success"]
    strike(company, "session_expired", method="query")
    for _ in range(2):
        answer = client.post(envelope(QUERY, auth=session(session_id)))
        assert answer.text("operation/authentication/status") == "failure"
    assert client.call(QUERY).statuses == ["success"]


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("offline", "XL03000011", "The Service is Temporarily Off-line"),
        ("permission", "PL04000005", "You do not have permission for API operation CREATE_ARTERM"),
        ("sign_in", "XL03000006", "Sign-in information is incorrect"),
    ],
)
def test_refusals_come_in_the_vendors_words(client: Client, company: World, name: str, number: str, words: str) -> None:
    strike(company, name)
    assert client.call(arterm("Net 45"), user=WRITER).errors == [(number, words)]
    assert "Net 45" not in names(company)


def test_a_slow_reply_is_a_good_one(client: Client, company: World) -> None:
    strike(company, "slow", value=0.3)
    start = time.monotonic()
    assert client.call(arterm("Net 45"), user=WRITER).statuses == ["success"]
    assert time.monotonic() - start >= 0.3


def test_a_switch_for_all_functions_strikes_any(client: Client, company: World) -> None:
    company.faults.set(Fault(service="intacct", method="*", name="offline", times=2, after=1))
    outcomes = [client.call(QUERY).statuses for _ in range(4)]
    assert outcomes == [["success"], ["failure"], ["failure"], ["success"]]


def test_a_third_request_waits_for_its_turn(client: Client, company: World) -> None:
    company.faults.set(Fault(service="intacct", method="query", name="slow", times=2, value=0.6))
    threads = [
        threading.Thread(target=Client(client.url.removesuffix(gateway.PATH)).call, args=(QUERY,)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    while len(company.faults.standing()):
        time.sleep(0.01)
    start = time.monotonic()
    assert client.call("<lookup><object>ARTERM</object></lookup>").statuses == ["success"]
    assert time.monotonic() - start > 0.3
    for thread in threads:
        thread.join()
    assert max(call["in_flight"] for call in company.calls.of("intacct")) == 2


def test_who_waits_too_long_is_turned_away(
    company: World, sandbox_server: Callable[[Sequence[BaseRoute]], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "LONGEST_WAIT", 0.2)
    client = Client(sandbox_server(routes(company)))
    company.faults.set(Fault(service="intacct", method="query", name="slow", times=2, value=1.5))
    threads = [
        threading.Thread(target=Client(client.url.removesuffix(gateway.PATH)).call, args=(QUERY,)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    while len(company.faults.standing()):
        time.sleep(0.01)
    answer = client.call("<lookup><object>ARTERM</object></lookup>")
    assert (answer.http.status_code, answer.errors[0][0]) == (429, "GW-0010")
    for thread in threads:
        thread.join()
