"""One exchange with BILL over HTTPS: a request out, its answer in, judged by layer; no retries here."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests

from bot.billing.ports import CallCounter, Gate
from bot.settings import is_loopback

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes; a page of 100 invoices is far below."""

logger = logging.getLogger(__name__)


class Unanswered(Exception):
    """No usable answer came: the line, the time limit, or an answer that broke off. `str()` says which."""


@dataclass(frozen=True, slots=True)
class BillError:
    """One error as BILL tells it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer, read as far as it can be."""

    status: int
    body: object
    """The parsed JSON; None where the answer is none."""
    readable: bool
    """Whether it is JSON."""
    errors: tuple[BillError, ...]
    retry_after: float | None
    """Seconds that the service asked to wait."""

    def has(self, code: str) -> bool:
        """Whether BILL names this error code."""
        return any(error.code == code for error in self.errors)


class BillWire:
    """Sends single requests, each inside a slot of the gate and counted. TLS certificates are always verified."""

    def __init__(
        self, url: str, *, gate: Gate, counter: CallCounter, connect_timeout: float, read_timeout: float
    ) -> None:
        """`url`: BILL's base address up to `/connect`. Raises ValueError where it is not https (http: loopback only)."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if not host or parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("BILL's address must be a plain https address")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
            raise ValueError("BILL's address must be https; http is accepted for this machine only")
        self._url = url.rstrip("/")
        self._gate = gate
        self._counter = counter
        self._timeouts = (connect_timeout, read_timeout)
        self._http = requests.Session()
        self._http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if is_loopback(host):
            self._http.trust_env = False

    def post(self, path: str, body: Mapping[str, str]) -> Answer:
        """Sends `body` as JSON. Raises Unanswered."""
        return self._send("POST", path, json_body=body, headers={}, params={})

    def get(self, path: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Asks for `path`. Raises Unanswered."""
        return self._send("GET", path, json_body=None, headers=headers, params=params)

    def _send(
        self,
        method: str,
        path: str,
        *,
        json_body: Mapping[str, str] | None,
        headers: Mapping[str, str],
        params: Mapping[str, str],
    ) -> Answer:
        with self._gate.slot():
            self._counter.count()
            try:
                with self._http.request(
                    method,
                    self._url + path,
                    params=dict(params),
                    json=json_body,
                    headers={"accept": "application/json", "user-agent": "termkeeper", **headers},
                    timeout=self._timeouts,
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    content = _limited(response)
            # What requests says of a failure can hold an address or a header: only its kind is kept.
            except requests.Timeout:
                raise Unanswered("it did not answer in time") from None
            except requests.exceptions.SSLError:
                raise Unanswered("its TLS certificate could not be verified") from None
            except requests.RequestException as error:
                raise Unanswered(f"the connection failed ({type(error).__name__})") from None
        logger.debug("BILL answered %s %s with %d, %d bytes", method, path, response.status_code, len(content))
        return _answer(response, content)


def _limited(response: requests.Response) -> bytes:
    content = bytearray()
    for part in response.iter_content(65536):
        content += part
        if len(content) > LARGEST_ANSWER:
            raise Unanswered("its answer was larger than any page can be")
    return bytes(content)


def _answer(response: requests.Response, content: bytes) -> Answer:
    try:
        body = json.loads(content, parse_float=Decimal, parse_constant=_no_number)
        readable = True
    except (ValueError, RecursionError):
        body, readable = None, False
    return Answer(
        status=response.status_code,
        body=body,
        readable=readable,
        errors=tuple(_errors(body)),
        retry_after=_seconds(response.headers.get("retry-after")),
    )


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no number")


def _errors(body: object) -> Iterator[BillError]:
    """BILL's errors: a JSON array of `{timestamp, code, severity, category, message}`."""
    for part in body if isinstance(body, list) else ():
        if isinstance(part, Mapping) and isinstance(part.get("code"), str):
            message = part.get("message")
            yield BillError(part["code"], message if isinstance(message, str) else "")


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isascii() and header.isdigit() else None
