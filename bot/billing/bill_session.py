"""A signed-in BILL session: signs in, renews itself, waits out limits and repeats reads."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.billing.bill_wire import Answer, BillWire, Unanswered
from bot.billing.ports import CallCounter, Gate
from bot.billing.source import SourceError, SourceGarbled, SourceRefused, SourceSignIn, SourceUnavailable

HOURLY_LIMIT = "BDC_1144"
TOO_MANY_AT_ONCE = "BDC_1322"

IDLE_S = 34 * 60
"""A session ends after 35 idle minutes; it is renewed a little before."""
LOGINS_AN_HOUR = 150
"""Sign-ins that one process allows itself; BILL allows 200 an hour."""
ATTEMPTS = 4
"""Tries of one read whose answer did not come or was the server's own error."""
BUSY_ATTEMPTS = 8
LONGEST_PAUSE_S = 8.0
LARGEST_PAGE = 100
MOST_PAGES = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BillIdentity:
    """Who BILL says is signed in."""

    organization_id: str
    user_id: str


class BillSession:
    """Reads BILL's API v3. Safe for several threads. Nothing secret is in its errors, logs or representation."""

    def __init__(
        self,
        *,
        url: str,
        username: str,
        password: str,
        organization_id: str,
        dev_key: str,
        gate: Gate,
        counter: CallCounter,
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Timeouts are seconds. `monotonic`, `sleep` and `now` are real time. Raises ValueError for an unsafe `url`."""
        self._wire = BillWire(
            url, gate=gate, counter=counter, connect_timeout=connect_timeout, read_timeout=read_timeout
        )
        self.organization_id = organization_id
        self._username = username
        self._password = password
        self._dev_key = dev_key
        self._monotonic = monotonic
        self._sleep = sleep
        self._now = now
        self._lock = threading.Lock()
        self._session_id = ""
        self._identity: BillIdentity | None = None
        self._used_at = 0.0
        self._logins: deque[float] = deque()
        self._refused = ""

    def sign_in(self) -> BillIdentity:
        """Signs in anew, also after a refusal: a person asked for it. Raises SourceError."""
        with self._lock:
            self._refused = ""
            self._log_in()
            assert self._identity is not None  # noqa: S101  # a sign-in sets it or raises
            return self._identity

    def allow_sign_in(self) -> None:
        """Lifts the stop that a refused sign-in set, because the credentials or the account were put right."""
        with self._lock:
            self._refused = ""

    def pages(self, path: str, params: Mapping[str, str]) -> Iterator[list[Mapping[str, object]]]:
        """The records of a list, page by page, as they come. Raises SourceError."""
        asked = {"max": str(LARGEST_PAGE), **params}
        page = ""
        for _ in range(MOST_PAGES):
            body = self.get(path, {**asked, "page": page} if page else asked)
            yield _records(body)
            following = body.get("nextPage") if isinstance(body, Mapping) else None
            if not isinstance(following, str) or not following:
                return
            if following == page:
                raise SourceGarbled("BILL names the same page as its own next one. Try again later.")
            page = following

    def get(self, path: str, params: Mapping[str, str]) -> object:
        """One answer's JSON, a mapping or a list of records. Raises SourceError."""
        renewed = False
        while True:
            session_id = self._current()
            headers = {"devKey": self._dev_key, "sessionId": session_id}
            answer = self._patiently(lambda: self._wire.get(path, params, headers))  # noqa: B023  # called at once
            if answer.status != 401:
                self._used_at = self._monotonic()
                return self._body(answer)
            if renewed:
                raise SourceSignIn(
                    f"BILL accepted the sign-in and then refused the session{self._words(answer)}. "
                    "Check the developer key and the user's rights in BILL."
                )
            self._renew(session_id)
            renewed = True

    def _current(self) -> str:
        with self._lock:
            if not self._session_id or self._monotonic() - self._used_at > IDLE_S:
                self._log_in()
            return self._session_id

    def _renew(self, ended: str) -> None:
        """Signs in once more, unless another thread already has."""
        with self._lock:
            if self._session_id == ended:
                self._log_in()

    def _log_in(self) -> None:
        """Signs in; the caller holds the lock."""
        if self._refused:
            raise SourceSignIn(self._refused)
        self._spend_login()
        self._session_id = ""
        body = {
            "username": self._username,
            "password": self._password,
            "organizationId": self.organization_id,
            "devKey": self._dev_key,
        }
        answer = self._patiently(lambda: self._wire.post("/v3/login", body))
        if 400 <= answer.status < 500 and answer.status not in (404, 408, 429):
            self._refused = (
                f"BILL refused the sign-in{self._words(answer)}. Nothing more is tried, as repeated tries lock the "
                "account: check BILL_USERNAME, BILL_PASSWORD, BILL_ORGANIZATION_ID and BILL_DEV_KEY."
            )
            raise SourceSignIn(self._refused)
        told = self._body(answer)
        session_id = told.get("sessionId") if isinstance(told, Mapping) else None
        if not isinstance(told, Mapping) or not isinstance(session_id, str) or not session_id:
            raise SourceGarbled("BILL's answer to the sign-in holds no session. Check BILL_URL, or try again later.")
        self._identity = BillIdentity(
            organization_id=str(told.get("organizationId") or ""), user_id=str(told.get("userId") or "")
        )
        self._session_id = session_id
        self._used_at = self._monotonic()

    def _spend_login(self) -> None:
        now = self._monotonic()
        while self._logins and now - self._logins[0] > 3600:
            self._logins.popleft()
        if len(self._logins) >= LOGINS_AN_HOUR:
            raise SourceUnavailable(
                "BILL ends this bot's sessions again and again; to stay below its 200 sign-ins an hour, no more is "
                "tried for now.",
                retry_after=3600 - (now - self._logins[0]),
            )
        self._logins.append(now)

    def _patiently(self, send: Callable[[], Answer]) -> Answer:
        """The answer to a request that may be repeated; pauses grow and are scattered. Raises SourceError."""
        failures = busy = 0
        while True:
            answer, trouble = self._try(send)
            if answer is not None and answer.has(HOURLY_LIMIT):
                raise SourceUnavailable(
                    "BILL's limit of requests an hour is used up; it opens again with the next hour.",
                    retry_after=self._until_next_hour(),
                )
            if answer is not None and (answer.has(TOO_MANY_AT_ONCE) or answer.status == 429):
                busy += 1
                if busy >= BUSY_ATTEMPTS:
                    raise SourceUnavailable(
                        "BILL is busy with other requests of this organization. Try again in a minute.",
                        retry_after=answer.retry_after or 60.0,
                    )
                self._pause(busy, answer.retry_after)
                continue
            if answer is not None and trouble is None:
                return answer
            failures += 1
            if failures >= ATTEMPTS:
                raise trouble or SourceUnavailable("BILL cannot be reached just now.")
            self._pause(failures, answer.retry_after if answer else None)

    def _try(self, send: Callable[[], Answer]) -> tuple[Answer | None, SourceError | None]:
        """One request: its answer, and what is wrong with it where asking again may help."""
        try:
            answer = send()
        except Unanswered as error:
            return None, SourceUnavailable(f"BILL cannot be reached just now: {error}. Try again in a few minutes.")
        if answer.status >= 500 or answer.status == 408:
            words = self._words(answer)
            return answer, SourceUnavailable(
                f"BILL had an error of its own (HTTP {answer.status}{words}). Try again in a few minutes."
            )
        if answer.status < 300 and not answer.readable:
            return answer, SourceGarbled("BILL's answer is not JSON. Check BILL_URL, or try again in a few minutes.")
        return answer, None

    def _pause(self, turn: int, asked: float | None) -> None:
        grown = min(0.25 * 2**turn, LONGEST_PAUSE_S)
        self._sleep(min(max(asked or 0.0, grown * random.uniform(0.5, 1.0)), LONGEST_PAUSE_S))  # noqa: S311

    def _until_next_hour(self) -> float:
        now = self._now()
        return 3600.0 - (now.minute * 60 + now.second)

    def _body(self, answer: Answer) -> object:
        """The answer's content. Raises SourceRefused where BILL said no, SourceGarbled where it cannot be read."""
        if 300 <= answer.status < 400:
            raise SourceGarbled("BILL sent this bot to another address, which it does not follow. Check BILL_URL.")
        if answer.status >= 400 or answer.errors:
            if not answer.errors:
                raise SourceGarbled(f"BILL answered HTTP {answer.status} without its own words. Check BILL_URL.")
            raise SourceRefused(f"BILL refused the request{self._words(answer)}.", code=answer.errors[0].code)
        if not isinstance(answer.body, (Mapping, list)):
            raise SourceGarbled("BILL's answer holds no records. Check BILL_URL, or try again later.")
        return answer.body

    def _words(self, answer: Answer) -> str:
        """BILL's own number and words, for the middle of a sentence, without anything secret."""
        if not answer.errors:
            return ""
        error = answer.errors[0]
        words = f": {error.code}, “{error.message.rstrip('.')}”"
        for secret in (self._password, self._dev_key, self._session_id):
            if secret:
                words = words.replace(secret, "…")
        return words[:300]


def _records(body: object) -> list[Mapping[str, object]]:
    """The records of a list's answer: under `results`, or the answer itself."""
    rows = body.get("results") if isinstance(body, Mapping) else body
    if not isinstance(rows, list):
        raise SourceGarbled("BILL's answer holds no list of records. Try again later.")
    return [row for row in rows if isinstance(row, Mapping)]
