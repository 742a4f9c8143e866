"""One exchange with the gateway over HTTPS: bytes out, bytes in; no retries and no reading of them here."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from bot.intacct.errors import Garbled, NotSent, TransportError
from bot.intacct.ports import CallCounter, Gate
from bot.intacct.xml import LARGEST_REPLY
from bot.settings import is_loopback

VENDOR_HOSTS = ".intacct.com"
KEPT_CONNECTIONS = 8
PART = 128 * 1024
LONGEST_WAIT_S = 3600.0
"""Seconds to which a Retry-After is cut."""
HEADERS = {
    "content-type": "application/xml",
    "accept": "application/xml",
    "accept-encoding": "identity",  # a compressed bomb has no way in
    "user-agent": "termkeeper",
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came over the line."""

    status: int
    content: bytes
    retry_after: float | None
    """Seconds that the service asked to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """Seconds for which an exchange may take its time."""

    connect: float = 10.0
    read: float = 60.0
    """Between two parts of an answer. The gateway lets a request wait for its turn for up to 30 seconds."""
    whole: float = 180.0
    """For an answer from its first byte to its last."""


class Wire:
    """Sends single requests over kept connections, each inside a slot of the gate and counted. Safe for threads.

    TLS certificates are always verified; redirects are not followed.
    """

    def __init__(
        self,
        url: str,
        *,
        gate: Gate,
        counter: CallCounter,
        limits: TimeLimits,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`url`: the gateway's address. Raises ValueError where it is not https (http: on this machine only)."""
        self._base = _plain(url)
        if not _secure(self._base, http_allowed=True):
            raise ValueError("Intacct's address must be https; http is accepted for this machine only")
        self.url = url
        self._gate = gate
        self._counter = counter
        self._limits = limits
        self._monotonic = monotonic
        self._http = requests.Session()
        self._http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=KEPT_CONNECTIONS)
        self._http.mount("https://", adapter)
        self._http.mount("http://", adapter)
        if is_loopback(self._base.hostname or ""):
            self._http.trust_env = False

    def trusts(self, endpoint: str) -> bool:
        """Whether a session's endpoint may be sent credentials: as secure as the gateway's own address, and its kin."""
        try:
            parts = _plain(endpoint)
        except ValueError:
            return False
        if not _secure(parts, http_allowed=self._base.scheme == "http"):
            return False
        return parts.hostname == self._base.hostname or (parts.hostname or "").endswith(VENDOR_HOSTS)

    def send(self, url: str, document: bytes, function: str) -> Answer:
        """Posts one document. Raises NotSent, TransportError, and Garbled for an answer larger than any page."""
        with self._gate.slot():
            self._counter.count(function)
            try:
                with self._http.post(
                    url,
                    data=document,
                    headers=HEADERS,
                    timeout=(self._limits.connect, self._limits.read),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    content = self._content(response)
            # What requests says of a failure can hold an address or more: only its kind is kept.
            except requests.exceptions.SSLError as error:
                if "CERTIFICATE_VERIFY_FAILED" not in str(error):
                    raise TransportError("The secure connection to Intacct broke.", advice=_LATER) from None
                raise NotSent("Intacct's TLS certificate could not be verified.", advice=_TLS) from None
            except requests.exceptions.ConnectTimeout:
                raise NotSent("Intacct could not be reached in time.", advice=_LINE) from None
            except requests.Timeout:
                raise TransportError("Intacct did not answer in time.", advice=_LATER) from None
            except requests.RequestException as error:
                raise _failure(error) from None
            except HTTPError:
                raise TransportError(
                    "The connection to Intacct broke before its answer was whole.", advice=_LATER
                ) from None
        logger.debug("Intacct answered %s with %d, %d bytes", function, response.status_code, len(content))
        return Answer(
            status=response.status_code,
            content=content,
            retry_after=seconds(response.headers.get("retry-after")),
        )

    def close(self) -> None:
        """Ends the kept connections."""
        self._http.close()

    def _content(self, response: requests.Response) -> bytes:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise Garbled("Intacct's answer is packed in a way that was not asked for.", advice=_LATER)
        started = self._monotonic()
        parts: list[bytes] = []
        size = 0
        # What has come is taken at once, so that an answer that trickles in meets its time limit.
        while part := response.raw.read1(PART, decode_content=False):
            parts.append(part)
            size += len(part)
            if size > LARGEST_REPLY:
                raise Garbled("Intacct's answer is larger than any page can be.", advice=_LATER)
            if self._monotonic() - started > self._limits.whole:
                raise TransportError("Intacct did not finish its answer in time.", advice=_LATER)
        return b"".join(parts)


_LATER = "Try again later."
_LINE = "Check INTACCT_URL and whether this machine may reach the internet."
_TLS = "Check INTACCT_URL, this machine's clock and its certificates; verification cannot be switched off."


def _failure(error: requests.RequestException) -> TransportError:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.ConnectionError) and type(reason).__name__ in (
        "NewConnectionError",
        "NameResolutionError",
        "ConnectTimeoutError",
    ):
        return NotSent("Intacct could not be reached: no connection could be made.", advice=_LINE)
    return TransportError("The connection to Intacct broke before an answer came.", advice=_LATER)


def _plain(url: str) -> SplitResult:
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        raise ValueError("Intacct's address must be a plain https address")
    return parts


def _secure(parts: SplitResult, *, http_allowed: bool) -> bool:
    if parts.scheme == "https":
        return True
    return parts.scheme == "http" and http_allowed and is_loopback(parts.hostname or "")


def seconds(header: str | None) -> float | None:
    """A Retry-After header as seconds from now; None where it says nothing usable."""
    if not header:
        return None
    if header.replace(".", "", 1).isdecimal() and header.isascii():
        return min(float(header), LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), LONGEST_WAIT_S)
