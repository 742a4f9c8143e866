"""Each credential and right is refused at its own layer, in the vendor's words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.sandbox.intacct.accounts import SESSION
from bot.sandbox.world import World
from tests.sandbox.intacct.client import READER, SYNC, WRITER, Client, arterm, envelope, invoice, login, session

ASK = "<getAPISession/>"
QUERY = "<query><object>ARTERM</object><select><field>NAME</field></select></query>"


@pytest.mark.parametrize("sender", [("sandbox", "wrong"), ("nobody", "sandbox-sender-password")])
def test_a_wrong_sender_fails_at_the_control(client: Client, sender: tuple[str, str]) -> None:
    answer = client.post(envelope(ASK, auth=login(), sender=sender))
    assert answer.text("control/status") == "failure"
    assert answer.text("control/senderid") == sender[0]
    assert answer.errors == [("XL03000006", "Incorrect Intacct XML Partner ID or password.")]
    assert answer.tree.find("operation") is None


def test_a_transport_policy_is_none_of_the_companys(client: Client) -> None:
    body = envelope(ASK, auth=login()).replace(b"<includewhitespace>", b"<policyid>later</policyid><includewhitespace>")
    answer = client.post(body)
    assert answer.text("control/status") == "failure"
    assert answer.errors == [("XL03000006", "later is not a valid transport policy.")]


def test_a_sender_that_the_company_does_not_know_fails_at_the_sign_in(client: Client) -> None:
    answer = client.post(envelope(ASK, auth=login(), sender=("elsewhere", "elsewhere-sender-password")))
    assert answer.text("operation/authentication/status") == "failure"
    assert answer.text("operation/errormessage/error/description") == "Invalid Web Services Authorization"
    assert answer.errors[0][0] == "XL03000006"


@pytest.mark.parametrize(
    "auth",
    [
        login((READER[0], "wrong")),
        login(("nobody", READER[1])),
        login(company="other"),
        login(location="999"),
    ],
)
def test_a_wrong_user_password_company_or_entity_is_not_told_apart(client: Client, auth: str) -> None:
    answer = client.post(envelope(ASK, auth=auth))
    assert answer.text("control/status") == "success"
    assert answer.text("operation/authentication/status") == "failure"
    assert answer.errors == [("XL03000006", "Sign-in information is incorrect")]
    assert answer.tree.find("operation/result") is None


def test_a_locked_user_is_told_so(client: Client) -> None:
    answer = client.call(ASK, user=("left-the-company", "sandbox-locked-password"))
    assert "locked" in answer.errors[0][1]


def test_an_unknown_session_is_refused_at_the_sign_in(client: Client) -> None:
    answer = client.post(envelope(QUERY, auth=session("gone")))
    assert answer.text("operation/authentication/status") == "failure"
    assert answer.errors[0][0] == "XL03000006"


def test_a_session_says_when_it_ends(client: Client) -> None:
    answer = client.call(ASK)
    ends = datetime.fromisoformat(answer.text("operation/authentication/sessiontimeout"))
    assert abs(ends - datetime.now(UTC) - SESSION).total_seconds() < 60


def test_a_sign_in_to_an_entity_stays_there(client: Client) -> None:
    answer = client.call(ASK, location="200")
    assert answer.text("operation/result/data/api/locationid") == "200"
    later = client.post(envelope(QUERY, auth=session(answer.text("operation/result/data/api/sessionid"))))
    assert later.text("operation/authentication/locationid") == "200"
    assert "Net 12" in later.column("NAME")


@pytest.mark.parametrize("user", [READER, WRITER, SYNC])
def test_each_user_reads(client: Client, user: tuple[str, str]) -> None:
    assert client.call(QUERY, user=user).statuses == ["success"]


@pytest.mark.parametrize(
    ("user", "function", "right"),
    [
        (READER, arterm("Net 45"), "CREATE_ARTERM"),
        (READER, '<update_arterm name="Net 90"><status>active</status></update_arterm>', "UPDATE_ARTERM"),
        (SYNC, arterm("Net 45"), "CREATE_ARTERM"),
        (WRITER, invoice("INV-5", "Net 30"), "CREATE_INVOICE"),
        (WRITER, '<delete_arterm name="Net 90"/>', "DELETE_ARTERM"),
    ],
)
def test_a_user_without_the_right_is_told_which(
    client: Client, company: World, user: tuple[str, str], function: str, right: str
) -> None:
    before = len(company.store.table("arterm")), len(company.store.table("arinvoice"))
    answer = client.call(function, user=user)
    assert answer.errors == [("PL04000005", f"You do not have permission for API operation {right}")]
    assert (len(company.store.table("arterm")), len(company.store.table("arinvoice"))) == before
