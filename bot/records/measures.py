"""What a monitor reads: counts of what waits and of what was asked, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, func, select

from bot.records.calls import calls_of_month
from bot.records.tables import cases, inbox

Labels = Mapping[str, str]


def measures(connection: Connection, *, waiting_jobs: int, final_states: Iterable[str], month: str) -> str:
    """All measures as of now; names and labels hold no secret, but they name companies."""
    lines = [
        *_gauge("termkeeper_jobs_waiting", "Jobs that wait for a worker.", [({}, waiting_jobs)]),
        *_gauge("termkeeper_inbox_waiting", "Events and clicks not yet worked off.", [({}, _inbox(connection))]),
        *_gauge("termkeeper_cases_open", "Open cases by company and state.", _cases(connection, final_states)),
        *_gauge("termkeeper_calls_this_month", "Requests sent, by service and contract.", _calls(connection, month)),
    ]
    return "\n".join(lines) + "\n"


def _inbox(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(inbox).where(inbox.c.state == "waiting")) or 0


def _cases(connection: Connection, final_states: Iterable[str]) -> Iterator[tuple[Labels, int]]:
    rows = connection.execute(
        select(cases.c.company, cases.c.state, func.count())
        .where(cases.c.state.not_in(list(final_states)))
        .group_by(cases.c.company, cases.c.state)
        .order_by(cases.c.company, cases.c.state)
    )
    for company, state, count in rows:
        yield {"company": company, "state": state}, count


def _calls(connection: Connection, month: str) -> Iterator[tuple[Labels, int]]:
    for service in ("intacct", "bill"):
        for customer, calls in sorted(calls_of_month(connection, service, month).items()):
            yield {"service": service, "contract": customer}, calls


def _gauge(name: str, what: str, values: Iterable[tuple[Labels, int]]) -> Iterator[str]:
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} gauge"
    for labels, value in values:
        shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{name}{{{shown}}} {value}" if shown else f"{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
