"""AR's periods: from which day on the books take what is posted, and what they say of anything earlier."""

from __future__ import annotations

from datetime import date

from bot.sandbox.intacct.errors import FunctionError, refused
from bot.sandbox.world import World

_TABLE, _AR = "period", "ar"


class PeriodError(ValueError):
    """A text that names no month."""


def open_from(world: World) -> date | None:
    """The first day on which AR takes postings; None where nothing was ever closed."""
    kept = world.store.table(_TABLE).get(_AR)
    return date.fromisoformat(kept["open_from"]) if kept is not None else None


def close(world: World, period: str) -> date:
    """Closes a month, such as `2026-10`, and all before it: periods close in their order. From when AR is open then."""
    following = following_month(month(period))
    return _keep(world, max(following, open_from(world) or following))


def reopen(world: World, period: str) -> date | None:
    """Opens a closed month and all after it; from when AR is open then."""
    first, now = month(period), open_from(world)
    return now if now is None or first >= now else _keep(world, first)


def closed(world: World, day: date) -> bool:
    """Whether AR takes no posting of that day."""
    first = open_from(world)
    return first is not None and day < first


def period_closed(day: date, function: str) -> FunctionError:
    """What the gateway says of a posting into a closed period.

    The three sentences are the vendor's (Intacct/intacct-sdk-net, issue 105; BILL's help page on this sync error). Its
    number, and in which order it looks at the term and at the period, are not documented: here the term comes first.
    """
    return refused(
        f"Periods are closed. Your transaction date ({day:%m/%d/%Y}) is within a period that's been closed. You can add, "
        "modify, or delete a transaction only if the date of the transaction is within a period that's open.",
        function,
    )


def month(period: str) -> date:
    """The first day of the month that `2026-10` names; raises PeriodError."""
    try:
        return date.fromisoformat(f"{period}-01")
    except ValueError:
        raise PeriodError("A period is written as year and month, such as 2026-10.") from None


def following_month(first: date) -> date:
    """The first day of the month after."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _keep(world: World, first: date) -> date:
    world.store.table(_TABLE)[_AR] = {"open_from": first.isoformat()}
    world.touch()
    return first
