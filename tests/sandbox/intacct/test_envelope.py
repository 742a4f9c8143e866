"""The gateway takes well-formed, ordered requests only, and hostile ones cost it nothing."""

from __future__ import annotations

import time

import pytest
import requests

from tests.sandbox.intacct.client import READER, Client, arterm, envelope, login, session


def test_a_good_request_is_answered_in_the_vendors_form(client: Client) -> None:
    answer = client.call("<getAPISession/>")
    assert [str(part.tag) for part in answer.tree] == ["control", "operation"]
    assert answer.text("control/status") == "success"
    assert answer.text("control/senderid") == "sandbox"
    assert answer.text("control/controlid") == "request-1"
    assert answer.text("operation/authentication/userid") == READER[0]
    assert answer.text("operation/result/function") == "getAPISession"
    assert answer.text("operation/result/controlid") == "f1"
    assert answer.http.headers["content-type"].startswith("application/xml")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<request><control></request>",
        b"<answer/>",
        b"<request/>",
        b'<?xml version="1.0"?><!DOCTYPE request [<!ENTITY a "b">]><request>&a;</request>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE request [<!ENTITY a "b">]><request>&a;</request>'.encode(
            "utf-16"
        ),
        b"<request>" * 5000 + b"</request>" * 5000,
        b"<request>\x01</request>",
    ],
)
def test_what_is_not_a_request_is_refused_as_malformed(client: Client, body: bytes) -> None:
    answer = client.post(body)
    assert answer.text("control/status") == "failure"
    assert answer.errors[0][0] == "XL03000003"


def test_the_sender_of_a_malformed_request_is_still_named(client: Client) -> None:
    answer = client.post(envelope("<getAPISession>", auth=login()))
    assert answer.text("control/senderid") == "sandbox"
    assert answer.text("control/controlid") == "request-1"


def test_an_entity_bomb_is_refused_at_once(client: Client) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE request [<!ENTITY e0 "ha">{entities}]><request>&e11;</request>'
    start = time.monotonic()
    assert client.post(bomb.encode()).errors[0][0] == "XL03000003"
    assert time.monotonic() - start < 1


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"<password>sandbox-sender-password</password><controlid>request-1</controlid>", b"swap"),
        (b"<name>Net 1</name><due><dueday>45</dueday></due>", b"<due><dueday>45</dueday></due><name>Net 1</name>"),
        (b"<dueday>45</dueday>", b"<days>45</days>"),
        (b"<dueday>45</dueday>", b"<dueday>45</dueday><duefrom><x/></duefrom>"),
        (b' controlid="f1"', b""),
        (b"<dtdversion>3.0</dtdversion>", b"<dtdversion>3.0</dtdversion><dtdversion>3.0</dtdversion>"),
        (b"create_arterm", b"create_something"),
    ],
)
def test_an_element_out_of_its_place_is_refused(client: Client, right: bytes, wrong: bytes) -> None:
    if wrong == b"swap":
        wrong = b"<controlid>request-1</controlid><password>sandbox-sender-password</password>"
    body = envelope(arterm("Net 1"), auth=login())
    assert right in body
    answer = client.post(body.replace(right, wrong))
    assert (answer.text("control/status"), answer.errors[0][0]) == ("failure", "XL03000003")


def test_several_functions_are_answered_in_order(client: Client) -> None:
    answer = client.call("<getAPISession/>", "<lookup><object>NOSUCH</object></lookup>", "<getAPISession/>")
    assert answer.statuses == ["success", "failure", "success"]
    assert [element.text for element in answer.tree.findall("operation/result/controlid")] == ["f1", "f2", "f3"]


def test_texts_come_back_as_they_were_sent(client: Client) -> None:
    control_id = "a & b <c> \N{NO-BREAK SPACE}\N{SNOWMAN}"
    answer = client.call("<getAPISession/>", ids=(control_id,))
    assert answer.text("operation/result/controlid") == control_id


def test_only_post_is_served(client: Client) -> None:
    assert requests.get(client.url, timeout=5).status_code == 405


def test_a_session_is_an_own_address_and_serves_later_requests(client: Client) -> None:
    answer = client.call("<getAPISession/>")
    assert answer.text("operation/result/data/api/endpoint") == client.url
    session_id = answer.text("operation/result/data/api/sessionid")
    later = client.post(envelope("<getAPISession/>", auth=session(session_id)))
    assert later.statuses == ["success"]
    assert later.text("operation/authentication/sessiontimeout") > later.text(
        "operation/authentication/sessiontimestamp"
    )
