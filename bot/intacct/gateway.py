"""One function at a time to the gateway and its result back, with patience for what passes by itself."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bot.intacct import envelope, reply
from bot.intacct.envelope import Call, Login, Sender, SessionId
from bot.intacct.errors import Garbled, GatewayBusy, IntacctError, NotSent, TransportError
from bot.intacct.refusals import Situation
from bot.intacct.reply import Result
from bot.intacct.wire import Answer, Wire
from bot.intacct.xml import written

T = TypeVar("T")

ATTEMPTS = 5
"""Tries of one request, the first included."""
PATIENCE_S = 60.0
"""Seconds of waiting between the tries of one request."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0
REPLY_KEPT = 20_000
"""Characters of a write's reply that are kept for the journal."""

NOTHING_SENT = (GatewayBusy, NotSent)
UNANSWERED = (TransportError, Garbled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A function's result, and for the journal what was said, without secrets."""

    result: Result
    request_xml: str
    reply_xml: str


class Gateway:
    """The gateway of one company, for one sender. Safe for threads."""

    def __init__(
        self,
        wire: Wire,
        sender: Sender,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wire = wire
        self._sender = sender
        self._monotonic = monotonic
        self._sleep = sleep

    @property
    def url(self) -> str:
        """Where sessions are opened."""
        return self._wire.url

    def trusts(self, endpoint: str) -> bool:
        """Whether requests may go to a session's endpoint."""
        return self._wire.trusts(endpoint)

    def exchange(
        self,
        url: str,
        who: Login | SessionId,
        call: Call,
        *,
        user: str,
        control_id: str = "",
        keep: bool = False,
    ) -> Exchange:
        """Runs one function once; with a `control_id` the gateway refuses to run it a second time.

        `keep` keeps both sides for the journal. Raises IntacctError, with both sides where they are kept.
        """
        request_id = uuid.uuid4().hex
        root = envelope.request(
            self._sender,
            who,
            call,
            request_id=request_id,
            control_id=control_id or request_id,
            unique=bool(control_id),
        )
        situation = Situation(
            function=call.function,
            control_id=control_id or request_id,
            user=user,
            needs=call.needs,
            in_session=isinstance(who, SessionId),
            secrets=(self._sender.password, who.password if isinstance(who, Login) else who.value),
        )
        request_xml = envelope.without_secrets(root) if keep else ""
        answer: Answer | None = None
        try:
            answer = self._wire.send(url, written(root), call.function)
            result = reply.read(answer, situation, request_id)
        except IntacctError as error:
            error.control_id = situation.control_id
            error.request_xml = request_xml
            error.reply_xml = _kept(answer, situation) if keep else ""
            raise
        return Exchange(result=result, request_xml=request_xml, reply_xml=_kept(answer, situation) if keep else "")

    def patiently(self, attempt: Callable[[], T], *, repeatable: bool) -> T:
        """`attempt`, again after growing pauses while what goes wrong may pass by itself.

        What was certainly not run is always repeated; what was sent and not answered only where `repeatable`.
        """
        passing = NOTHING_SENT + (UNANSWERED if repeatable else ())
        waited = 0.0
        for tries in range(1, ATTEMPTS + 1):
            try:
                return attempt()
            except passing as error:
                pause = _pause(tries, getattr(error, "retry_after", None))
                if tries == ATTEMPTS or waited + pause > PATIENCE_S:
                    raise
            waited += pause
            self._sleep(pause)
        raise AssertionError("the last try returns or raises")


def _pause(tries: int, told: float | None) -> float:
    """Seconds until the next try: as long as told, else growing and spread, so that callers do not come in step."""
    grown = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (tries - 1))
    spread = random.uniform(0.5, 1.0) * grown  # noqa: S311  # spreads load, guards nothing
    return spread if told is None else max(told, 0.0) + spread / 4


def _kept(answer: Answer | None, situation: Situation) -> str:
    if answer is None:
        return ""
    return situation.hide(answer.content.decode("utf-8", "replace"))[:REPLY_KEPT]
