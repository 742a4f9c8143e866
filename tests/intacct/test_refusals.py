"""Failures by layer and words: replies as the vendor documents them, and as companies report them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.intacct.client import Intacct
from bot.intacct.errors import (
    Credential,
    FieldsUnknown,
    GatewayBusy,
    IntacctError,
    Offline,
    PermissionMissing,
    Refused,
    RequestInvalid,
    SignInRefused,
)
from bot.intacct.refusals import VendorError
from tests.intacct.scripted import Asked, Reply, Scripted, control, errors, failed, found

Serving = Callable[..., tuple[Intacct, Scripted]]


def at_control(asked: Asked, *error: str, status: int = 200, sender: bool = True) -> Reply:
    head = control(asked, "failure") if sender else "<control><status>failure</status></control>"
    return Reply(f"<response>{head}{errors(*error)}</response>".encode(), status)


def at_sign_in(asked: Asked, *error: str) -> Reply:
    return Reply(
        f"<response>{control(asked)}<operation><authentication><status>failure</status><userid>u</userid>"
        f"</authentication>{errors(*error)}</operation></response>".encode()
    )


SENDER = "Incorrect Intacct XML Partner ID or password. [Support ID: x%7Ey]"
SCHEMA = "XML Parse schema error: Element 'status': This element is not expected."


@pytest.mark.parametrize(
    ("answer", "kind", "asked_times"),
    [
        (lambda a: at_control(a, "XL03000003", "", SCHEMA), RequestInvalid, 1),
        (lambda a: at_control(a, "XL03000006", "", SENDER), SignInRefused, 1),
        (lambda a: at_control(a, "XL03000006", "", SENDER, status=401), SignInRefused, 1),
        (lambda a: at_control(a, "GW-0010", "Too many", status=429, sender=False), GatewayBusy, 5),
        (lambda a: at_control(a, "GW-0011", "Invalid Request", status=400, sender=False), GatewayBusy, 5),
        (lambda a: at_control(a, "", "", "API rate limit exceeded"), GatewayBusy, 5),
        (lambda a: at_control(a, "XL03000011", "", "The Service is Temporarily Off-line"), Offline, 5),
        (lambda a: failed(a, "XL03000006", "", "The following fields cannot be queried: [ x: [A] ]"), FieldsUnknown, 1),
        (lambda a: failed(a, "PL04000005", "", "You do not have permission for API operation X"), PermissionMissing, 1),
        (lambda a: failed(a, "BL01001973", "", "Could not retrieve the Sequence record!"), Refused, 1),
        (lambda a: failed(a, "GW-0010", "", "API rate limit exceeded"), GatewayBusy, 5),
        (lambda a: failed(a, "XL03000009", "", "rolled back", status="aborted"), IntacctError, 1),
        (lambda a: failed(a, "BL1", "", "duplicate", status="aborted"), Refused, 1),
        (lambda a: failed(a, ""), Refused, 1),
    ],
)
def test_the_layer_and_the_words_decide(
    serve_script: Serving, answer: Callable[[Asked], Reply], kind: type[IntacctError], asked_times: int
) -> None:
    books, served = serve_script(answer)
    with pytest.raises(kind):
        books.fields("ARTERM")
    assert served.functions.count("lookup") == asked_times


@pytest.mark.parametrize(
    ("answer", "credential"),
    [
        (lambda a: at_control(a, "XL03000006", "", SENDER), Credential.SENDER),
        (lambda a: at_sign_in(a, "XL03000006", "", "Sign-in information is incorrect"), Credential.USER),
        (lambda a: at_sign_in(a, "XL03000006", "Invalid Web Services Authorization"), Credential.AUTHORISATION),
        (lambda a: at_sign_in(a, "XL03000006", "", "Your account has been locked out."), Credential.ACCOUNT),
        (lambda a: at_sign_in(a, "PL04000055", "", "See your administrator."), Credential.ACCOUNT),
        (lambda a: at_sign_in(a, ""), Credential.USER),
    ],
)
def test_a_refused_sign_in_names_the_credential_and_stops(
    serve_script: Serving, answer: Callable[[Asked], Reply], credential: Credential
) -> None:
    books, served = serve_script(lambda a: found(a, "ARTERM"), sign_in=answer)
    for _ in range(2):
        with pytest.raises(SignInRefused) as refused:
            books.terms()
        assert refused.value.credential is credential
        assert "INTACCT" in refused.value.advice or "administrator" in refused.value.advice
    assert served.functions == ["getAPISession"]


def test_words_are_freed_of_markup() -> None:
    told = VendorError.cleaned(
        " BL01 ",
        "",
        "Term &lt;b&gt;Net&lt;/b&gt; &amp;amp; more <i>said</i>\n twice [Support ID: p5r%7Ex]",
        "Use &#39;another&#39; one",
    )
    assert (told.number, told.words, told.correction, told.support_id) == (
        "BL01",
        "Term Net & more said twice",
        "Use 'another' one",
        "p5r~x",
    )


def test_a_text_said_twice_is_told_once() -> None:
    assert VendorError.cleaned("1", "Same", "Same", "").words == "Same"


def test_a_comparison_is_no_markup() -> None:
    assert VendorError.cleaned("1", "", "days < 0 or > 999", "").words == "days < 0 or > 999"


def test_a_secret_that_the_service_repeats_is_hidden(serve_script: Serving) -> None:
    books, _ = serve_script(
        lambda a: failed(
            a, "BL1", "", "session session-secret of sandbox-sender-password", "Not sandbox-sender-password"
        )
    )
    with pytest.raises(Refused) as refused:
        books.fields("ARTERM")
    assert refused.value.vendor_words == "session [hidden] of [hidden]"
    assert refused.value.advice == "Not [hidden]"
