"""Repeated control ids, transactions, and the log of calls."""

from __future__ import annotations

from bot.sandbox.world import World
from tests.sandbox.intacct.client import WRITER, Client, arterm


def names(world: World) -> list[str]:
    return [row["NAME"] for row in world.store.table("arterm").values()]


def test_a_completed_control_id_is_not_carried_out_again(client: Client, company: World) -> None:
    assert client.call(arterm("Net 45"), user=WRITER, unique=True, ids=("write-7",)).statuses == ["success"]
    again = client.call(arterm("Net 46"), user=WRITER, unique=True, ids=("write-7",))
    assert again.statuses == ["failure"]
    assert "already executed" in again.errors[0][1]
    assert "Net 46" not in names(company)


def test_a_failed_control_id_can_be_used_again(client: Client, company: World) -> None:
    assert client.call(arterm("Net 30"), user=WRITER, unique=True, ids=("write-7",)).statuses == ["failure"]
    assert client.call(arterm("Net 45"), user=WRITER, unique=True, ids=("write-7",)).statuses == ["success"]
    assert "Net 45" in names(company)


def test_without_uniqueid_a_control_id_may_repeat(client: Client) -> None:
    for name in ("Net 45", "Net 46"):
        assert client.call(arterm(name), user=WRITER, ids=("write-7",)).statuses == ["success"]


def test_without_a_transaction_each_function_stands_alone(client: Client, company: World) -> None:
    answer = client.call(arterm("Net 45"), arterm("Net 30"), arterm("Net 46"), user=WRITER)
    assert answer.statuses == ["success", "failure", "success"]
    assert {"Net 45", "Net 46"} <= set(names(company))


def test_a_transaction_is_rolled_back_as_a_whole(client: Client, company: World) -> None:
    before = dict(company.store.table("arterm"))
    status = '<update_arterm name="Net 90"><status>active</status></update_arterm>'
    answer = client.call(
        arterm("Net 45"), status, arterm("Net 30"), arterm("Net 46"), user=WRITER, transaction=True, unique=True
    )
    assert answer.statuses == ["aborted"] * 4
    assert [number for number, _ in answer.errors] == [
        "XL03000009",
        "XL03000009",
        "BL34000061",
        "BL01001973",
        "XL03000009",
        "XL03000009",
    ]
    assert dict(company.store.table("arterm")) == before
    assert client.call(arterm("Net 45"), user=WRITER, unique=True).statuses == ["success"]


def test_a_transaction_without_failure_stands(client: Client, company: World) -> None:
    answer = client.call(arterm("Net 45"), arterm("Net 46"), user=WRITER, transaction=True)
    assert answer.statuses == ["success", "success"]
    assert {"Net 45", "Net 46"} <= set(names(company))


def test_every_call_is_noted_with_its_outcome_and_no_secret(client: Client, company: World) -> None:
    client.call("<getAPISession/>")
    client.call(arterm("Net 30"), user=WRITER, ids=("write-7",))
    client.call("<getAPISession/>", user=("nobody", "no-secret-of-ours"))
    noted = company.calls.of("intacct")
    assert [(call["function"], call["outcome"]) for call in noted] == [
        ("getAPISession", "success"),
        ("create_arterm", "failure: BL34000061"),
        ("getAPISession", "sign-in failure: XL03000006"),
    ]
    assert (noted[1]["controlid"], noted[1]["user"]) == ("write-7", "termkeeper-writer")
    assert "password" not in str(noted)
    assert "no-secret-of-ours" not in str(noted)
