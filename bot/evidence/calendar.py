"""What evidence asks of the calendar each day: the look at Intacct's terms, the anchor, and the tidy-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.cases.ports import Clock, Companies, Company
from bot.evidence import anchors, reconcile, retention
from bot.records import schedule
from bot.records.engine import Database

LOOK, ANCHOR, TIDY = "reconcile", "anchor", "tidy"


def ask_due(database: Database, clock: Clock, companies: Companies, anchor_file: Path | None) -> None:
    """Asks for today's work of each company, by its own zone, where it was not asked for yet. For every tick."""
    with database.transaction() as connection:
        for company in companies.values():
            for kind in (LOOK, TIDY, *((ANCHOR,) if anchor_file is not None else ())):
                schedule.ask(connection, key=key_of(kind, company, clock), kind=kind, company=company.key)


def key_of(kind: str, company: Company, clock: Clock) -> str:
    """The schedule's key of a company's present day: `reconcile/acme/2026-11-24`."""
    return f"{kind}/{company.key}/{clock.now().astimezone(company.zone).date()}"


def doings(
    database: Database,
    clock: Clock,
    companies: Companies,
    anchor_file: Path | None,
    retention_years: int,
    beside: Mapping[str, Sequence[str]],
) -> dict[str, schedule.Doing]:
    """What is done for each kind. `beside`: of each company the others that share its books."""

    def look(company: str, key: str) -> None:
        reconcile.look(database, clock, companies[company], key, beside=beside.get(company, ()))

    def anchor(company: str, key: str) -> None:
        del key
        if anchor_file is not None:
            anchors.publish(database, company, anchor_file, clock.now())

    def tidy(company: str, key: str) -> None:
        del company, key
        retention.tidy(database, clock.now(), retention_years)

    return {LOOK: look, ANCHOR: anchor, TIDY: tidy}
