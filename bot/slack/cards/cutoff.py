"""What is billed in a period and not in Intacct, to the asker alone: counts and sums, the first lines, who has to act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.cases.month_end.cutoff import CaseOfInvoice, CutOff, Missing, Owner, Sum, Whereabouts, money
from bot.cases.view import Course
from bot.slack.cards import words
from bot.slack.cards.blocks import Block, CardMessage, Style, actions, bullets, button, context, message, section
from bot.slack.cards.buttons import listing_value
from bot.slack.cards.names import COMMAND, ActionId
from bot.slack.cards.states import STATES

LINES_SHOWN = 30
_LINES_A_BLOCK = 5


def cutoff_answer(listed: CutOff, token: str, links: Mapping[int, str]) -> CardMessage:
    """The list as of its moment, with the button that keeps exactly it; `links`: to the cards, by the case's number."""
    blocks = [section(*_head(listed))]
    shown = [_line(each, links) for each in listed.missing[:LINES_SHOWN]]
    blocks += [
        section(bullets(shown[start : start + _LINES_A_BLOCK], _LINES_A_BLOCK))
        for start in range(0, len(shown), _LINES_A_BLOCK)
    ]
    more = len(listed.missing) - len(shown)
    if more:
        blocks.append(
            section(f"And {words.counted(more, 'invoice')} more; all of them are in what is kept as evidence.")
        )
    blocks.append(context(*_small_print(listed)))
    keep = button(ActionId.KEEP_CUTOFF, "Keep as evidence", listing_value(token), style=Style.PRIMARY)
    blocks.append(actions("cutoff", [keep]))
    return message(blocks)


def _head(listed: CutOff) -> list[str]:
    period, source = words.period(listed.period.name), words.name(listed.source_label, 40)
    count = len(listed.missing)
    billed = sum(each.invoices for each in listed.billed)
    what = (
        f"{words.counted(count, 'invoice')} billed and not in Intacct"
        if count
        else "all that is billed is in Intacct"
        if billed
        else f"{source} billed nothing"
    )
    scope = f"entity {words.name(listed.entity, 40)}" if listed.entity else "all entities (top level)"
    lines = [
        f"*{period}: {what}* · {words.name(listed.company, 40)}, {scope} · as of {words.at_moment(listed.as_of)}",
        _closing(listed),
    ]
    if count:
        lines += [f"Not in Intacct: {_sums(listed.sums)}."]
    if billed:
        lines.append(f"Billed in {source}: {_sums(listed.billed)}.")
    return lines


def _closing(listed: CutOff) -> str:
    if listed.closes_at is None:
        return "The close calendar does not name this period."
    when = words.at_moment(listed.closes_at)
    if listed.closes_at <= listed.as_of:
        asks = ": for each of these an approver chooses how it gets into the books" if listed.missing else ""
        return f"It is closed for AR since {when}{asks}."
    return f"It closes for AR {when}, which is in {words.duration(listed.closes_at - listed.as_of)}."


def _sums(sums: Sequence[Sum]) -> str:
    """By currency: a count and a total each, credits apart."""
    return "; ".join(
        f"{words.counted(each.invoices, 'invoice')}, "
        + (words.totals((part.amount, part.currency) for part in money([each])) or "no amount told")
        for each in sums[:6]
    )


def _line(each: Missing, links: Mapping[int, str]) -> str:
    invoice = each.billed
    parts = [words.link(invoice.url, words.name(invoice.number, 60))]
    if invoice.customer_name:
        parts.append(words.name(invoice.customer_name, 60))
    if invoice.amount is not None:
        parts.append(words.money(invoice.amount, invoice.currency))
    if invoice.invoice_date is not None:
        parts.append(words.month_day(invoice.invoice_date))
    if each.whereabouts is Whereabouts.UNPOSTED:
        parts.append(f"in Intacct as {words.said(each.books_state, 40)}, not posted")
    if each.whereabouts is Whereabouts.ELSEWHERE:
        entity = each.books_state
        parts.append(f"in Intacct's entity {words.name(entity, 40)}" if entity else "in Intacct at the top level")
    parts.append(_case(each.case, links))
    return " · ".join(parts)


def _case(case: CaseOfInvoice | None, links: Mapping[int, str]) -> str:
    if case is None:
        return "no case: nobody has it yet"
    who = {
        Owner.NOBODY: "nobody",
        Owner.APPROVERS: "an approver",
        Owner.TELLER: "whoever can tell its term",
        Owner.CORRECTOR: words.mention(case.person) if case.person else "who said that it is wrong",
        Owner.SYNC: "whoever runs the sync",
        Owner.BOT: "me, just now",
        Owner.ADMIN: "the finance systems admin",
    }[case.owner]
    link = words.link(links.get(case.number, ""), f"case {case.number}")
    chosen = {
        None: "",
        Course.REOPEN: ", to be posted in the reopened period",
        Course.CURRENT: ", to be posted in the current period",
    }[case.choice]
    return f"{link}{chosen}, {STATES[case.state]}: {who}"


def _small_print(listed: CutOff) -> list[str]:
    source = words.name(listed.source_label, 40)
    read = [words.counted(listed.source_requests, "request")] if listed.source_requests else []
    cost = f"Read with {' and '.join([*(f'{each} to {source}' for each in read), _queries(listed)])}."
    undated = (
        f"{words.counted(listed.undated, 'invoice')} without a date in {source} may belong here too; not listed."
        if listed.undated
        else ""
    )
    return [
        f"By the invoices' dates in {source}, whatever the reason. What was billed elsewhere is not in this list.",
        undated,
        cost,
    ]


def _queries(listed: CutOff) -> str:
    return f"{words.counted(listed.books_queries, 'query', 'queries')} of Intacct"


def cutoff_kept(period: str, company: str, number: int) -> CardMessage:
    """The list is in the journal, and under which number."""
    kept = f"Kept as evidence: the whole list of {words.period(period)} is entry {number:,} of the journal of "
    return message([section(f"{kept}{words.name(company, 60)}.")])


def cutoff_gone() -> CardMessage:
    """The list was shown too long ago, or to somebody else."""
    return message([section(f"This list can no longer be kept. Please ask again: `{COMMAND} close 2026-10`.")])


def cutoff_trouble(period: str, why: str) -> CardMessage:
    """One of the systems did not answer, or cannot tell."""
    return message([section(f"*{words.period(period)} could not be listed.* {words.said(why)}")])


def no_calendar() -> CardMessage:
    """`/checkterms close` where no close calendar says which period is next."""
    return message(
        [
            section(
                "Which period? No close calendar is set (CLOSE_CALENDAR), so I do not know which one closes next. "
                f"Try `{COMMAND} close 2026-10`."
            )
        ]
    )


def still_reading(what: str, where: str) -> Block:
    """While something long is being read."""
    stands = f"{words.said(where.removesuffix('.'))}. " if where else ""
    return section(f"{words.name(what, 60)}: {stands}It follows here.")
