"""The emulator's fault switches: what is read again, what is never written twice, what each failure is told as."""

from __future__ import annotations

import logging
import traceback

import pytest

from bot.intacct.client import Intacct
from bot.intacct.errors import (
    Aborted,
    Garbled,
    GatewayBusy,
    IntacctError,
    Layer,
    NothingRun,
    Offline,
    OutcomeUnknown,
    PermissionMissing,
    SessionEnded,
    SignInRefused,
    TransportError,
)
from bot.intacct.wire import TimeLimits
from bot.sandbox.world import Fault, World
from bot.terms.term import DueRule, PaymentTerm
from tests.intacct.conftest import SECRETS, Opening, functions

NET_45 = PaymentTerm(due=DueRule(45))
SHORT = TimeLimits(connect=5, read=0.3, whole=10)


def strike(world: World, method: str, name: str, *, times: int = 1, after: int = 0, value: float | None = None) -> None:
    world.faults.set(Fault(service="intacct", method=method, name=name, times=times, after=after, value=value))


def names(world: World) -> list[str]:
    return [term["NAME"] for term in world.store.table("arterm").values()]


@pytest.mark.parametrize(
    "fault", ["timeout_before", "timeout_after", "server_error", "truncated", "wrong_controlid", "offline"]
)
def test_a_read_is_repeated_until_it_is_answered(open_books: Opening, world: World, fault: str) -> None:
    books = open_books(limits=SHORT)
    strike(world, "query", fault, times=2, value=1.0 if "timeout" in fault else None)
    assert len(books.terms()) == 5
    assert functions(world).count("query") == 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("server_error", TransportError),
        ("truncated", Garbled),
        ("wrong_controlid", Garbled),
        ("offline", Offline),
        ("rate_limited", GatewayBusy),
    ],
)
def test_a_read_is_given_up_in_the_end(books: Intacct, world: World, fault: str, kind: type[IntacctError]) -> None:
    strike(world, "query", fault, times=100)
    with pytest.raises(kind) as told:
        books.terms()
    assert functions(world).count("query") == 5
    assert told.value.advice
    assert told.value.control_id


def test_a_busy_gateway_is_waited_for_as_it_says_by_reads_and_writes_alike(open_books: Opening, world: World) -> None:
    pauses: list[float] = []
    books = open_books(sleep=pauses.append)
    strike(world, "query", "rate_limited", value=3)
    books.terms()
    strike(world, "create_arterm", "rate_limited", value=7)
    books.create_term("Net 45", NET_45, control_id="c")
    assert [int(pause) for pause in pauses] == [3, 7]
    assert names(world).count("Net 45") == 1


def test_a_wait_that_is_too_long_is_left_to_the_caller(books: Intacct, world: World) -> None:
    strike(world, "create_arterm", "rate_limited", value=600)
    with pytest.raises(GatewayBusy) as busy:
        books.create_term("Net 45", NET_45, control_id="c")
    assert busy.value.retry_after == 600
    assert busy.value.number == "GW-0010"
    assert isinstance(busy.value, NothingRun)
    assert functions(world).count("create_arterm") == 1


@pytest.mark.parametrize(
    ("fault", "kept"),
    [
        ("timeout_before", False),
        ("timeout_after", True),
        ("server_error", False),
        ("truncated", True),
        ("wrong_controlid", True),
        ("offline", False),
    ],
)
def test_a_write_is_never_repeated_blind(open_books: Opening, world: World, fault: str, kept: bool) -> None:
    books = open_books(limits=SHORT)
    strike(world, "create_arterm", fault, value=1.0 if "timeout" in fault else None)
    with pytest.raises(OutcomeUnknown) as unknown:
        books.create_term("Net 45", NET_45, control_id="decision-9")
    assert functions(world).count("create_arterm") == 1
    assert (books.term("Net 45") is not None) is kept
    assert unknown.value.control_id == "decision-9"
    assert 'controlid="decision-9"' in unknown.value.request_xml
    assert all(secret not in unknown.value.request_xml + unknown.value.reply_xml for secret in SECRETS)


def test_a_slow_answer_is_waited_for(open_books: Opening, world: World) -> None:
    books = open_books()
    strike(world, "create_arterm", "slow", value=1.2)
    assert books.create_term("Net 45", NET_45, control_id="c").key == "Net 45"


def test_a_session_that_ends_is_renewed_once_for_a_read(books: Intacct, world: World) -> None:
    books.terms()
    strike(world, "query", "session_expired")
    assert len(books.terms()) == 5
    assert functions(world) == ["getAPISession", "query", "query", "getAPISession", "query"]


def test_a_write_in_an_ended_session_is_left_to_the_caller_who_knows_that_nothing_ran(
    books: Intacct, world: World
) -> None:
    strike(world, "create_arterm", "session_expired")
    with pytest.raises(SessionEnded) as ended:
        books.create_term("Net 45", NET_45, control_id="c")
    assert isinstance(ended.value, NothingRun)
    assert "Net 45" not in names(world)
    books.create_term("Net 45", NET_45, control_id="c")
    assert functions(world).count("getAPISession") == 2


def test_sessions_that_end_again_and_again_are_no_longer_called_passing(books: Intacct, world: World) -> None:
    strike(world, "create_arterm", "session_expired", times=100)
    told: list[IntacctError] = []
    for _ in range(3):
        with pytest.raises(IntacctError) as error:
            books.create_term("Net 45", NET_45, control_id="c")
        told.append(error.value)
    assert [isinstance(error, NothingRun) for error in told] == [True, True, False]


@pytest.mark.parametrize(
    ("method", "right"),
    [
        ("create_arterm", "Accounts Receivable: AR terms, Add"),
        ("update_arterm", "Accounts Receivable: AR terms, Edit"),
        ("query", "Accounts Receivable: AR terms, List and View"),
    ],
)
def test_a_missing_right_is_named(books: Intacct, world: World, method: str, right: str) -> None:
    strike(world, method, "permission")
    attempts = {
        "create_arterm": lambda: books.create_term("Net 45", NET_45, control_id="c"),
        "update_arterm": lambda: books.reactivate_term("Net 90", control_id="c"),
        "query": books.terms,
    }
    with pytest.raises(PermissionMissing) as missing:
        attempts[method]()
    assert missing.value.which == right
    assert right in missing.value.advice
    assert missing.value.vendor_words.startswith("You do not have permission for API operation")
    assert missing.value.layer is Layer.PERMISSION
    assert functions(world).count(method) == 1


def test_an_aborted_write_is_told_as_one(books: Intacct, world: World) -> None:
    strike(world, "create_arterm", "aborted")
    with pytest.raises(Aborted) as aborted:
        books.create_term("Net 45", NET_45, control_id="c")
    assert aborted.value.number == "XL03000009"
    assert functions(world).count("create_arterm") == 1


def test_a_trimmed_name_is_not_taken_for_the_exact_one(books: Intacct, world: World) -> None:
    strike(world, "create_arterm", "trimmed")
    books.create_term("Net 45 ", NET_45, control_id="c")
    assert books.term("Net 45 ") is None
    assert books.term("Net 45") is not None


def test_a_refused_sign_in_is_never_tried_twice(books: Intacct, world: World) -> None:
    strike(world, "getAPISession", "sign_in")
    for _ in range(3):
        with pytest.raises(SignInRefused) as refused:
            books.terms()
        assert "termkeeper-reader" in str(refused.value)
        assert refused.value.vendor_words == "Sign-in information is incorrect"
    assert functions(world) == ["getAPISession"]
    books.allow_sign_in()
    assert len(books.terms()) == 5


def test_one_users_refusal_leaves_the_other_alone(open_books: Opening, world: World) -> None:
    books = open_books(writer_password="wrong")
    with pytest.raises(SignInRefused):
        books.create_term("Net 45", NET_45, control_id="c")
    assert len(books.terms()) == 5


def test_a_refused_sender_stops_every_user(open_books: Opening, world: World) -> None:
    books = open_books(sender_password="wrong")
    for attempt in (books.terms, lambda: books.create_term("Net 45", NET_45, control_id="c")):
        with pytest.raises(SignInRefused) as refused:
            attempt()
        assert refused.value.credential == "sender"
        assert "INTACCT_SENDER_PASSWORD" in refused.value.advice
    assert len(functions(world)) == 1


@pytest.mark.parametrize(
    ("changes", "credential"),
    [
        ({"user_password": "wrong"}, "user"),
        ({"company_id": "other"}, "user"),
        ({"location_id": "999"}, "user"),
        ({"sender_id": "elsewhere", "sender_password": "elsewhere-sender-password"}, "authorisation"),
        ({"user_id": "left-the-company", "user_password": "sandbox-locked-password"}, "account"),
    ],
)
def test_which_credential_is_wrong_is_told(open_books: Opening, changes: dict[str, object], credential: str) -> None:
    with pytest.raises(SignInRefused) as refused:
        open_books(**changes).terms()
    assert refused.value.credential == credential
    assert refused.value.layer is Layer.SIGN_IN


@pytest.mark.parametrize(
    "fault", ["server_error", "truncated", "rate_limited", "sign_in", "session_expired", "permission"]
)
@pytest.mark.parametrize("method", ["getAPISession", "query", "create_arterm"])
def test_no_error_or_log_holds_a_secret(
    books: Intacct, world: World, caplog: pytest.LogCaptureFixture, fault: str, method: str
) -> None:
    caplog.set_level(logging.DEBUG)
    strike(world, method, fault, times=100)
    told = []
    for attempt in (books.terms, lambda: books.create_term("Net 45", NET_45, control_id="c")):
        try:
            attempt()
        except IntacctError as error:
            told += [*traceback.format_exception(error), repr(vars(error))]
    shown = "".join(told) + caplog.text
    session = books._reader._session
    for secret in (*SECRETS, *([session.session_id] if session else [])):
        assert secret not in shown
