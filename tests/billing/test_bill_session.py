"""A BILL session signs in rarely, renews itself, waits out limits, and never tells a secret."""

from __future__ import annotations

import logging
import traceback
from datetime import date

import pytest

from bot.billing.bill_session import ATTEMPTS, BUSY_ATTEMPTS, LOGINS_AN_HOUR, BillIdentity
from bot.billing.source import (
    SourceError,
    SourceGarbled,
    SourceRefused,
    SourceSignIn,
    SourceUnavailable,
)
from tests.billing.conftest import DEV_KEY, PASSWORD, TERMS, Bill, Script, connect, refusal, reply

EXPIRED = refusal(401, "BDC_1109", "Session is invalid. Please log in.")


def test_one_sign_in_serves_many_requests(script: Script, scripted: Bill) -> None:
    for _ in range(3):
        scripted.source.find(["INV-1"])
    assert script.paths() == ["/v3/login", "/v3/invoices", "/v3/invoices", "/v3/invoices"]
    login, first = script.asked[:2]
    assert login.body["organizationId"] == "00801ACME"
    assert (first.headers["sessionid"], first.headers["devkey"]) == ("secret-session", DEV_KEY)


def test_every_request_is_counted_and_passes_the_gate(script: Script, scripted: Bill) -> None:
    scripted.source.terms()
    assert scripted.passage.counted == len(script.asked) == 2
    assert (scripted.passage.inside, scripted.passage.most) == (0, 1)


def test_an_ended_session_is_renewed_once_and_the_read_repeated(script: Script, scripted: Bill) -> None:
    script.at(TERMS, EXPIRED, reply([]))
    assert scripted.source.terms() == ()
    assert script.paths() == ["/v3/login", TERMS, "/v3/login", TERMS]


def test_a_session_refused_twice_is_no_endless_sign_in(script: Script, scripted: Bill) -> None:
    script.at(TERMS, EXPIRED)
    with pytest.raises(SourceSignIn, match="BDC_1109"):
        scripted.source.terms()
    assert script.paths().count("/v3/login") == 2


def test_a_session_is_renewed_after_idle_minutes(script: Script, scripted: Bill) -> None:
    scripted.source.terms()
    scripted.watch.seconds += 20 * 60
    scripted.source.terms()
    scripted.watch.seconds += 20 * 60
    scripted.source.terms()
    assert script.paths().count("/v3/login") == 1
    scripted.watch.seconds += 35 * 60
    scripted.source.terms()
    assert script.paths().count("/v3/login") == 2


def test_a_refused_sign_in_is_not_tried_again_until_told(script: Script, scripted: Bill) -> None:
    good = script.answers["/v3/login"][0]
    script.at("/v3/login", refusal(401, "BDC_1101", "User name and/or password do not match our records."), good)
    for _ in range(3):
        with pytest.raises(SourceSignIn, match="BILL_PASSWORD"):
            scripted.source.find(["INV-1"])
    assert script.paths() == ["/v3/login"]
    scripted.source.allow_sign_in()
    assert scripted.source.find(["INV-1"]) == {"INV-1": ()}


def test_check_signs_in_even_after_a_refusal_and_tells_who(script: Script, scripted: Bill) -> None:
    good = script.answers["/v3/login"][0]
    script.at("/v3/login", refusal(401, "BDC_1101"), good)
    with pytest.raises(SourceSignIn):
        scripted.source.check()
    assert scripted.source.check() == BillIdentity(organization_id="00801ACME", user_id="006")


def test_sign_ins_stay_below_the_hours_limit(script: Script, scripted: Bill) -> None:
    for _ in range(LOGINS_AN_HOUR):
        scripted.session.sign_in()
    with pytest.raises(SourceUnavailable) as caught:
        scripted.session.sign_in()
    assert caught.value.retry_after is not None
    scripted.watch.seconds += 3601
    scripted.session.sign_in()


@pytest.mark.parametrize(
    "trouble",
    [
        None,
        refusal(500, "BDC_1001"),
        reply(b"<html>502</html>", 502),
        reply(b"<html>", 200),
        reply(b'{"results": [', 200),
    ],
    ids=["no answer", "server error", "html 502", "html 200", "truncated"],
)
def test_a_read_is_repeated_with_growing_pauses(script: Script, scripted: Bill, trouble: object) -> None:
    script.at(TERMS, trouble, trouble, reply([]))  # type: ignore[arg-type]
    assert scripted.source.terms() == ()
    first, second = scripted.watch.slept
    assert 0 < first < 1 < 2 * second
    script.asked.clear()
    script.at(TERMS, trouble)  # type: ignore[arg-type]
    scripted.watch.seconds += 10
    with pytest.raises((SourceUnavailable, SourceGarbled)):
        scripted.source.terms()
    assert len(script.asked) == ATTEMPTS


def test_a_silent_service_is_given_up_in_time(script: Script) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        bill = connect(f"http://127.0.0.1:{deaf.getsockname()[1]}", read_timeout=0.05)
        with pytest.raises(SourceUnavailable, match="did not answer in time"):
            bill.source.terms()


def test_too_many_at_once_is_waited_out(script: Script, scripted: Bill) -> None:
    busy = refusal(429, "BDC_1322")
    script.at(TERMS, busy, busy, busy, reply([]))
    scripted.source.terms()
    assert len(scripted.watch.slept) == 3
    script.at(TERMS, busy)
    script.asked.clear()
    scripted.watch.seconds += 10
    with pytest.raises(SourceUnavailable) as caught:
        scripted.source.terms()
    assert caught.value.retry_after == 60
    assert len(script.asked) == BUSY_ATTEMPTS


def test_the_hours_limit_is_told_with_the_time_until_the_next_hour(script: Script, scripted: Bill) -> None:
    script.at(TERMS, refusal(429, "BDC_1144"))
    with pytest.raises(SourceUnavailable) as caught:
        scripted.source.terms()
    assert caught.value.retry_after == 15 * 60
    assert scripted.watch.slept == []


def test_the_hours_limit_at_the_sign_in_is_no_refusal_of_the_credentials(script: Script, scripted: Bill) -> None:
    good = script.answers["/v3/login"][0]
    script.at("/v3/login", refusal(400, "BDC_1144"), good)
    with pytest.raises(SourceUnavailable):
        scripted.source.terms()
    scripted.source.terms()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(400, "BDC_1129", "Invalid parameter value."), SourceRefused),
        (refusal(403, "BDC_1200", "Not permitted."), SourceRefused),
        (refusal(200, "BDC_1120", "No data found."), SourceRefused),
        (reply({}, 404), SourceGarbled),
        (reply({}, 302, location="https://example.com/"), SourceGarbled),
        (reply("text"), SourceGarbled),
        (reply({"results": 5}), SourceGarbled),
        (reply(b'{"results": [NaN]}'), SourceGarbled),
        (reply(b"[" * 100_000), SourceGarbled),
    ],
)
def test_what_is_no_answer_is_an_error_of_its_layer(
    script: Script, scripted: Bill, answer: object, error: type[SourceError]
) -> None:
    script.at(TERMS, answer)  # type: ignore[arg-type]
    with pytest.raises(error):
        scripted.source.terms()


def test_a_redirect_is_not_followed(script: Script, scripted: Bill) -> None:
    script.at(TERMS, reply({}, 307, location=f"{script.url}/v3/customers"))
    with pytest.raises(SourceGarbled, match="another address"):
        scripted.source.terms()
    assert "/v3/customers" not in script.paths()


def test_a_sign_in_without_a_session_is_garbled(script: Script, scripted: Bill) -> None:
    script.at("/v3/login", reply({}))
    with pytest.raises(SourceGarbled):
        scripted.source.terms()


def test_a_page_that_names_itself_does_not_go_on_forever(script: Script, scripted: Bill) -> None:
    script.at(TERMS, reply({"results": [], "nextPage": "p"}))
    with pytest.raises(SourceGarbled):
        scripted.source.terms()


@pytest.mark.parametrize(
    "url",
    [
        "http://gateway.prod.bill.com/connect",
        "ftp://127.0.0.1/",
        "gateway.prod.bill.com/connect",
        "https://user:pw@gateway.prod.bill.com",
        "https://gateway.prod.bill.com/connect?x=1",
        "",
    ],
)
def test_an_unsafe_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="address must be"):
        connect(url)


def test_a_server_without_tls_hears_nothing_where_the_address_is_https(script: Script) -> None:
    plain = script.url.removeprefix("http://")
    bill = connect(f"https://{plain}")
    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        bill.source.terms()
    assert script.asked == []


@pytest.mark.parametrize("path", ["/v3/login", TERMS])
@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_no_secret_is_in_an_error_or_a_log(
    script: Script, scripted: Bill, caplog: pytest.LogCaptureFixture, path: str, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    known = [PASSWORD, DEV_KEY] + (["secret-session"] if path == TERMS else [])
    script.at(path, refusal(status, "BDC_1", f"Bad {' '.join(known)}"))
    with pytest.raises(SourceError) as caught:
        scripted.source.in_use(date(2026, 1, 1))
    told = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(scripted.session)
    for secret in known:
        assert secret not in told
