"""What was taken in, handled one by one: each item in the very transaction that marks it done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from bot.alerts import Cause, Failure, failures, origin, other_failures
from bot.cases import store
from bot.cases.codec import RULE
from bot.cases.deciding import decide
from bot.cases.deciding.decide import Act, Outcome, OutcomeKind
from bot.cases.folding import intake
from bot.cases.folding.mentions import show_card, where_shown
from bot.cases.month_end import keeping
from bot.cases.month_end.period import choose
from bot.cases.outbox import Address, card_key, say, whisper
from bot.cases.ports import Approvers, Clock, Company, Entitled, EntitledUnknown, Members, Person
from bot.cases.reading import Entry
from bot.cases.step import Step
from bot.cases.view import Course
from bot.cases.withdrawing import withdraw
from bot.records import inbox
from bot.records.inbox import InboxItem
from bot.records.tables import cases, messages
from bot.slack import report_acts
from bot.slack.cards.names import ActionId, ViewId
from bot.slack.door import ItemKind

log = logging.getLogger(__name__)

Json = dict[str, Any]
Name = TypeVar("Name", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Handled:
    """What an act's handler needs."""

    step: Step
    company: Company
    act: Act
    payload: Mapping[str, Any]
    attempts: int
    """Of the inbox item, this one counted."""


WHO_ATTEMPTS = 4
"""So often an act waits for the workspace to tell who may decide; then its doer is told that nothing was decided."""
UNKNOWN_WHO = Outcome(kind=OutcomeKind.UNKNOWN_WHO)

_ACTS = frozenset({ItemKind.CLICK.value, ItemKind.SUBMISSION.value})
_ANYBODY = frozenset({ActionId.SHOW_CARD.value, ActionId.CHECK.value})
"""What changes nothing and makes nobody a part of the case."""
_NOTED = {ViewId.TELL_TERM.value: "told", ViewId.EDIT.value: "edited", ActionId.ASK.value: "asked"}
"""Acts after which the person is told what follows for himself."""


_BARRED_FROM = {
    ViewId.DECLINE.value: "decline",
    ViewId.ACCEPT.value: "accept",
    ViewId.DISMISS.value: "dismiss",
    ViewId.PERIOD.value: "period",
}
"""What a person who is refused had wished to do, as `decide.barred` calls it; in any other view, to approve."""


_DECIDED_IN: dict[ViewId, Callable[..., Outcome]] = {
    ViewId.DECLINE: decide.decline,
    ViewId.ACCEPT: decide.accept,
    ViewId.DISMISS: decide.dismiss,
}
"""Views in which an approver gives a reason and nothing more."""


class Handling:
    """Handles inbox items."""

    def __init__(self, companies: dict[str, Company], approvers: Approvers, members: Members, clock: Clock) -> None:
        self._companies = companies
        self._approvers = approvers
        self._members = members
        self._clock = clock
        self._by_channel = {channel: c for c in companies.values() for channel in c.alert_channels}
        self._by_any_channel = self._by_channel | {
            company.report_channel: company for company in companies.values() if company.report_channel
        }

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels in which alerts are read, of all companies."""
        return tuple(self._by_channel)

    def company_of(self, channel: str) -> Company | None:
        """The company that a channel belongs to; for any other channel the only company, or none of several."""
        if len(self._companies) == 1:
            return next(iter(self._companies.values()))
        return self._by_any_channel.get(channel)

    def company_for(self, connection: Connection, payload: Mapping[str, Any]) -> Company | None:
        """The company that an item of the inbox is about, by its case or its channel."""
        if payload.get("case_id") is not None:
            key = connection.scalar(select(cases.c.company).where(cases.c.id == payload["case_id"]))
            return self._companies.get(key) if key is not None else None
        return self.company_of(str((payload.get("event") or payload).get("channel", "")))

    def listens(self, channel: str) -> bool:
        """Whether alerts are read in this channel."""
        return channel in self._by_channel

    def handle(self, connection: Connection, item: InboxItem) -> None:
        """Handles one item. Raises where it cannot be handled now; it then comes again.

        Raises NotKnownHere for what only newer code knows: a kind, a button, a view.
        """
        step = Step(connection, self._clock.now(), f"inbox:{item.id}")
        handler: Callable[[Step, InboxItem], None] = {
            ItemKind.MESSAGE: self._message,
            ItemKind.QUESTION: self._question,
            ItemKind.CLICK: self._click,
            ItemKind.SUBMISSION: self._submission,
        }[_known(ItemKind, item.kind)]
        if not self._of_no_company(step, item) and not self._by_no_member(step, item):
            handler(step, item)
        inbox.scrub(connection, item.id)
        step.finish()

    def _of_no_company(self, step: Step, item: InboxItem) -> bool:
        """Whether an act is about a case whose company the settings name no more: its doer is told, nothing is done."""
        case_id = item.payload.get("case_id")
        if case_id is None:
            return False
        key = step.connection.scalar(select(cases.c.company).where(cases.c.id == case_id))
        if key is None or key in self._companies:
            return False
        card = step.connection.execute(select(messages).where(messages.c.key == card_key(case_id))).one_or_none()
        if card is not None:
            whisper(
                step,
                Address(channel=card.channel, thread_ts=card.thread_ts),
                company=key,
                user=item.payload["user"],
                what="no_company",
                key=f"no_company:{item.id}",
                case_id=case_id,
            )
        return True

    def _by_no_member(self, step: Step, item: InboxItem) -> bool:
        """Whether an act is somebody's who is no full member: he is told, nothing is done.

        Where the workspace does not tell in time, he is told that, and nothing is done either.
        """
        payload = item.payload
        if item.kind not in _ACTS or payload.get("action") in _ANYBODY:
            return False
        try:
            if self._members.full(payload["user"]):
                return False
            what = "not_a_member"
        except EntitledUnknown:
            if item.attempts < WHO_ATTEMPTS:
                raise
            what = OutcomeKind.UNKNOWN_WHO.value
        self._tell_alone(step, item, what)
        return True

    def _tell_alone(self, step: Step, item: InboxItem, what: str) -> None:
        """Tells the doer of an act something, in the thread of its case or where it was done."""
        payload = item.payload
        case_id, channel = payload.get("case_id"), payload.get("channel", "")
        company = self.company_for(step.connection, payload)
        if company is None or (case_id is None and not channel):
            log.warning("%s %s of %s is left alone: %s", item.kind, item.id, payload["user"], what)
            return
        whisper(
            step,
            Address(channel=channel) if case_id is None else where_shown(step, company, case_id),
            company=company.key,
            user=payload["user"],
            what=what,
            key=f"{item.kind}:{item.id}",
            case_id=case_id,
        )

    def _message(self, step: Step, item: InboxItem) -> None:
        event: Json = item.payload["event"]
        where = origin(event)
        company = self._by_channel.get(where.channel)
        if company is None:
            log.warning("an alert in %s is left alone: the settings name this channel no more", where.channel)
            return
        alert = intake.Alert(
            company=company.key,
            team=where.team or item.payload.get("team_id", ""),
            channel=where.channel,
            ts=where.ts,
            thread_ts=where.thread_ts,
            poster=where.user or where.bot_id,
            by_person=where.person,
            posted_at=_moment(where.edited_ts or where.ts),
            edited_ts=where.edited_ts,
        )
        taken = intake.take(step, alert, failures(event))
        if intake.note_other_failures(step, alert, other_failures(event)) or taken:
            intake.watch_now(step, company.key)

    def _question(self, step: Step, item: InboxItem) -> None:
        payload = item.payload
        say(
            step,
            f"answer:{item.id}",
            "answer",
            Address(channel=payload.get("channel", "")),
            company=self._asked_company(payload),
            body=dict(payload),
        )

    def _asked_company(self, payload: Mapping[str, Any]) -> str:
        """Whom a question is about, by its button or its channel; empty where that is told by neither."""
        named = (payload.get("question") or {}).get("company")
        company = self._companies.get(named) if named else self.company_of(payload.get("channel", ""))
        return company.key if company is not None else ""

    def _click(self, step: Step, item: InboxItem) -> None:
        payload = item.payload
        action = _known(ActionId, payload["action"])
        person = Person(team=payload["team"], user_id=payload["user"])
        if payload.get("listing"):
            self._keep_listing(step, item)
            return
        if payload.get("run") is not None:
            self._on_report(step, item)
            return
        if payload.get("standard") is not None:
            self._kept_name(step, item)
            return
        if payload.get("question") is not None:
            self._ask_or_check(step, item, action, person)
            return
        handled = self._act(step, item, person, f"click:{item.id}")
        if action is ActionId.SHOW_CARD:
            show_card(step, handled.company, handled.act.case_id)
            return
        if action is ActionId.CREATE:
            outcome = self._deciding(handled, decide.approve)
        elif action in (ActionId.CHECK, ActionId.CORRECTED):
            outcome = decide.look_again(step, handled.act, corrected=action is ActionId.CORRECTED)
        elif action is ActionId.ACKNOWLEDGE:
            outcome = self._deciding(handled, decide.acknowledge)
        elif action is ActionId.ASK:
            outcome = decide.ask(step, handled.company, handled.act)
        else:
            raise ValueError(f"the action {action.value} is not taken without a view")
        self._tell(step, handled, outcome)

    def _keep_listing(self, step: Step, item: InboxItem) -> None:
        """Keeps a period's list as evidence, and says under which number once it has one."""
        payload = item.payload
        company = keeping.keep(step, payload["listing"], user=payload["user"])
        say(
            step,
            f"answer:{item.id}",
            "answer",
            Address(channel=payload.get("channel", "")),
            company=company or self._asked_company(payload),
            body={**payload, "gone": company is None},
        )

    def _on_report(self, step: Step, item: InboxItem) -> None:
        """A button or a view of a report."""
        payload = item.payload
        company = report_acts.company_of(step, self._companies, payload["run"])
        act = report_acts.act_of(step, company, payload, f"report:{item.id}") if company is not None else None
        if act is None:
            log.warning("an act on report %s is left alone: its company or finding is not known", payload["run"])
            return
        if payload.get("action") == ActionId.FINDING_CASE:
            report_acts.open_finding(step, act)
            return
        entitled = self._approvers.recent(act.company.key)
        if payload.get("action") == ActionId.FINDING_TELL:
            report_acts.tell_again(step, act, entitled)
            return
        values = payload["values"]
        report_acts.keep_finding(step, act, entitled, weeks=values["weeks"], reason=values["reason"])

    def _kept_name(self, step: Step, item: InboxItem) -> None:
        """Opens the case about a name that is to be kept for a rule."""
        wanted = item.payload["standard"]
        company = self._companies.get(wanted["company"])
        if company is None:
            log.warning("a name to keep is left alone: the settings name its company no more")
            return
        report_acts.open_kept_name(step, company, wanted["name"], key=f"standard:{item.id}")

    def _retire(self, step: Step, item: InboxItem, person: Person) -> None:
        """Opens the case about a term that is to be made inactive, and says so; or which one is about it already."""
        payload, wanted = item.payload, item.payload["standard"]
        company = self._companies.get(wanted["company"])
        if company is None:
            log.warning("a term to make inactive is left alone: the settings name its company no more")
            return
        reason = payload["values"]["reason"]
        already = withdraw.retire(
            step, company, person, name=wanted["name"], keep=wanted.get("keep", ""), reason=reason
        )
        channel = company.alert_channels[0]
        body = {"user": person.user_id, "what": "retire_asked", "name": wanted["name"], "already": already}
        say(step, f"whisper:retire:{item.id}", "whisper", Address(channel=channel), company=company.key, body=body)

    def _ask_or_check(self, step: Step, item: InboxItem, action: ActionId, person: Person) -> None:
        """A button on an answer that only the asker sees."""
        payload = item.payload
        key = self._asked_company(payload)
        if action is ActionId.CHECK:
            again = {**payload, "replace": True}
            say(
                step,
                f"answer:{item.id}",
                "answer",
                Address(channel=payload.get("channel", "")),
                company=key,
                body=again,
            )
            return
        if not key:
            log.warning("a wish for a decision is left alone: the settings name its company no more")
            return
        company = self._companies[key]
        question = payload["question"]
        asked = [Failure(cause=Cause.SEQUENCE, invoice=number) for number in question.get("numbers", ())]
        if question.get("term") is not None:
            asked = [Failure(cause=Cause.TERM_INVALID, term=question["term"])]
        wish = intake.Alert(
            company=company.key,
            team=person.team,
            channel=payload.get("channel") or company.alert_channels[0],
            ts=f"asked:{item.id}",
            thread_ts=None,
            poster=person.user_id,
            by_person=True,
            posted_at=step.now,
            asked_by=person,
        )
        intake.take(step, wish, asked)

    def _submission(self, step: Step, item: InboxItem) -> None:
        payload = item.payload
        if payload.get("run") is not None:
            self._on_report(step, item)
            return
        view = _known(ViewId, payload["view"])
        person = Person(team=payload["team"], user_id=payload["user"])
        if view is ViewId.RETIRE:
            self._retire(step, item, person)
            return
        if view is ViewId.LIST:
            self._chosen(step, item, person)
            return
        handled = self._act(step, item, person, f"submission:{item.id}")
        outcome = self._submitted(view, handled)
        self._tell(step, handled, outcome)

    def _chosen(self, step: Step, item: InboxItem, person: Person) -> None:
        """Approves each chosen case of a list, as a decision of its own on the proposal that was shown."""
        approved: list[int] = []
        others: list[Json] = []
        for case_id, digest in item.payload["chosen"]:
            chosen = replace(item, payload={**item.payload, "case_id": case_id, "digest": digest})
            handled = self._act(step, chosen, person, f"submission:{item.id}:{case_id}")
            outcome = self._deciding(handled, decide.approve)
            number = store.read(step.connection, case_id).number
            if outcome.kind is OutcomeKind.DONE:
                approved.append(number)
                continue
            reason = outcome.reason.value if outcome.reason else ""
            others.append({"case": number, "what": outcome.kind.value, "reason": reason})
            if outcome.kind is OutcomeKind.OUTDATED:
                step.touch_card(case_id)
        first = self._act(step, item, person, f"submission:{item.id}")
        whisper(
            step,
            where_shown(step, first.company, first.act.case_id),
            company=first.company.key,
            user=person.user_id,
            what="list_decided",
            key=first.act.key,
            case_id=first.act.case_id,
            approved=approved,
            others=others,
        )

    def _submitted(self, view: ViewId, handled: _Handled) -> Outcome:
        step, company, act, values = handled.step, handled.company, handled.act, handled.payload["values"]
        if view is ViewId.APPROVE:
            reference = values.get("reference", "")
            return self._deciding(handled, decide.approve, reason=values["reason"], reference=reference)
        if view in _DECIDED_IN:
            return self._deciding(handled, _DECIDED_IN[view], reason=values["reason"])
        if view is ViewId.TELL_TERM:
            rule = values.get("rule")
            return decide.tell_term(step, act, name=values["name"], rule=RULE.validate_python(rule) if rule else None)
        if view is ViewId.INVOICE_WRONG:
            return decide.invoice_wrong(step, company, act, should_be=values["should_be"])
        if view is ViewId.EDIT:
            return self._edited(handled)
        if view is ViewId.WITHDRAW:
            return withdraw.ask(step, company, act, reason=values["reason"])
        if view is ViewId.PERIOD:
            course = Course(values["course"])
            return self._deciding(
                handled,
                choose,
                period=values["period"],
                course=course,
                reason=values["reason"],
            )
        raise ValueError(f"the view {view.value} takes no submission")

    def _deciding(self, handled: _Handled, act: Callable[..., Outcome], **words: str) -> Outcome:
        """An act that takes somebody entitled. Nobody is where the workspace does not tell: it is tried again, then refused."""
        try:
            entitled: Entitled = self._approvers.recent(handled.company.key)
        except EntitledUnknown:
            if handled.attempts < WHO_ATTEMPTS:
                raise
            return UNKNOWN_WHO
        return act(handled.step, handled.company, handled.act, entitled=entitled, **words)

    def _edited(self, handled: _Handled) -> Outcome:
        values = handled.payload["values"]
        entry = Entry(rule=RULE.validate_python(values["rule"]), description=values.get("description", ""))
        return decide.edit(handled.step, handled.company, handled.act, entry=entry, reason=values.get("reason", ""))

    def _act(self, step: Step, item: InboxItem, person: Person, key: str) -> _Handled:
        payload = item.payload
        case = step.connection.execute(select(cases.c.company).where(cases.c.id == payload["case_id"])).one()
        return _Handled(
            step=step,
            company=self._companies[case.company],
            act=Act(
                case_id=payload["case_id"], person=person, digest=payload["digest"], key=key, at=_taken_in(step, item)
            ),
            payload=payload,
            attempts=item.attempts,
        )

    def _tell(self, step: Step, handled: _Handled, outcome: Outcome) -> None:
        """An act that did not do what was wished, or bars its doer from deciding, is answered to him alone."""
        what = handled.payload.get("view") or handled.payload.get("action") or ""
        noted = _NOTED.get(what) if outcome.kind is OutcomeKind.DONE else outcome.kind.value
        if noted is None:
            return
        if what == ActionId.ACKNOWLEDGE.value and outcome.kind is OutcomeKind.REFUSED:
            noted = "not_to_acknowledge"
        if outcome.kind is OutcomeKind.OUTDATED:
            step.touch_card(handled.act.case_id)
        card = step.connection.execute(
            select(messages).where(messages.c.key == card_key(handled.act.case_id))
        ).one_or_none()
        channel = card.channel if card is not None else handled.company.alert_channels[0]
        whisper(
            step,
            Address(channel=channel, thread_ts=card.thread_ts if card is not None else None),
            company=handled.company.key,
            user=handled.act.person.user_id,
            what=noted,
            key=handled.act.key,
            case_id=handled.act.case_id,
            reason=outcome.reason.value if outcome.reason else "",
            act=_BARRED_FROM.get(what, "approve"),
        )


def _known(names: type[Name], name: str) -> Name:
    """A name of an enum; NotKnownHere where only newer code has it."""
    try:
        return names(name)
    except ValueError:
        raise inbox.NotKnownHere(f"{name!r} is no {names.__name__} that this version knows") from None


def _taken_in(step: Step, item: InboxItem) -> datetime:
    """When an item came, on the company's calendar."""
    return step.now - (datetime.now(UTC) - item.received_at)


def _moment(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)
