"""The short answers: a thread's later alerts, refusals, and what went otherwise than the person meant."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.cases.case import CaseState
from bot.cases.deciding.policy import RefusalReason
from bot.cases.view import DecisionView
from bot.slack.cards import words
from bot.slack.cards.blocks import Block, CardMessage, actions, button, message, section
from bot.slack.cards.buttons import case_value
from bot.slack.cards.names import COMMAND, ActionId


def waits_too(
    numbers: Sequence[str],
    case_number: int,
    *,
    term_name: str | None = None,
    permalink: str = "",
    elsewhere: bool = False,
    in_order: bool = False,
) -> CardMessage:
    """In the thread of a later alert, where its invoices' case is.

    `permalink`: of the case's card; empty while it has none.
    `elsewhere`: whether the card stands in another channel, and so not above.
    `term_name`: for an alert that names a term and no invoice.
    `in_order`: whether the term is in Intacct and active, so that it is not what the invoices wait for.
    """
    case = words.link(permalink, f"case {case_number}" if elsewhere else f"case {case_number} above")
    if not numbers:
        what = f"{words.code(term_name, 100)} is" if term_name is not None else "This failure is"
        return message([section(f"{what} looked after already: {case}.")])
    shown = [words.name(number, 60) for number in numbers[:5]]
    more = len(numbers) - len(shown)
    who = words.joined([*shown, *([f"{words.number(more)} more"] if more else [])])
    if in_order:
        return message([section(f"{who} failed again although the term is in order; what else to look at: {case}.")])
    return message([section(f"{who} {'waits' if len(numbers) == 1 else 'wait'} for the same term: {case}.")])


def refused(
    reason: RefusalReason,
    approvers: Sequence[str],
    *,
    case_id: int,
    digest: str,
    clicker: str,
    deputies: Collection[str] = (),
    what: str = "approve",
) -> CardMessage:
    """To a person who may not decide: why, and who can. [Ask them] where asking bars him from nothing that he may do.

    `what`: what he wished to do, as `decide.barred` calls it.
    """
    others = [approver for approver in approvers if approver != clicker]
    blocks: list[Block] = [section(refusal_sentence(reason, approvers, clicker, deputies=deputies, what=what))]
    if reason in _MAY_ASK and others:
        blocks.append(actions("refused", [button(ActionId.ASK, "Ask them", case_value(case_id, digest))]))
    return message(blocks)


_MAY_ASK = frozenset({RefusalReason.NOT_APPROVER, RefusalReason.SUPPLIED, RefusalReason.EDITED, RefusalReason.BILLED})


_CAN = {
    "approve": "approve this",
    "decline": "decline this",
    "accept": "accept this",
    "dismiss": "dismiss this",
    "period": "choose for a closed period",
}
"""What somebody entitled can do."""


def refusal_sentence(
    reason: RefusalReason,
    approvers: Sequence[str],
    clicker: str,
    *,
    deputies: Collection[str] = (),
    what: str = "approve",
) -> str:
    """Why this person may not do `what` (of `decide.barred`), and who can; mrkdwn, for a view or a message."""
    others = [approver for approver in approvers if approver != clicker]
    named = words.people(others, standing_in=deputies)
    who = f"Only {named} can {_CAN[what]}." if others else "Nobody else is named as an approver yet."
    why = {
        RefusalReason.NOT_APPROVER: "",
        RefusalReason.ASKED: "You asked for this decision, so somebody else has to take it. ",
        RefusalReason.SUPPLIED: "You told the term, so somebody else has to decide on it. ",
        RefusalReason.EDITED: "You edited this proposal, so somebody else has to decide on it. ",
        RefusalReason.BILLED: "You made an invoice that waits here, so somebody else has to decide on it. ",
        RefusalReason.NOBODY_ASKED: "Two people are needed here: somebody else has to request the decision first.",
    }[reason]
    return why if reason is RefusalReason.NOBODY_ASKED else why + who


def not_to_acknowledge(approvers: Sequence[str]) -> CardMessage:
    """To somebody who may not acknowledge a term that was made without a decision here."""
    who = (
        f"Only {words.people(approvers)} can acknowledge this." if approvers else "Nobody is named as an approver yet."
    )
    return _line(f"{who} Nothing was done; the card waits for it.")


def not_corrected(case_number: int, names: Sequence[str], *, trouble: str = "") -> CardMessage:
    """To the person who said that he corrected it: it was read, and is not so yet. `trouble`: why it was not read."""
    if trouble:
        return _line(f"I could not read it yet: {words.said(trouble)} I look again by myself.")
    found = words.joined([words.code(name, 60) for name in names[:5]]) or "nothing"
    return _line(
        f"Not seen yet for case {case_number}: the source still says {found}, which is not an active AR term by exactly "
        "that name. Save it there, then press the button again."
    )


def asked(case_number: int, approvers: Sequence[str], *, permalink: str = "") -> CardMessage:
    """To the person who asked for a decision. `approvers`: those who can take it."""
    case = words.link(permalink, f"Case {case_number}")
    if not approvers:
        return _line(
            f"Asked. {case} waits for an approver, and nobody is named who could take it now: "
            "the admin sets APPROVERS or DEPUTIES."
        )
    who = words.people(approvers, "or")
    return _line(f"Asked. {case} waits for {who}, who are told by direct message.")


def please_decide(
    case_number: int, term_name: str | None, asker: str, *, until: datetime | None, permalink: str = ""
) -> CardMessage:
    """To one approver: what is asked, by whom, until when, and where the card is."""
    case = words.link(permalink, f"case {case_number}")
    about = f" about {words.code(term_name, 100)}" if term_name is not None else ""
    time = f" It expires {words.on_day(until)}." if until is not None else ""
    return _line(f"{words.mention(asker)} asks you to decide {case}{about}: yes or no, on its card.{time}")


def expires_soon(
    case_number: int, term_name: str | None, state: CaseState, *, until: datetime | None, permalink: str = ""
) -> CardMessage:
    """To one person who can still do something about a case before its time is over."""
    case = words.link(permalink, f"Case {case_number}")
    about = f" about {words.code(term_name, 100)}" if term_name is not None else ""
    time = f" {words.at_moment(until)}" if until is not None else " soon"
    want = {
        CaseState.AWAITING_DECISION: "Nobody has decided yet; you can, on its card.",
        CaseState.AWAITING_CORRECTION: "The invoice's correction in the billing system is not seen yet.",
    }.get(state, "Its payment terms are still not known; its card asks for them.")
    return _line(f"{case}{about} expires{time}. {want} After that nothing is written for it.")


def outdated(case_number: int, state: CaseState | None = None, decision: DecisionView | None = None) -> CardMessage:
    """The click was on an earlier proposal or state. `decision`: the last one on the case."""
    return _line(f"{moved_on(case_number, state, decision)} Your click did nothing; the card is fresh now.")


_DECIDED = {"approve": "approved", "decline": "declined", "dismiss": "dismissed", "accept": "accepted"}


def moved_on(case_number: int, state: CaseState | None, decision: DecisionView | None) -> str:
    """What became of a case since its card was drawn: who decided it already, where somebody did."""
    case = f"Case {case_number}"
    if state is CaseState.EXPIRED:
        return f"{case} has expired."
    open_again = state in (CaseState.OPEN, CaseState.AWAITING_DECISION, CaseState.AWAITING_CORRECTION)
    if decision is None or state is None or open_again or state is CaseState.MERGED:
        return f"{case} has moved on since that card was made."
    verb = _DECIDED.get(decision.verdict, "decided")
    return f"{case} was {verb} by {words.mention(decision.user_id)} {words.at_moment(decision.at)}."


def nobody_known(case_number: int) -> CardMessage:
    """The workspace did not tell in time who may decide."""
    return _line(
        f"Slack did not tell me who may decide, so nothing was done on case {case_number}. Please press again in a minute."
    )


def list_decided(
    approved: Sequence[int], others: Sequence[tuple[int, str, str]], approvers: Sequence[str], *, clicker: str
) -> CardMessage:
    """To whoever approved several cases from a list: which are decided, and which are not, with why.

    `others`: the case's number, how the act ended (an `OutcomeKind` value), and why he may not decide, if so.
    """
    count = words.counted(len(approved), "case")
    done = f"Approved: {words.joined([str(number) for number in approved[:30]])} ({count}, a decision each)."
    lines = [done if approved else "Nothing was approved."]
    for number, what, reason in others[:20]:
        if reason:
            why = refusal_sentence(RefusalReason(reason), approvers, clicker)
        elif what == "outdated":
            why = "It has moved on since the list was opened. Nothing was done."
        elif what == "expired":
            why = "It has expired. Nothing was done."
        elif what == "unknown_who":
            why = "Slack did not tell who may decide. Nothing was done; please try again."
        else:
            why = "It takes a reason; please decide on its card."
        lines.append(f"Case {number}: {why}")
    return _line("\n".join(lines))


def too_late(case_number: int) -> CardMessage:
    """The decision had expired."""
    return _line(f"Case {case_number} has expired. Nothing was done. The next failure opens a new case.")


def press_again() -> CardMessage:
    """The view could not be opened within Slack's three seconds."""
    return _line("That took longer than Slack allows for opening a window. Nothing was done; please press again.")


def repeat_please() -> CardMessage:
    """The click or command could not be kept, so it was not taken."""
    return _line("I cannot take this in just now, so nothing was done. Please repeat it in a minute.")


def unexpected(error_id: str) -> CardMessage:
    """Something went wrong that nobody foresaw; the log has the rest under this id."""
    return _line(
        "Something went wrong that I did not expect, and I stopped there. "
        f"The admin finds it in the log under {words.code(error_id, 60)}."
    )


def reason_needed(*, reference: bool) -> CardMessage:
    """The decision came without what it takes."""
    what = "a reason and a reference" if reference else "a reason"
    return _line(f"This decision takes {what}. Nothing was done; please press the button again and give {what}.")


def looking() -> CardMessage:
    """While a look-up is under way."""
    return _line("Looking at both systems. This takes a few seconds.")


def noted_told(case_number: int) -> CardMessage:
    """To the person who told the term."""
    return _line(f"Noted for case {case_number}; I am looking at it now. As you told the term, somebody else decides.")


def noted_edit(case_number: int) -> CardMessage:
    """To the person who edited the proposal."""
    return _line(f"Case {case_number} has your proposal now. As you edited it, somebody else decides.")


def not_a_member() -> CardMessage:
    """To somebody who is no full member of the workspace."""
    return _line("Only full members of this workspace can do that. Nothing was done.")


def case_gone() -> CardMessage:
    """A button of a case that the records do not hold."""
    return _line(
        f"I do not know this case any more. Nothing was done; {words.code(COMMAND)} with the number looks it up."
    )


def finding_kept(names: Sequence[str], weeks: int) -> CardMessage:
    """To the person who kept a finding quiet."""
    shown = _names_of_finding(names)
    until = f"for {words.counted(weeks, 'week')}, or until it changes" if weeks else "until it changes"
    return _line(f"Noted: {shown} is kept quiet {until}. Your name and the reason stay with it.")


def finding_changed(names: Sequence[str]) -> CardMessage:
    """To the person who wanted to keep a finding quiet that is another by now."""
    return _line(
        f"What the report said of {_names_of_finding(names)} has changed since. Nothing was kept quiet: please decide on "
        "the newest report, or on `/checkterms report`."
    )


def finding_gone(names: Sequence[str]) -> CardMessage:
    """To the person who wanted to keep a finding quiet that is fixed by now."""
    return _line(f"What the report said of {_names_of_finding(names)} is fixed since: there is nothing to keep quiet.")


def finding_told_again(names: Sequence[str], *, ended: bool) -> CardMessage:
    """To the person who ended what kept a finding quiet."""
    if not ended:
        return _line(f"{_names_of_finding(names)} is not kept quiet any more. Nothing was changed.")
    return _line(f"Noted: {_names_of_finding(names)} is told again, from the next report on.")


def _names_of_finding(names: Sequence[str]) -> str:
    return words.joined([words.code(name, 60) for name in names[:3]])


def finding_refused(people: Sequence[str]) -> CardMessage:
    """To a person who may not keep a finding quiet."""
    return _line(f"Only {words.people(people)} can keep a finding quiet, or have it told again. Nothing was changed.")


def retire_asked(name: str, already: int | None) -> CardMessage:
    """To the person who asked for a term to be made inactive. `already`: the open case that is about that, if any."""
    term = words.code(name, 60)
    if already is not None:
        return _line(f"Case {already} is about making {term} inactive already. Nothing was done.")
    return _line(
        f"Asked. I look whether anything uses {term}; its card says what I find. Somebody else than you decides."
    )


def gave_up(task: str, error: str) -> CardMessage:
    """Something that the calendar asked for failed too often."""
    return _line(
        f"{words.code(task, 100)} failed eight times and is not tried again by itself: {words.said(error, 300)} "
        "The log has the whole story; `python -m bot doctor` checks the set-up."
    )


def calls_near(calls: int, limit: int, month: str) -> CardMessage:
    """Intacct's contract counts requests a month, and their number is near or reached. `month`: such as `2026-11`."""
    used = f"I have asked Intacct {calls:,} times in {words.name(month, 10)}; your contract has {limit:,} a month"
    if calls >= limit:
        return _line(
            f"{used}. Sage may charge for what is beyond it. I go on working; other tools' requests are not in my count."
        )
    return _line(
        f"{used} ({calls * 100 // limit} %). What goes beyond it Sage may charge for. Other tools' requests are not in "
        "my count."
    )


def sign_in_refused(sentence: str, vendor_words: str, advice: str) -> CardMessage:
    """Intacct refused a sign-in, so nothing is written until somebody has put it right."""
    told = f" Intacct says: “{words.said(vendor_words, 300)}”" if vendor_words else ""
    return _line(
        f"{words.said(sentence, 300)}{told} Nothing more is written to Intacct until it is put right. "
        f"{words.said(advice, 300)} Then start the bot again; `python -m bot doctor` checks the set-up."
    )


def calendar_ends(period: str) -> CardMessage:
    """The last period of the close calendar has closed."""
    return _line(
        f"{words.period(period)} was the last period of the close calendar. Nobody is reminded of later ones, and no card "
        "knows when they close, until CLOSE_CALENDAR names them and I am restarted."
    )


def found_many(more: int) -> CardMessage:
    """The daily look found more terms that would fail than it opened cases for."""
    terms = words.counted(more, "more term would fail", "more terms would fail")
    return _line(f"{terms} at the next sync than I opened cases for. `/checkterms report` tells of all of them.")


def set_aside(kind: str, error: str) -> CardMessage:
    """Something that came from Slack could not be worked off."""
    return _line(
        f"A {words.name(kind, 30)} from Slack could not be worked off in five attempts and was set aside: "
        f"{words.said(error, 300)} Nothing else waits for it. Whoever sent it may do so again."
    )


def not_kept(about: str, error: str) -> CardMessage:
    """An alert was taken in, and no case could be made of it."""
    return _line(
        f"An alert about {words.name(about, 100)} was taken in, and no case could be made of it in five attempts: "
        f"{words.said(error, 300)} I try again each hour. Until then nobody is asked to decide about it."
    )


def _line(text: str) -> CardMessage:
    return message([section(text)])
