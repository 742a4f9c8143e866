"""A report in words: its headline, what each kind of finding means, and one finding in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.reports.report import Report, at_risk
from bot.terms.drift import FAILING, Amount, Effect, Finding, FindingKind, Standing
from bot.terms.money import written
from bot.terms.xray import DifferenceKind, x_ray


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a kind of finding is called, and what it means for somebody who has never heard of it."""

    title: str
    sentence: str


EXPLAINED: dict[FindingKind, Meaning] = {
    FindingKind.MISSING: Meaning(
        "Missing in Intacct",
        "Invoices at the source bear payment terms that Intacct does not have by that name. The sync refuses them. "
        "Create the term in Intacct, or correct the invoices.",
    ),
    FindingKind.INACTIVE: Meaning(
        "Inactive in Intacct",
        "Intacct has the term, and somebody switched it off. The sync refuses invoices that bear it.",
    ),
    FindingKind.LOOKALIKE: Meaning(
        "Looks alike, and is not",
        "The two names differ in a character that nobody sees, or in capitals. To the sync they are two terms.",
    ),
    FindingKind.OTHER_NAME: Meaning(
        "Another name for the same rule",
        "Intacct has a term that means the same and is called otherwise. The sync goes by the name alone.",
    ),
    FindingKind.CUSTOMER_DEFAULT: Meaning(
        "A customer's default term",
        "New invoices of this customer get a term that is missing or inactive in Intacct, or another than at the "
        "source. It makes the same trouble again each month.",
    ),
    FindingKind.RULE_DIFFERS: Meaning(
        "One name, two rules",
        "Both systems know the name and mean different things by it. Nothing fails; the books show another due date "
        "or another discount than the invoice that the customer was sent.",
    ),
    FindingKind.SEVERAL_NAMES: Meaning(
        "Several names for one rule",
        "Two or more terms of one system mean the same. One name a rule is easier to keep the same in both.",
    ),
    FindingKind.OVERRIDDEN: Meaning(
        "Due dates set by hand",
        "These invoices fall due on a day that their term does not give. Somebody changed the date.",
    ),
    FindingKind.UNREADABLE: Meaning(
        "A name that says no rule",
        "Nobody can tell from the name when such an invoice falls due, and the source keeps no days for it. Whether "
        "both systems mean the same is not known.",
    ),
    FindingKind.UNUSED: Meaning(
        "Unused for a year",
        "An active term in Intacct that no invoice, no customer and no term at the source has had for a year.",
    ),
}

OTHER_WORDS = (
    Meaning("Payment term", "A named rule: when an invoice falls due, with or without a discount for paying early."),
    Meaning("AR term", "A payment term as Intacct keeps it, under Accounts Receivable, Setup, AR Terms."),
    Meaning("The source", "The billing system that the invoices come from, such as BILL."),
    Meaning("Sync", "The billing system's own transfer of its invoices to Intacct. It goes by the term's name alone."),
    Meaning(
        "Worth",
        "What the open invoices bill that wait for these terms, one total a currency. They are not in the books yet.",
    ),
    Meaning(
        "New, open, back again, fixed",
        "Against the last weekly report: not there then; there then too; fixed once and there again; there no more.",
    ),
    Meaning(
        "Case",
        "One term to put right, with the invoices that wait for it, on a card of its own. An approver decides it there.",
    ),
    Meaning("Kept quiet", "An approver said why it may stay as it is. It is told again when it changes."),
    Meaning(
        "Mended before anything failed",
        "A daily look found it, it was put right, and no alert told of a failure meanwhile.",
    ),
    Meaning("PARTIAL", "Something could not be read. Nothing is called fixed that was not looked for."),
    Meaning(
        "API call", "One request to Intacct or the billing system. Contracts with Intacct count them by the month."
    ),
    Meaning(
        "Journal, head",
        "The record of everything that was asked, decided and done. Its head is a check value: as it stands here too, "
        "no entry before it can be changed unnoticed.",
    ),
)
"""What else a reader may not know."""


def money(amounts: Sequence[Amount]) -> str:
    """`$18,400 and €2,150`: one total a currency, cents left out where there are none."""
    shown = [written(each.amount, each.currency, short=True) for each in amounts]
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def headline(report: Report) -> str:
    """The first line: it alone tells whether to act."""
    stamp = "PARTIAL: not everything could be read. " if report.missing else ""
    told = [_state(report), _since(report), _kept_quiet(report)]
    return stamp + " ".join(part for part in told if part)


def _state(report: Report) -> str:
    """What the next sync will refuse; where that is nothing, what is left to look at."""
    failing, more = report.will_fail, _more(report)
    if failing:
        worth = money(at_risk(failing))
        will = f"{_terms(len(failing))} will fail at the next sync{f', worth {worth}' if worth else ''}"
        return f"{'; '.join([will, *more])}."
    others = len(report.open) - len(report.failing)
    if others:
        more.append(f"{others:,} smaller {_findings(others)} to look at")
    if more:
        nothing = "nothing but what is kept quiet" if _quiet_failing(report, waiting=True) else "nothing"
        read = f"Of what was read, {nothing}" if report.missing else nothing.capitalize()
        return f"{read} will fail at the next sync; {'; '.join(more)}."
    return _calm(report)


def _calm(report: Report) -> str:
    """Where nothing is open that is not kept quiet."""
    if report.missing:
        return "What was read needs nothing; the rest is not known."
    if report.quiet:
        return "Nothing new to look at."
    if report.untold:
        return "As far as can be told, both systems' payment terms agree. Nothing to do."
    return "Both systems' payment terms agree. Nothing to do."


def _more(report: Report) -> list[str]:
    """The terms that would fail, and for which no invoice waits, or of which that is not known."""
    asleep = [each.finding for each in report.failing if not each.finding.invoices]
    unsure = sum(not finding.waiting_known for finding in asleep)
    known = len(asleep) - unsure
    told = [f"{_terms(known, more=bool(report.will_fail))} would fail once an invoice comes"] if known else []
    if unsure:
        told.append(f"whether {_terms(unsure, more=bool(told or report.will_fail))} will fail is not known")
    return told


def _since(report: Report) -> str:
    fixed, back = len(report.standing(Standing.FIXED)), len(report.standing(Standing.BACK))
    told = []
    if fixed:
        told.append(f"{fixed:,} fixed since {'the last report' if len(report.covers) > 1 else 'last week'}")
    if back:
        told.append(f"{back:,} {'is' if back == 1 else 'are'} back")
    return f"{', '.join(told)}." if told else ""


def _kept_quiet(report: Report) -> str:
    """What would fail and is kept quiet; with nothing else to tell, all that is kept quiet."""
    failing = _quiet_failing(report)
    count = failing or (0 if report.open else report.quiet)
    if not count:
        return ""
    which = " that would fail" if failing else ""
    return f"{count:,} {_findings(count)}{which} {'is' if count == 1 else 'are'} kept quiet."


def _quiet_failing(report: Report, *, waiting: bool = False) -> int:
    """How many findings that make the sync fail are kept quiet; `waiting`: of those for which an invoice waits."""
    return sum(
        each.quiet
        and each.standing is not Standing.FIXED
        and each.finding.kind in FAILING
        and (not waiting or each.finding.invoices > 0)
        for each in report.tracked
    )


def _terms(count: int, *, more: bool = False) -> str:
    """`1 term`, `2 terms`; with `more` beside others: `1 more`."""
    if more:
        return f"{count:,} more"
    return "1 term" if count == 1 else f"{count:,} terms"


def _findings(count: int) -> str:
    return "finding" if count == 1 else "findings"


def said_of(finding: Finding) -> str:
    """One finding in a sentence, names in quotes exactly as they stand. Plain text: a surface escapes it."""
    return _SAID[finding.kind](finding)


def _name(finding: Finding) -> str:
    return f"“{finding.names[0]}”"


def _waiting(finding: Finding) -> str:
    if not finding.waiting_known:
        return "whether invoices wait for it is not known"
    if not finding.invoices:
        return f"no invoice waits for it yet{_had_by(finding)}"
    count = "1 open invoice" if finding.invoices == 1 else f"{finding.invoices:,} open invoices"
    worth = money(finding.at_risk)
    return f"{count}{f', {worth}' if worth else ''}"


def _had_by(finding: Finding) -> str:
    """The customers that will bring the first invoice."""
    if not finding.customers:
        return ""
    return (
        f", and {'1 customer has' if finding.customers == 1 else f'{finding.customers:,} customers have'} it as default"
    )


def _books(finding: Finding) -> str:
    return f"“{finding.books_term.name}”" if finding.books_term is not None else "another term"


def _letters(finding: Finding) -> str:
    """Which letters of the name are not the ones that they look like: the two names read the same."""
    if finding.books_term is None:
        return ""
    strange = [
        each.source_label
        for each in x_ray(finding.names[0], finding.books_term.name).differences
        if each.kind is DifferenceKind.LETTER
    ]
    return f", with {', '.join(strange)}," if strange else ""


def _missing(finding: Finding) -> str:
    unread = " Its name says no one rule: somebody has to tell it." if finding.unreadable else ""
    return f"{_name(finding)} is missing in Intacct: {_waiting(finding)}.{unread}"


def _customer(finding: Finding) -> str:
    who = finding.examples[0].subject if finding.examples else finding.subject
    gone = f"its default in Intacct, {_name(finding)}, is not an active term" if finding.rules else ""
    other = f"its default is {_name(finding)} in Intacct and “{finding.names[-1]}” at the source"
    unlike = other if len(finding.names) > 1 and finding.names[0] != finding.names[-1] else ""
    owner = f" Looked after by {finding.owner}." if finding.owner else ""
    return f"{who}: {' and '.join(part for part in (gone, unlike) if part)}.{owner}"


def _rules(finding: Finding) -> str:
    paper, books = finding.rules
    effects = []
    if Effect.AGING in finding.effects:
        count = "1 invoice has" if finding.invoices == 1 else f"{finding.invoices:,} invoices have"
        effects.append(f"{count} another due date in the books than on paper")
    if Effect.DISCOUNT in finding.effects:
        effects.append("the discount on paper is not the one in the books")
    return f"{_name(finding)} means “{paper}” at the source and “{books}” in Intacct: {' and '.join(effects)}."


def _several(finding: Finding) -> str:
    where = "Intacct" if finding.subject == "books" else "the source"
    names = ", ".join(f"“{name}”" for name in finding.names)
    return f"{names} are one rule in {where} ({finding.rules[0]}); {finding.invoices:,} invoices of the last year."


def _overridden(finding: Finding) -> str:
    where = "Intacct" if finding.subject == "books" else "the source"
    one = finding.invoices == 1
    count = "1 invoice" if one else f"{finding.invoices:,} invoices"
    return f"{count} with {_name(finding)} {'falls' if one else 'fall'} due on a day set by hand in {where}."


_SAID: dict[FindingKind, Callable[[Finding], str]] = {
    FindingKind.MISSING: _missing,
    FindingKind.INACTIVE: lambda finding: f"{_name(finding)} is inactive in Intacct: {_waiting(finding)}.",
    FindingKind.LOOKALIKE: lambda finding: (
        f"{_name(finding)}{_letters(finding)} only looks like {_books(finding)} in Intacct: {_waiting(finding)}."
    ),
    FindingKind.OTHER_NAME: lambda finding: (
        f"{_name(finding)} is called {_books(finding)} in Intacct: {_waiting(finding)}."
    ),
    FindingKind.CUSTOMER_DEFAULT: _customer,
    FindingKind.RULE_DIFFERS: _rules,
    FindingKind.SEVERAL_NAMES: _several,
    FindingKind.OVERRIDDEN: _overridden,
    FindingKind.UNREADABLE: lambda finding: (
        f"{_name(finding)} says no one rule, and the source keeps no days for it; whether Intacct means the same is not known."
    ),
    FindingKind.UNUSED: lambda finding: f"{_name(finding)} has not been used for a year.",
}
