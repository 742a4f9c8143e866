"""A company's own systems: Intacct with its rights and its count of calls, and where invoices come from."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from bot.assembly import Services
from bot.billing.source import SourceError
from bot.doctor.finding import Finding, Level, bad, good, warn
from bot.records.calls import NEAR_PERCENT, month_of_now, percent_used
from bot.settings import CompanySettings, close_calendar, house_terms, terms_policy


def systems(company: CompanySettings, services: Services) -> Iterator[Finding]:
    """Asks each system once; nothing is written to any."""
    for check in services.intacct(company).check():
        level = Level.OK if check.passed else Level.FAIL if check.needed else Level.WARN
        yield Finding(level=level, what=f"Intacct: {check.subject}: {check.sentence}", todo=check.advice)
    if not company.intacct_writer_user_id:
        yield warn(
            "Intacct: no writer user is set, so the reading user writes too.",
            "Two users are safer: set INTACCT_WRITER_USER_ID and INTACCT_WRITER_PASSWORD.",
        )
    yield _calls(company, services)
    yield _bill(company, services) if company.has_bill else _file(company, services)
    yield from _rules(company)


def _calls(company: CompanySettings, services: Services) -> Finding:
    month = month_of_now()
    try:
        calls = services.counter("intacct", company.contract).month(month)
    except SQLAlchemyError:
        return bad("Intacct: this month's calls cannot be counted.", "Check the database first.")
    return calls_made(calls, company.intacct_monthly_calls)


def calls_made(calls: int, limit: int | None) -> Finding:
    """The month's calls against the contract's number."""
    if limit is None:
        return good(f"Intacct: {calls:,} calls this month (INTACCT_MONTHLY_CALLS would say when they become many)")
    told = f"Intacct: {calls:,} of the contract's {limit:,} calls this month ({percent_used(calls, limit)} %)"
    todo = "Ask your Sage account manager about the contract, or ask less often. Other tools' calls are not in it."
    if calls >= limit:
        return bad(f"{told}.", todo)
    if percent_used(calls, limit) >= NEAR_PERCENT:
        return warn(f"{told}.", todo)
    return good(told)


def _bill(company: CompanySettings, services: Services) -> Finding:
    try:
        identity = services.bill(company).check()
    except SourceError as error:
        return bad(f"BILL: {error}", "Check BILL_USERNAME, BILL_PASSWORD, BILL_ORGANIZATION_ID and BILL_DEV_KEY.")
    return good(f"BILL: signed in to organization {identity.organization_id}")


def _file(company: CompanySettings, services: Services) -> Finding:
    try:
        services.source(company).find(["doctor"])
    except SourceError as error:
        return bad(f"Invoice file: {error}", "Check INVOICE_CSV.")
    return good("Invoice file: readable")


def _rules(company: CompanySettings) -> Iterator[Finding]:
    """The files of rules; that they can be read was proved with the settings."""
    if company.terms_policy is not None:
        approved = len(terms_policy(company.terms_policy).approved_names)
        yield good(f"Terms policy: {company.terms_policy}, {approved} approved {'term' if approved == 1 else 'terms'}")
    if company.close_calendar is not None:
        closings = len(close_calendar(company.close_calendar, company.zone).closings)
        yield good(f"Close calendar: {company.close_calendar}, {closings} {'closing' if closings == 1 else 'closings'}")
    if company.house_terms is not None:
        names = len(house_terms(company.house_terms))
        yield good(f"House terms: {company.house_terms}, {names} {'name' if names == 1 else 'names'}")
