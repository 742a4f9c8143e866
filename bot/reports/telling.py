"""What a run has said: its message, and the files in its thread. Kept in the records, posted by the Slack room."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import select, update

from bot.cases.outbox import Address, say
from bot.cases.step import Step
from bot.records import jobs
from bot.records.tables import journal_heads, messages


class FileKind(StrEnum):
    """What is put into a report's thread."""

    PICTURE = "picture"
    """The chart as a PNG, where Slack does not take its own chart block."""
    WORKBOOK = "workbook"


def tell(step: Step, company: str, run_id: int, key: str, address: Address, *, with_workbook: bool) -> bool:
    """Has a run's report posted, once a key; False where it was kept before.

    The journal's head goes with it: outside the database it proves the chain up to there.
    """
    report = f"report:{key}"
    head = step.connection.execute(
        select(journal_heads.c.seq, journal_heads.c.row_hash).where(journal_heads.c.company == company)
    ).one_or_none()
    body = {"run": run_id, "journal": [head.seq, head.row_hash] if head else None}
    if not say(step, report, "report", address, company=company, body=body):
        return False
    if with_workbook:
        keep_file(step, company, run_id, report, FileKind.WORKBOOK, address)
    _outdate(step, company, report)
    return True


def _outdate(step: Step, company: str, newest: str) -> None:
    """Has the reports before the newest drawn again without the buttons that act: what they say may be over."""
    earlier = step.connection.execute(
        select(messages.c.id, messages.c.body).where(
            messages.c.company == company,
            messages.c.kind == "report",
            messages.c.key != newest,
            ~messages.c.body.has_key("outdated"),
        )
    ).all()
    for each in earlier:
        step.connection.execute(
            update(messages)
            .where(messages.c.id == each.id)
            .values(body={**each.body, "outdated": True}, wanted_revision=messages.c.wanted_revision + 1)
        )
        step.nudge(jobs.POST_MESSAGE, message_id=each.id)


def keep_file(step: Step, company: str, run_id: int, report: str, kind: FileKind, address: Address) -> bool:
    """Has a file put into the thread of the report message of key `report`, once."""
    body = {"report": report, "what": kind.value, "run": run_id}
    return say(step, f"{kind.value}:{report}", "file", address, company=company, body=body)
