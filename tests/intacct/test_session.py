"""Sessions: opened when needed, used until shortly before their end, renewed once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.intacct.client import Intacct
from bot.intacct.errors import Garbled, SessionInvalid
from tests.intacct.scripted import Asked, Reply, Scripted, control, errors, found, signed_in

Serving = Callable[..., tuple[Intacct, Scripted]]


def invalid(asked: Asked) -> Reply:
    """The session is no longer one; told as older replies do, within the authentication."""
    told = errors("XL03000006", "Invalid session")
    return Reply(
        f"<response>{control(asked)}<operation><authentication><status>failure</status>{told}</authentication>"
        "</operation></response>".encode()
    )


def test_a_session_is_renewed_shortly_before_it_ends(serve_script: Serving) -> None:
    now = [0.0]
    books, served = serve_script(
        lambda a: found(a, "ARTERM"), sign_in=lambda a: signed_in(a, served.url, seconds=600), monotonic=lambda: now[0]
    )
    for moment in (0.0, 500.0, 539.0, 541.0, 600.0):
        now[0] = moment
        books.terms()
    assert served.functions == ["getAPISession", "query", "query", "query", "getAPISession", "query", "query"]


def test_a_session_without_a_told_end_is_used_for_some_minutes(serve_script: Serving) -> None:
    now = [0.0]

    def untold(asked: Asked) -> Reply:
        body = signed_in(asked, served.url).body.replace(b"sessiontimeout", b"something")
        return Reply(body)

    books, served = serve_script(lambda a: found(a, "ARTERM"), sign_in=untold, monotonic=lambda: now[0])
    for moment in (0.0, 500.0, 560.0):
        now[0] = moment
        books.terms()
    assert served.functions.count("getAPISession") == 2


def test_a_session_refused_twice_is_told(serve_script: Serving) -> None:
    books, served = serve_script(invalid)
    with pytest.raises(SessionInvalid):
        books.terms()
    assert served.functions == ["getAPISession", "query", "getAPISession", "query"]


def test_a_sign_in_without_a_session_is_garbled(serve_script: Serving) -> None:
    books, _ = serve_script(lambda a: found(a, "ARTERM"), sign_in=lambda a: found(a, "x"))
    with pytest.raises(Garbled, match="no session"):
        books.terms()


def test_threads_whose_session_ends_open_one_new_one_together(serve_script: Serving) -> None:
    sessions = iter(f"session-{number}" for number in range(100))

    def only_the_second(asked: Asked) -> Reply:
        ended = asked.root.findtext("operation/authentication/sessionid") == "session-0"
        return invalid(asked) if ended else found(asked, "ARTERM")

    books, served = serve_script(only_the_second, sign_in=lambda a: signed_in(a, served.url, session=next(sessions)))
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda _: books.terms(), range(12))) == [()] * 12
    assert served.functions.count("getAPISession") == 2
