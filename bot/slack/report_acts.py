"""What people do to a report: open the case of a finding, keep one quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.cases.outbox import Address, say
from bot.cases.ports import Companies, Company, Entitled
from bot.cases.step import Step
from bot.records.tables import drift_runs
from bot.reports import memory
from bot.reports.cases import open_case
from bot.terms.drift import FAILING, Finding, FindingKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingAct:
    """One person's act on one finding of a report."""

    company: Company
    run_id: int
    finding: Finding
    user: str
    channel: str
    ts: str
    key: str


def company_of(step: Step, companies: Companies, run_id: int) -> Company | None:
    """The company that a run is about; None where the settings name it no more."""
    key = step.connection.scalar(select(drift_runs.c.company).where(drift_runs.c.id == run_id))
    return companies.get(key) if key is not None else None


def act_of(step: Step, company: Company, payload: Mapping[str, Any], key: str) -> FindingAct | None:
    """The act as it was taken in; None where the report has no such finding."""
    report = memory.report_of(step.connection, payload["run"])
    if not 0 <= payload["place"] < len(report.tracked):
        return None
    return FindingAct(
        company=company,
        run_id=payload["run"],
        finding=report.tracked[payload["place"]].finding,
        user=payload["user"],
        channel=payload.get("channel", ""),
        ts=payload.get("ts", ""),
        key=key,
    )


def open_finding(step: Step, act: FindingAct) -> None:
    """Has the case of a finding opened, with its card in the report's thread; once a finding and report."""
    if act.finding.kind not in FAILING:
        return
    open_case(
        step,
        act.company,
        act.finding,
        [example.subject for example in act.finding.examples],
        key=f"finding:{act.run_id}:{act.finding.key}",
        channel=act.channel or act.company.alert_channels[0],
        thread_ts=act.ts or None,
    )


def open_kept_name(step: Step, company: Company, name: str, *, key: str) -> None:
    """Has the case opened about a name that is to be kept for its rule and that Intacct lacks; once a key.

    What it proposes is told by the look at both systems, as for any other: the name may be there by then.
    """
    finding = Finding(kind=FindingKind.MISSING, names=(name,))
    open_case(step, company, finding, (), key=key, channel=company.alert_channels[0])


def keep_finding(step: Step, act: FindingAct, entitled: Entitled, *, weeks: int, reason: str) -> None:
    """Keeps a finding quiet until it changes or so many weeks are over; approvers only. Who did it is told and kept."""
    if act.user not in entitled.people:
        _whisper(step, act, "finding_refused", people=list(entitled.people))
        return
    until = step.now + timedelta(weeks=weeks) if weeks else None
    done = memory.accept(step.connection, act.company.key, act.finding, by=act.user, why=reason, until=until)
    if done is not memory.Acceptance.KEPT:
        _whisper(step, act, f"finding_{done.value}", names=list(act.finding.names))
        return
    step.record(
        act.company.key,
        "finding_kept",
        {
            "finding": act.finding.key,
            "digest": act.finding.digest,
            "reason": reason,
            "until": until,
        },
        actor=act.user,
    )
    _whisper(step, act, "finding_kept", names=list(act.finding.names), weeks=weeks)


def tell_again(step: Step, act: FindingAct, entitled: Entitled) -> None:
    """Ends what keeps a finding quiet; approvers only. Who did it is told and kept."""
    if act.user not in entitled.people:
        _whisper(step, act, "finding_refused", people=list(entitled.people))
        return
    ended = memory.end_acceptance(step.connection, act.company.key, act.finding.key)
    if ended:
        step.record(act.company.key, "finding_told_again", {"finding": act.finding.key}, actor=act.user)
    _whisper(step, act, "finding_told_again", names=list(act.finding.names), ended=ended)


def _whisper(step: Step, act: FindingAct, what: str, **details: Any) -> None:
    channel = act.channel or act.company.report_channel or act.company.alert_channels[0]
    body = {"user": act.user, "what": what, **details}
    say(step, f"whisper:{act.key}", "whisper", Address(channel=channel), company=act.company.key, body=body)
