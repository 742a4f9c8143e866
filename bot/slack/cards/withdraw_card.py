"""The card of a case that makes a term inactive: who wants it and why, what uses the term, what would be written."""

from __future__ import annotations

from bot.cases.case import CaseState
from bot.cases.view import CaseView, UsersOfKind, Withdrawing
from bot.cases.withdrawing.use import ELSEWHERE
from bot.slack.cards import words
from bot.slack.cards.blocks import Block, bullets, context, section
from bot.slack.cards.outcome import changed_lines, decided, difference_lines
from bot.slack.cards.subject import Subject
from bot.terms.term import in_words

_STATES = {
    CaseState.OPEN: "looking",
    CaseState.AWAITING_DECISION: "waiting for a decision",
    CaseState.WRITING: "writing",
    CaseState.VERIFYING: "reading back",
    CaseState.UNVERIFIED: "not known",
    CaseState.FAILED: "not done",
    CaseState.AWAITING_SYNC: "closing",
    CaseState.CLOSED: "closed",
    CaseState.DECLINED: "declined",
    CaseState.EXPIRED: "expired",
    CaseState.DISMISSED: "dismissed",
}


def withdraw_blocks(view: CaseView, subject: Subject) -> list[Block]:
    """Everything but the buttons and the last line."""
    wish = view.withdrawing
    if wish is None:
        return []
    blocks = [
        section(f"*{_headline(view, subject, wish)}* · case {view.number} · {withdrawal_state(view.state, wish)}")
    ]
    told = [line for line in (*_outcome(view, subject, wish), *changed_lines(view)) if line]
    if told:
        blocks.append(section(*told))
    blocks.append(section(*wish_lines(view)))
    if view.state in (CaseState.OPEN, CaseState.AWAITING_DECISION):
        use = use_lines(view)
        if use:
            blocks.append(section(*use))
        if view.proposal is not None:
            blocks.append(section(*deactivation_lines(view)))
            if wish.not_told:
                blocks.append(context(_not_told(wish)))
    return blocks


def wish_lines(view: CaseView) -> list[str]:
    """Who wants the term withdrawn, and why."""
    wish = view.withdrawing
    if wish is None:
        return []
    who = f" by {words.people(view.asked_by)}" if view.asked_by else ""
    record = f"record {words.name(wish.record_no, 20)}" if wish.record_no else "its record is not read yet"
    whose = (
        f"The term was made by case {wish.of_number} ({record})."
        if wish.ours
        else f"Intacct already had this term ({record}); {words.code(wish.keep, 100)} is the name that is kept for its rule."
    )
    return [f"Asked{who} {words.at_moment(view.opened_at)}: “{words.said(wish.reason, 300)}”", whose]


def use_lines(view: CaseView) -> list[str]:
    """What uses the term, and what could not be read; that nothing does, where everything was read."""
    wish = view.withdrawing
    if wish is None or wish.looked_at is None:
        return []
    lines: list[str] = []
    if wish.used:
        lines.append("*It is used, so it stays active:*")
        others = [words.first_upper(ELSEWHERE)] if wish.elsewhere else []
        lines.append(bullets([*(_user(each) for each in wish.users), *others], 12))
    if wish.unread:
        lines.append("*Could not be read, which stands in the way:*")
        lines.append(bullets([words.said(each, 300) for each in wish.unread], 12))
    if wish.free:
        lines.append(
            f"*Nothing uses it.* Looked for: {words.said('; '.join(wish.looked_for), 900)}. "
            f"Read {words.at_moment(wish.looked_at)}; it is read again before anything is written."
        )
    return lines


def _not_told(wish: Withdrawing) -> str:
    """What Intacct does not tell here, where a person has to look himself."""
    return f"Not looked for, as Intacct does not tell here whether they name it: {'; '.join(wish.not_told)}."


def deactivation_lines(view: CaseView) -> list[str]:
    """What would be written."""
    proposal = view.proposal
    if proposal is None:
        return []
    owner = f"entity {words.name(proposal.entity, 40)} only" if proposal.entity else "all entities"
    what = f"Name {words.code(proposal.name, 100)} · {in_words(proposal.rule)} · for {owner}."
    return [
        "*What would be made inactive*",
        f"{what} Its status becomes inactive and nothing else changes.",
        *(words.said(doubt, 300) for doubt in proposal.doubts),
        *(f"Outside the policy: {words.said(each, 300)}" for each in proposal.outside_policy),
    ]


def _headline(view: CaseView, subject: Subject, wish: Withdrawing) -> str:
    if view.state is CaseState.CLOSED:
        if view.decision is None or view.decision.verdict != "approve" or wish.status in ("inactive", "gone"):
            return f"{subject.term} is {'no longer' if wish.status == 'gone' else 'already inactive'} in Intacct"
        return f"{subject.term} is withdrawn" if wish.ours else f"{subject.term} is inactive now"
    if view.state is CaseState.OPEN and (wish.used or wish.unread):
        return f"{subject.term} cannot be {'withdrawn' if wish.ours else 'made inactive'} now"
    return f"Withdraw {subject.term}" if wish.ours else f"Make {subject.term} inactive"


def withdrawal_state(state: CaseState, wish: Withdrawing) -> str:
    """What a withdrawal's state is called, on its card and in lists of cases."""
    if state is CaseState.OPEN and wish.looked_at is not None:
        return "in use" if wish.used else "not known yet"
    return _STATES.get(state, state.value)


def _outcome(view: CaseView, subject: Subject, wish: Withdrawing) -> list[str]:
    if view.state in (CaseState.WRITING, CaseState.VERIFYING):
        if view.delay:
            when = f" I try again {words.at_moment(view.due_at)}." if view.due_at is not None else ""
            return [decided(view), f"Nothing is written yet: {words.said(view.delay, 300)}{when}"]
        return [decided(view), f"{subject.coded_term} is being made inactive in {subject.books_link}, then read back."]
    if view.state is CaseState.CLOSED:
        if wish.status == "gone":
            return [decided(view), "The record is not there any more. Nothing was written by this case."]
        if wish.status == "inactive":
            return [decided(view), "Somebody made it inactive. Nothing was written by this case."]
        return [
            decided(view),
            f"Record {words.name(view.record_no, 20)} was read back: inactive, everything else as it was.",
        ]
    if view.trouble is not None and view.state in (CaseState.FAILED, CaseState.UNVERIFIED):
        trouble = view.trouble
        words_ = f"Intacct says: “{words.said(trouble.vendor_words)}”" if trouble.vendor_words else ""
        return [
            decided(view),
            words.said(trouble.sentence),
            words_,
            *difference_lines(trouble.differences, "approved", "in Intacct"),
            words.said(trouble.advice) if trouble.advice else "",
        ]
    return [decided(view)] if view.state.final else []


def _user(each: UsersOfKind) -> str:
    least = "at least " if each.at_least else ""
    shown = ", ".join(words.name(example, 60) for example in each.examples)
    more = ", …" if each.count > len(each.examples) else ""
    named = f" ({shown}{more})" if shown else ""
    return f"{words.first_upper(words.said(each.label, 100))}: {least}{each.count:,}{named}"
