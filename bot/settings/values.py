"""Values that settings take in more than one place: lists, zones, addresses, deputies."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deputy:
    """Somebody who may decide in an approver's stead, for some days or always."""

    user_id: str
    first: date | None = None
    """The first day, in the company's zone; None: no beginning."""
    last: date | None = None
    """The last day; None: no end."""

    def stands_in(self, day: date) -> bool:
        """Whether the deputy may decide on a day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


_DEPUTY = re.compile(r"([UW][A-Z0-9]+)(?::(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2}))?")


def _deputies(value: object) -> object:
    """`U0LEE` always, `U0LEE:2026-12-20..2027-01-05` for some days; by commas or as a list."""
    parts = _split(value)
    if not isinstance(parts, tuple | list):
        return value
    return tuple(_deputy(part) for part in parts)


def _deputy(text: object) -> Deputy:
    if isinstance(text, Deputy):
        return text
    found = _DEPUTY.fullmatch(text.strip()) if isinstance(text, str) else None
    try:
        if found is None:
            raise ValueError
        first, last = (date.fromisoformat(day) if day else None for day in found.groups()[1:])
        if first and last and last < first:
            raise ValueError
    except ValueError:
        raise ValueError(
            "takes user ids by commas, each alone or with its days, such as U0LEE or U0LEE:2026-12-20..2027-01-05"
        ) from None
    return Deputy(user_id=found[1], first=first, last=last)


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("takes a zone of the IANA database, such as America/New_York") from None
    return value


def _secure(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("takes an https address")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("takes an https address; http is accepted for this machine only")
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Ids by commas, or a list of them."""
Deputies = Annotated[tuple[Deputy, ...], NoDecode, BeforeValidator(_deputies)]
Zone = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(_secure)]
"""https, or http on this machine."""
