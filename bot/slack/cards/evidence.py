"""The evidence of a card: how the name stands against Intacct's terms, who uses what, and what is advised."""

from __future__ import annotations

from bot.cases.view import Diagnosis, Unknown
from bot.slack.cards import words
from bot.slack.cards.facts import described, numbers, waiting
from bot.slack.cards.periods import shut_out_steps, split
from bot.slack.cards.subject import Subject
from bot.terms.limits import name_trouble
from bot.terms.matching import Match, MatchKind, XRay
from bot.terms.term import ArTerm, in_words, same_rule
from bot.terms.wording import readings

_WHO_SAYS = "Press *Edit first* to say what the term means."
_CARD_ASKS = "Ask for a decision puts it on a card in the channel, where somebody can say what the term means."
XRAY_LIMIT = 600
"""Characters of one line of the x-ray."""

OTHER_CAUSES = (
    "the document numbering of AR invoices, and the sequence that it uses (Accounts Receivable > Setup)",
    "the entity that the sync signs in to: the term or the sequence may not be usable there",
    "the customer's status in Intacct: inactive, or on hold",
    "the rights of the sync's user in Intacct: Accounts Receivable, invoices, Add",
)
"""What else raises these words although the term is there."""


def advises_correction(subject: Subject) -> bool:
    """For a look-alike: whether the source's name is the one to correct, rather than creating the exact name.

    The source's where Intacct's name is clean and its record active; where both are clean, the one fewer invoices use.
    """
    diagnosis = subject.diagnosis
    match = diagnosis.match if diagnosis is not None else None
    if diagnosis is None or match is None or match.xray is None or match.term is None or not match.term.active:
        return False
    if match.xray.source_clean and match.xray.intacct_clean:
        return diagnosis.intacct_uses.get(match.term.name, 0) >= (diagnosis.source_invoices or 0)
    return match.xray.intacct_clean


def evidence_lines(subject: Subject) -> list[str]:
    """What was found, and what it means; one paragraph an item."""
    diagnosis = subject.diagnosis
    if diagnosis is None:
        return ["I am reading the invoice and the terms of both systems. This takes a few seconds."]
    if diagnosis.match is None:
        return _unknown(subject, diagnosis)
    lines = {
        MatchKind.EXACT: _exact,
        MatchKind.INACTIVE: _inactive,
        MatchKind.LOOKALIKE: _lookalike,
        MatchKind.EQUIVALENT: _equivalent,
        MatchKind.ABSENT: _absent,
    }[diagnosis.match.kind](subject, diagnosis, diagnosis.match)
    if diagnosis.undecided:
        lines.append(f"No rule can be proposed without a person: {words.said(diagnosis.undecided)}")
        if not name_trouble(diagnosis.match.name):
            lines.append(_WHO_SAYS if subject.on_card else _CARD_ASKS)
    return lines


def rule_words(term: ArTerm) -> str:
    """The record's rule in words, or why it could not be read."""
    if term.rule is not None:
        return words.said(in_words(term.rule), 200)
    return f"a rule that could not be read ({words.said(term.unread, 200)})" if term.unread else "an unknown rule"


def _unknown(subject: Subject, diagnosis: Diagnosis) -> list[str]:
    detail = [f"It says: “{words.said(diagnosis.detail)}”"] if diagnosis.detail else []
    tell = (
        "Tell me the term as it stands on the invoice, or correct the number and press Check again."
        if subject.on_card
        else "Ask for a decision puts it on a card in the channel, where the term can be told."
    )
    trying = "I keep trying; nothing was changed." if subject.failed else "Please check again in a while."
    if diagnosis.unknown is Unknown.INVOICE_NOT_FOUND:
        return ["Was it renamed or deleted?", *detail, tell]
    if diagnosis.unknown is Unknown.SEVERAL_FOUND:
        found = [f"• {described(invoice.billed)}" for invoice in subject.invoices[:5] if invoice.billed is not None]
        return ["I cannot tell which of them did not sync.", *found, *detail, tell]
    if diagnosis.unknown is Unknown.NO_TERM:
        return ["Nothing there says what its terms are, and its customer's default does not either.", *detail, tell]
    if diagnosis.unknown is Unknown.SOURCE_DOWN:
        return [*detail, f"The invoice's terms are therefore not known. {trying}"]
    return [*detail, f"How the terms stand there is therefore not known. {trying}"]


def _exact(subject: Subject, diagnosis: Diagnosis, match: Match) -> list[str]:
    term = match.term
    since = ""
    changed = (term.modified_at or term.created_at) if term is not None else None
    if diagnosis.newer_than_alert and changed is not None:
        after = ", after this alert" if subject.failed else ""
        since = f"It is so since {words.at_moment(changed)}{after}. "
    rule = f" Its rule: {rule_words(term)}." if term is not None else ""
    free, shut = split(subject.invoices)
    if not subject.failed and shut:
        why = "the period of its date is closed for AR, and an approver chooses first, on the case's card"
        return [
            f"{since}Nothing to create.{rule}",
            f"If {numbers(shut)} is not in Intacct, do not simply sync it again: {why}.",
        ]
    if not subject.failed:
        which = numbers(subject.invoices) if subject.invoices else "an invoice with it"
        return [
            f"{since}Nothing to create.{rule} If {which} is not in Intacct, sync it again in {subject.source_link}."
        ]
    left = waiting(free)
    if shut:
        sync = f" Sync {numbers(left)} again in {subject.source_link}." if left else ""
        return [f"{since}Nothing to create.{rule}{sync} I am watching.", *shut_out_steps(subject, shut)]
    if subject.invoices and not left:
        return [f"{since}Nothing to create, and nothing is left to sync again for the term.{rule}"]
    return [
        f"{since}Nothing to create: sync {numbers(left)} again in {subject.source_link}.{rule} I am watching.",
        "If it fails again all the same, the term is not the cause, and the card will say what else to look at.",
    ]


def _if_open(subject: Subject) -> str:
    """What has to be said with every advice to sync, where the period of an invoice is closed."""
    shut = split(subject.invoices)[1]
    return f", but not {numbers(shut)} before an approver has chosen" if shut else ""


def _inactive(subject: Subject, diagnosis: Diagnosis, match: Match) -> list[str]:
    term = match.term
    if term is None:
        return []
    known = []
    if term.modified_at is not None:
        by = f" by {words.name(term.modified_by, 60)}" if term.modified_by else ""
        known.append(f"Record {words.name(term.record_no, 20)} last changed {words.on_day(term.modified_at)}{by}")
    if diagnosis.last_used is not None:
        known.append(f"last used on an invoice of {words.calendar(diagnosis.last_used)}")
    record = f"{'; '.join(known)}. " if known else ""
    agrees = _name_agrees(subject)
    return [
        f"{record}Its rule: {rule_words(term)}{agrees}.",
        f"Somebody made it inactive, perhaps for a reason. Reactivated, {numbers(subject.invoices)} can sync again{_if_open(subject)}.",
    ]


def _name_agrees(subject: Subject) -> str:
    proposal = subject.proposal
    if proposal is None:
        return ""
    if proposal.conflicts:
        return ", which is not what everything else says (see below)"
    named = any(same_rule(reading, proposal.rule) for reading in readings(proposal.name))
    proved = bool(proposal.proof) and all(line.holds for line in proposal.proof)
    says = [*(["the name"] if named else []), *(["the invoices' due dates"] if proved else [])]
    verb = "says" if says == ["the name"] else "say"
    return f", as {words.joined(says)} {verb}" if says else ""


def _lookalike(subject: Subject, diagnosis: Diagnosis, match: Match) -> list[str]:
    term, xray = match.term, match.xray
    if term is None or xray is None:
        return []
    return [xray_block(xray), " ".join(_odd_side(subject, diagnosis, term, xray))]


def xray_block(xray: XRay) -> str:
    """Both names, character by character, in a code block."""
    source, books = xray.lines()
    shown = [words.cut_plain(line, XRAY_LIMIT) for line in (source, books)]
    return f"```\ninvoice   {shown[0]}\nIntacct   {shown[1]}\n```"


def _odd_side(subject: Subject, diagnosis: Diagnosis, term: ArTerm, xray: XRay) -> list[str]:
    source = subject.system
    uses = diagnosis.intacct_uses.get(term.name)
    used = f" and {words.counted(uses, 'invoice')} {'uses' if uses == 1 else 'use'} it" if uses is not None else ""
    lines = [_difference_count(xray)]
    if not term.active:
        lines.append("The record in Intacct is inactive besides, so the corrected name alone would not let it sync.")
    if xray.source_clean and xray.intacct_clean:
        lines.append(f"Both names are plain; {_use_counts(subject, diagnosis, term)}.")
    elif xray.intacct_clean:
        lines.append(f"The invoice's side is the odd one: Intacct's name is plain{used}.")
    elif xray.source_clean:
        lines.append(f"Intacct's side is the odd one: the name on the invoice is plain, Intacct's is not{used}.")
    else:
        lines.append("Neither name is plain.")
    if advises_correction(subject):
        lines.append(
            f"Correct the term's name in {source}{_changes_for(diagnosis)}, then sync again{_if_open(subject)}."
        )
        lines.append("Creating the exact name would work too, and leave two terms nobody can tell apart.")
    else:
        lines.append("Advised: create the exact name, then retire the other once nothing uses it.")
    return lines


def _difference_count(xray: XRay) -> str:
    places = [words.ordinal(difference.position) for difference in xray.differences]
    if len(places) == 1:
        return f"One character differs, the {places[0]}."
    if not places:
        return "The names differ."
    shown = [*places[:6], *([f"{len(places) - 6:,} more"] if len(places) > 6 else [])]
    return f"{words.first_upper(words.number(len(places)))} characters differ: the {words.joined(shown)}."


def _use_counts(subject: Subject, diagnosis: Diagnosis, term: ArTerm) -> str:
    books, billed = diagnosis.intacct_uses.get(term.name), diagnosis.source_invoices
    if books is None or billed is None:
        return "which spelling more invoices use is not known"
    return f"{words.counted(books, 'invoice')} in Intacct use one spelling, {billed:,} in {subject.source} the other"


def _changes_for(diagnosis: Diagnosis) -> str:
    if diagnosis.source_invoices is None:
        return " (it changes wherever the term is used there)"
    customers = (
        f" and {words.counted(diagnosis.source_customers, 'customer')}"
        if diagnosis.source_customers is not None
        else ""
    )
    return f" (it changes for {words.counted(diagnosis.source_invoices, 'invoice')}{customers} there)"


def _equivalent(subject: Subject, diagnosis: Diagnosis, match: Match) -> list[str]:
    term = match.term
    if term is None:
        return []
    parts = []
    uses = diagnosis.intacct_uses.get(term.name)
    if uses is not None:
        parts.append(f"{words.counted(uses, 'invoice')} there {'uses' if uses == 1 else 'use'} it")
    if diagnosis.source_invoices is not None:
        verb = "says" if diagnosis.source_invoices == 1 else "say"
        parts.append(f"{diagnosis.source_invoices:,} in {subject.source} {verb} {words.code(match.name, 100)}")
    counts = f"; {', '.join(parts)}" if parts else ""
    advice = (
        "The sync compares names, not rules. Create the exact name now, or use one name in both systems: "
        f"rename the term in {subject.system} to {words.code(term.name, 100)} where nothing speaks against it."
    )
    return [f"The same rule, another name ({rule_words(term)}){counts}.", advice]


def _absent(subject: Subject, diagnosis: Diagnosis, match: Match) -> list[str]:
    del subject, diagnosis
    return [
        f"{words.code(match.name, 100)} exists for the entity {words.name(term.entity or 'unknown', 40)} alone, "
        "which the sync cannot use."
        for term in match.out_of_scope[:3]
    ]


def nearest_line(subject: Subject) -> str:
    """The nearest terms in Intacct, for a term that is missing there."""
    match = subject.diagnosis.match if subject.diagnosis is not None else None
    if match is None or match.kind is not MatchKind.ABSENT:
        return ""
    near = match.nearest[:5]
    if not near:
        return f"Nothing in {subject.books_link} comes near it."
    shown = [f"{words.code(term.name, 60)} ({rule_words(term)}{'' if term.active else ', inactive'})" for term in near]
    verdict = {1: "It is not the same.", 2: "Neither is the same."}.get(len(near), "None is the same.")
    return f"Nearest in {subject.books_link}: {', '.join(shown)}. {verdict}"
