"""The views: what a person is asked in a window, with what he needs to know beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from bot.cases.case import CaseState
from bot.cases.folding.overview import CaseLine, Overview
from bot.cases.view import Arrival, CaseKind, CaseView, Course
from bot.slack.cards import words
from bot.slack.cards.answers import LookUp, look_up_blocks
from bot.slack.cards.blocks import (
    TITLE_LIMIT,
    VIEW_BLOCKS,
    Block,
    Input,
    Option,
    bullets,
    context,
    divider,
    input_block,
    plain,
    section,
    within,
)
from bot.slack.cards.buttons import list_value
from bot.slack.cards.choices import BASES, CYCLES, STARTS, UNITS, figure
from bot.slack.cards.evidence import evidence_lines, nearest_line
from bot.slack.cards.facts import invoice_lines, numbers
from bot.slack.cards.names import BlockId, ViewId
from bot.slack.cards.outcome import difference_lines
from bot.slack.cards.overview import Choice, Links, list_blocks
from bot.slack.cards.periods import by_closing, period_lines, split
from bot.slack.cards.plan import plan_lines
from bot.slack.cards.subject import Subject, of_case
from bot.slack.cards.submissions import (
    DESCRIPTION_LONGEST,
    REASON_LONGEST,
    REFERENCE_LONGEST,
    TERM_NAME_LONGEST,
    described,
)
from bot.slack.cards.withdraw_card import deactivation_lines, use_lines, wish_lines
from bot.terms.proposal import Action
from bot.terms.term import AmountUnit, DiscountBasis, DueFrom, PaymentTerm, PenaltyCycle

View = Block
"""A view as Slack's JSON has it."""

VIEW_TEXT_LIMIT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewContext:
    """What a view keeps of where it was opened, to be read at its submission."""

    case_id: int
    digest: str
    """Of the proposal that the person sees."""
    channel: str = ""
    message_ts: str = ""
    thread_ts: str = ""


class UnreadableContextError(ValueError):
    """A view's private metadata that no view of this bot carries."""


def write_context(context: ViewContext) -> str:
    """The `private_metadata` of a view."""
    return json.dumps(asdict(context))


def read_context(metadata: str) -> ViewContext:
    """What a view kept. Raises UnreadableContextError."""
    try:
        read = json.loads(metadata)
        case_id, rest = read["case_id"], {key: read[key] for key in ("digest", "channel", "message_ts", "thread_ts")}
    except (ValueError, KeyError, TypeError):
        raise UnreadableContextError("the view's metadata is not this bot's") from None
    if not isinstance(case_id, int) or not all(isinstance(value, str) for value in rest.values()):
        raise UnreadableContextError("the view's metadata is not this bot's")
    return ViewContext(case_id=case_id, **rest)


def loading_view(title: str = "Termkeeper") -> View:
    """Opened at once, within Slack's three seconds; replaced by what was asked for."""
    return _view(ViewId.LOADING, title, [section("One moment, I am reading the case.")], close="Close")


def notice_view(title: str, sentence: str) -> View:
    """A sentence in place of the view that was asked for: refused, moved on, not known."""
    return _view(ViewId.NOTICE, title, [section(sentence)], close="Close")


def plain_view(view_id: ViewId, title: str, blocks: Sequence[Block], *, submit: str = "", metadata: str = "") -> View:
    """A view that belongs to no case; `metadata` comes back with its submission."""
    made = _view(view_id, title, blocks, submit=submit, close="Cancel" if submit else "Close")
    return made | ({"private_metadata": metadata} if metadata else {})


def look_up_view(looked: Sequence[LookUp]) -> View:
    """The message shortcut's answer: the same as `/checkterms`."""
    return _view(ViewId.LOOK_UP, "Payment terms", look_up_blocks(looked), close="Close")


def edit_view(view: CaseView, context_: ViewContext) -> View:
    """Every field of the term to create; its name is shown and cannot be edited."""
    subject = of_case(view)
    proposal = view.proposal
    rule = proposal.rule if proposal is not None else None
    description = (
        proposal.description if proposal is not None and proposal.description != described(proposal.rule) else ""
    )
    blocks = [
        section(
            f"*Name* {words.code(view.term_name or '', 500)}", "Exactly as on the invoice; it cannot be edited here."
        ),
        context(
            "Whoever edits a proposal cannot decide on it. The due date that the customer was sent stays as it is."
        ),
        *_due_inputs(rule),
        divider(),
        *_discount_inputs(rule),
        divider(),
        *_penalty_inputs(rule),
        divider(),
        input_block(
            Input(
                block_id=BlockId.DESCRIPTION,
                label="Description",
                hint="Left empty, it says the rule in words.",
                value=description,
                optional=True,
                longest=DESCRIPTION_LONGEST,
            )
        ),
        _reason(BlockId.EDIT_REASON, "Why is the proposal edited?", "Kept in the journal, and shown to who decides."),
    ]
    evidence = plan_lines(subject)
    if evidence:
        blocks.insert(1, section(*evidence))
    return _view(ViewId.EDIT, "Edit the term", blocks, submit="Propose", context_=context_)


def _due_inputs(rule: PaymentTerm | None) -> list[Block]:
    return [
        _select(BlockId.DUE_START, "Due, counted from", STARTS, rule.due.start if rule else DueFrom.INVOICE_DATE),
        _figure(
            BlockId.DUE_DAYS,
            "Days, or day of the month",
            str(rule.due.days) if rule else "",
            hint="0 to 999 days, or 1 to 31 where a month is chosen above.",
            optional=False,
        ),
    ]


def _discount_inputs(rule: PaymentTerm | None) -> list[Block]:
    discount = rule.discount if rule else None
    return [
        _figure(
            BlockId.DISCOUNT_AMOUNT,
            "Discount for early payment",
            figure(discount.amount) if discount else "",
            hint="Leave it empty for no discount.",
        ),
        _select(BlockId.DISCOUNT_UNIT, "Discount in", UNITS, discount.unit if discount else AmountUnit.PERCENTAGE),
        _figure(
            BlockId.DISCOUNT_DAYS, "Discount days, or day of the month", str(discount.rule.days) if discount else ""
        ),
        _select(
            BlockId.DISCOUNT_START,
            "Discount, counted from",
            STARTS,
            discount.rule.start if discount else DueFrom.INVOICE_DATE,
        ),
        _figure(BlockId.DISCOUNT_GRACE, "Discount grace days", str(discount.grace_days) if discount else ""),
        _select(
            BlockId.DISCOUNT_BASIS,
            "Discount calculated on",
            BASES,
            discount.basis if discount else DiscountBasis.INVOICE_TOTAL,
        ),
    ]


def _penalty_inputs(rule: PaymentTerm | None) -> list[Block]:
    penalty = rule.penalty if rule else None
    return [
        _select(
            BlockId.PENALTY_CYCLE, "Penalty for late payment", CYCLES, penalty.cycle if penalty else PenaltyCycle.NONE
        ),
        _figure(BlockId.PENALTY_AMOUNT, "Penalty", figure(penalty.amount) if penalty else ""),
        _select(BlockId.PENALTY_UNIT, "Penalty in", UNITS, penalty.unit if penalty else AmountUnit.PERCENTAGE),
        _figure(BlockId.PENALTY_GRACE, "Penalty grace days", str(penalty.grace_days) if penalty else ""),
    ]


def approval_view(view: CaseView, context_: ViewContext) -> View:
    """Create or reactivate with a reason: every doubt stated, a reference where the proposal takes one.

    Its submission is the decision. Raises ValueError for a case without a proposal that can be approved.
    """
    proposal = view.proposal
    if proposal is None or proposal.action is Action.BY_HAND:
        raise ValueError("there is nothing to approve in this case")
    subject = of_case(view)
    reactivate = proposal.action is Action.REACTIVATE
    blocks = [section(*_head(view, subject))]
    evidence = [line for line in evidence_lines(subject) if line]
    if evidence:
        blocks.append(section(*evidence))
    blocks.append(section(*plan_lines(subject), nearest_line(subject)))
    if proposal.conflicts:
        blocks.append(section("*Sources disagree*", _sentences(proposal.conflicts)))
    doubts = [doubt for doubt in proposal.doubts if doubt not in proposal.conflicts]
    if doubts:
        blocks.append(section("*Doubts*", _sentences(doubts)))
    if proposal.outside_policy:
        blocks.append(section("*Outside the policy for terms*", _sentences(proposal.outside_policy)))
    blocks.append(_reason(BlockId.APPROVE_REASON, "Why is this right?", "Kept with the decision in the journal."))
    if proposal.needs_reference:
        blocks.append(_reference())
    blocks.append(context("Submitting this writes to Intacct. Your name and your words are kept with the decision."))
    title, submit = ("Reactivate the term", "Reactivate") if reactivate else ("Create the term", "Create")
    return _view(ViewId.APPROVE, title, blocks, submit=submit, context_=context_)


def withdraw_view(view: CaseView, context_: ViewContext) -> View:
    """Why a term that was made here should be made inactive; another person decides."""
    blocks = [
        section(
            *_head(view, of_case(view)),
            f"I look whether anything uses {words.code(view.made, 100)}. Where nothing does, somebody else than you decides "
            "whether it is made inactive; otherwise I list what uses it. Nothing is deleted.",
        ),
        _reason(BlockId.WITHDRAW_REASON, "Why should it be withdrawn?", "Shown on the card, and kept in the journal."),
    ]
    return _view(ViewId.WITHDRAW, "Withdraw the term", blocks, submit="Ask", context_=context_)


def retire_view(company: str, name: str, keep: str, metadata: str) -> View:
    """Why a term that Intacct already had should be made inactive; another person decides."""
    blocks = [
        section(
            f"{words.code(name, 100)} · {words.name(company, 60)}",
            f"{words.code(keep, 100)} is the name to keep for its rule. I look again whether anything uses "
            f"{words.code(name, 100)}. Where nothing does, somebody else than you decides whether it is made inactive; "
            "otherwise I list what uses it. Nothing is deleted, and invoices keep their terms.",
        ),
        _reason(
            BlockId.WITHDRAW_REASON, "Why should it be made inactive?", "Shown on the card, and kept in the journal."
        ),
    ]
    return plain_view(ViewId.RETIRE, "Make a term inactive", blocks, submit="Ask", metadata=metadata)


def deactivation_view(view: CaseView, context_: ViewContext) -> View:
    """Make a term inactive, with a reason. Its submission is the decision."""
    blocks = [
        section(f"*Case {view.number}* · {words.code(view.term_name or '', 100)} · {words.name(view.company, 60)}"),
        section(*wish_lines(view)),
        section(*use_lines(view)),
        section(*deactivation_lines(view)),
        _reason(BlockId.APPROVE_REASON, "Why is this right?", "Kept with the decision in the journal."),
        *([_reference()] if view.proposal is not None and view.proposal.needs_reference else []),
        context("Submitting this writes to Intacct. Your name and your words are kept with the decision."),
    ]
    return _view(ViewId.APPROVE, "Make the term inactive", blocks, submit="Make inactive", context_=context_)


def decline_view(view: CaseView, context_: ViewContext) -> View:
    """The reason for a no."""
    blocks = [
        section(*_head(view, of_case(view)), "Nothing is written to Intacct, and the case ends."),
        _reason(BlockId.DECLINE_REASON, "Why is it declined?", "Shown on the card, and kept in the journal."),
    ]
    return _view(ViewId.DECLINE, "Decline", blocks, submit="Decline", context_=context_)


def dismiss_view(view: CaseView, context_: ViewContext) -> View:
    """The reason for ending a case without deciding on a proposal."""
    left = [invoice for invoice in view.invoices if invoice.arrival is not Arrival.ARRIVED]
    awaited = f"{numbers(left)} {'is' if len(left) == 1 else 'are'} not watched any more. " if left else ""
    blocks = [
        section(
            *_head(view, of_case(view)),
            f"Nothing more is written to Intacct for this case, and it ends. {awaited}A new failure opens a new case.",
        ),
        _reason(BlockId.DISMISS_REASON, "Why is it dismissed?", "Shown on the card, and kept in the journal."),
    ]
    return _view(ViewId.DISMISS, "Dismiss the case", blocks, submit="Dismiss", context_=context_)


def accept_view(view: CaseView, context_: ViewContext) -> View:
    """The reason for accepting an invoice that arrived otherwise than billed."""
    lines: list[str] = []
    for invoice in [each for each in view.invoices if each.arrival is Arrival.DIFFERENT][:5]:
        lines += [
            f"*{words.name(invoice.number, 60)}*",
            *difference_lines(invoice.differences, "billed", "in Intacct"),
        ]
    blocks = [
        section(*_head(view, of_case(view)), *lines),
        _reason(BlockId.ACCEPT_REASON, "Why is it right as it is?", "Shown on the card, and kept in the journal."),
    ]
    return _view(ViewId.ACCEPT, "Accept as it is", blocks, submit="Accept", context_=context_)


def tell_term_view(view: CaseView, context_: ViewContext) -> View:
    """The term as it stands on the invoice, and what it means where the person knows."""
    blocks = [
        section(*_head(view, of_case(view))),
        input_block(
            Input(
                block_id=BlockId.TERM_NAME,
                label="Payment terms, exactly as on the invoice",
                hint="Taken letter by letter, blanks included. Whoever tells the term cannot decide on it.",
                placeholder="Net 45",
                longest=TERM_NAME_LONGEST,
            )
        ),
        _select(BlockId.TERM_START, "Due, counted from", STARTS, DueFrom.INVOICE_DATE),
        _figure(
            BlockId.TERM_DAYS,
            "Days, or day of the month",
            "",
            hint="0 to 999 days, or 1 to 31 where a month is chosen above. Leave it empty to go by the name.",
        ),
    ]
    return _view(ViewId.TELL_TERM, "Tell me the term", blocks, submit="Tell", context_=context_)


def invoice_wrong_view(view: CaseView, context_: ViewContext) -> View:
    """What the invoice should say; it is corrected at the source, not here."""
    subject = of_case(view)
    blocks = [
        section(
            *_head(view, subject),
            f"Then correct {numbers(view.invoices)} in {subject.source_link}. "
            "I watch it there, and nothing is created in Intacct.",
        ),
        input_block(
            Input(
                block_id=BlockId.SHOULD_BE,
                label="Which payment terms should the invoice have?",
                placeholder="Net 30",
                longest=TERM_NAME_LONGEST,
            )
        ),
    ]
    return _view(ViewId.INVOICE_WRONG, "The invoice is wrong", blocks, submit="Save", context_=context_)


def period_view(view: CaseView, context_: ViewContext) -> View:
    """How the invoices of a closed period get into the books. Raises ValueError where none is shut out."""
    shut = by_closing(split(view.invoices)[1])
    if not shut:
        raise ValueError("no invoice of this case is dated in a closed period")
    open_ones = [closing for closing, inside in shut if any(each.choice is None for each in inside)]
    preset = (open_ones or [closing for closing, _ in shut])[0].period.name
    choices = tuple(
        Option(
            value=closing.period.name,
            label=f"{words.period(closing.period.name)} ({words.counted(len(inside), 'invoice')})",
        )
        for closing, inside in shut[:PERIODS_OFFERED]
    )
    blocks = [
        section(*_head(view, of_case(view))[:1], *period_lines(view.invoices)),
        context(
            "The due date that the customer was sent stays as it is. I write nothing to Intacct for this: the card then "
            "says what is to be done, and in which order."
        ),
        input_block(Input(block_id=BlockId.PERIOD_WHICH, label="Closed period", value=preset, options=choices)),
        input_block(
            Input(
                block_id=BlockId.PERIOD_COURSE,
                label="How do its invoices get into the books?",
                options=(
                    Option(value=Course.REOPEN.value, label="Reopen the period"),
                    Option(
                        value=Course.CURRENT.value, label="Post in the current period, with an accrual for the old one"
                    ),
                ),
            )
        ),
        _reason(BlockId.PERIOD_REASON, "Why?", "Shown on the card, and kept in the journal under your name."),
    ]
    return _view(ViewId.PERIOD, "Closed period", blocks, submit="Choose", context_=context_)


PERIODS_OFFERED = 50
"""Closed periods that one view offers; Slack takes 100 options."""


def list_view(view: Overview, choices: Sequence[CaseLine], others: Sequence[Choice], links: Links) -> View:
    """The cases of one message, to decide several at once; only what is one-click can be chosen."""
    made = _view(
        ViewId.LIST,
        "Decide from a list",
        list_blocks(choices, others, links),
        submit="Approve the chosen" if choices else "",
        close="Cancel" if choices else "Close",
    )
    return made | {"private_metadata": list_value(view.alert_id)}


def _head(view: CaseView, subject: Subject) -> list[str]:
    company = words.name(view.company, 60)
    what = subject.coded_term if view.term_name is not None else "a term not known yet"
    facts = (
        invoice_lines(subject)[:1]
        if view.kind is CaseKind.FIX and view.state in (CaseState.OPEN, CaseState.AWAITING_DECISION)
        else []
    )
    return [f"*Case {view.number}* · {what} · {company}", *facts]


def _sentences(sentences: Iterable[str]) -> str:
    return bullets([words.said(sentence, 400) for sentence in dict.fromkeys(sentences)], 12)


def _reason(block_id: BlockId, label: str, hint: str) -> Block:
    return input_block(Input(block_id=block_id, label=label, hint=hint, multiline=True, longest=REASON_LONGEST))


def _reference() -> Block:
    return input_block(
        Input(
            block_id=BlockId.APPROVE_REFERENCE,
            label="Reference",
            hint="The contract, the customer's agreement, or who allowed it. Kept with the decision.",
            longest=REFERENCE_LONGEST,
        )
    )


def _select(block_id: BlockId, label: str, options: Sequence[tuple[str, str]], value: str) -> Block:
    return input_block(
        Input(
            block_id=block_id,
            label=label,
            value=str(value),
            options=tuple(Option(value=str(key), label=text) for key, text in options),
        )
    )


def _figure(block_id: BlockId, label: str, value: str, *, hint: str = "", optional: bool = True) -> Block:
    return input_block(Input(block_id=block_id, label=label, value=value, hint=hint, optional=optional, longest=20))


def _view(
    callback_id: ViewId,
    title: str,
    blocks: Sequence[Block],
    *,
    submit: str = "",
    close: str = "Cancel",
    context_: ViewContext | None = None,
) -> View:
    made: View = {
        "type": "modal",
        "callback_id": callback_id.value,
        "title": plain(title, TITLE_LIMIT),
        "close": plain(close, TITLE_LIMIT),
        "blocks": list(within(blocks, VIEW_TEXT_LIMIT))[:VIEW_BLOCKS],
    }
    if submit:
        made["submit"] = plain(submit, TITLE_LIMIT)
    if context_ is not None:
        made["private_metadata"] = write_context(context_)
    return made
