"""Whatever comes from outside, every message and view keeps Slack's limits and mentions nobody it should not."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.billing.source import BilledInvoice, PaymentState, TermOrigin
from bot.cases.case import CaseState
from bot.cases.view import Arrival, CaseInvoice, CaseView, DecisionView, FieldDifference, Trouble, Unknown
from bot.slack.cards import views
from bot.slack.cards.answers import LookUp, look_up_answer
from bot.slack.cards.case_card import case_card
from bot.slack.cards.home import HealthLine, HomeCase, HomeValue, home
from bot.terms.matching import Match, MatchKind, Vocabulary
from bot.terms.proposal import Action
from tests.slack.cards import samples
from tests.slack.cards.limits import faults, texts, view_faults

NASTY = [
    "<!channel>",
    "<@U0MARIA>",
    "<!subteam^S0CONTROLLERS>",
    "<#C0GENERAL|general>",
    "@here",
    "*bold* _it_ ~no~ `code` ```block```",
    ":tada:",
    "&lt;!channel&gt;",
    "\u202e54 teN",
    "Net\u00a035",
    "x" * 10_000,
    "&" * 10_000,
    "\U0001f468\u200d\U0001f469" * 2_000,
    "`" * 3_000,
    "\x00\ud800\udfff",
    "line\nline\r\n>quote",
    "=cmd|' /C calc'!A0",
    "]]><!ENTITY x>",
    " ",
    "",
]
UGLY = st.sampled_from(NASTY) | st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
AMOUNTS = st.none() | st.decimals(allow_nan=True, allow_infinity=True)
DATES = st.none() | st.dates(date(1, 1, 1), date(9999, 1, 1))


def _no_user_id(text: str) -> bool:
    return not re.fullmatch(r"[UW][A-Z0-9]{1,20}", text)


@st.composite
def invoices(draw: Any) -> CaseInvoice:
    number = draw(UGLY)
    billed = BilledInvoice(
        number=number,
        source_id="00e1",
        customer_id="0cu1",
        customer_name=draw(UGLY),
        term_name=draw(UGLY),
        term_origin=draw(st.sampled_from(TermOrigin)),
        invoice_date=draw(DATES),
        due_date=draw(DATES),
        amount=draw(AMOUNTS),
        balance=draw(AMOUNTS),
        currency=draw(st.sampled_from(["USD", "EUR", ""]) | UGLY),
        payment=draw(st.sampled_from(PaymentState)),
        url=draw(st.just("https://a.test/?q=1&r=<x>") | UGLY),
    )
    wrong = FieldDifference(label=draw(UGLY), expected=draw(UGLY), found=draw(UGLY))
    return CaseInvoice(
        number=number,
        billed=draw(st.sampled_from([billed, None])),
        arrival=draw(st.sampled_from(Arrival)),
        differences=(wrong,),
    )


@st.composite
def matches(draw: Any) -> Match:
    name = draw(UGLY)
    other = samples.ar_term(
        draw(UGLY), 30, active=draw(st.booleans()), unread=draw(UGLY), entity=draw(UGLY), modified_by="<!x>"
    )
    twin = samples.ar_term(f"{name}\u200b" if name else "\u200b", 30)
    found = Vocabulary([twin]).match(name)
    kind = draw(st.sampled_from(MatchKind))
    if kind is MatchKind.LOOKALIKE and found.kind is MatchKind.LOOKALIKE:
        return found
    if kind is MatchKind.ABSENT:
        return Match(name=name, kind=kind, term=None, xray=None, nearest=(other,) * 5, out_of_scope=(other,))
    return Match(name=name, kind=MatchKind.EQUIVALENT if kind is MatchKind.LOOKALIKE else kind, term=other, xray=None)


@st.composite
def cases(draw: Any) -> CaseView:
    match = draw(st.none() | matches())
    name = match.name if match is not None else draw(st.none() | UGLY)
    sentences = tuple(draw(st.lists(UGLY, max_size=12)))
    proposal = samples.proposal(
        name or "",
        action=draw(st.sampled_from(Action)),
        doubts=sentences,
        conflicts=sentences[:5],
        outside_policy=sentences[:3],
        instructions=sentences,
        description=draw(UGLY),
        entity=draw(UGLY),
    )
    found = samples.diagnosis(
        match,
        unknown=None if match is not None else draw(st.sampled_from(Unknown)),
        detail=draw(UGLY),
        undecided=draw(UGLY),
        not_known=sentences,
    )
    return samples.case(
        state=draw(st.sampled_from(CaseState)),
        term_name=name,
        company=draw(UGLY),
        source_label=draw(UGLY),
        system=draw(UGLY),
        diagnosis=found,
        proposal=draw(st.sampled_from([proposal, None])),
        invoices=tuple(draw(st.lists(invoices(), max_size=4))) * draw(st.sampled_from([1, 100])),
        approvers=tuple(draw(st.lists(st.just("U0DAN") | UGLY.filter(_no_user_id), max_size=30))),
        asked_by=tuple(draw(st.lists(UGLY.filter(_no_user_id), max_size=3))),
        decision=DecisionView(
            user_id="U0DAN", verdict=draw(UGLY), at=samples.NOW, reason=draw(UGLY), reference=draw(UGLY)
        ),
        trouble=Trouble(sentence=draw(UGLY), vendor_words=draw(UGLY), advice=draw(UGLY)),
        record_no=draw(UGLY),
        wrong_invoice_note=draw(UGLY),
        billing_url=draw(UGLY),
    )


_OURS = re.compile(r"<!date\^\d+\^\{[a-z_]+\}(?: \{time\})?\|[A-Za-z0-9:, ]+>|<https?://[^<>|]+(?:\|[^<>]*)?>")


def _safe(spoken: str) -> bool:
    """Whether what stands between angle brackets is only what the cards themselves put there."""
    left = set(re.findall(r"<[^>]*>", _OURS.sub("", spoken)))
    return left <= {"<@U0DAN>"}


SLOW = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(cases())
def test_cards_hold(view: CaseView) -> None:
    card = case_card(view)
    assert faults(card.blocks) == []
    assert 0 < len(card.text.encode("utf-16-le")) // 2 <= 4000
    assert sum(map(len, texts(card.blocks))) <= 11_000
    for spoken in (card.text, *(text for block in card.blocks if block["type"] != "actions" for text in texts(block))):
        assert _safe(spoken)


@SLOW
@given(cases(), st.text(max_size=30))
def test_views_hold(view: CaseView, ts: str) -> None:
    kept = views.ViewContext(case_id=view.case_id, digest=view.digest, channel="C1", message_ts=ts)
    makers = [views.edit_view, views.decline_view, views.accept_view, views.tell_term_view, views.invoice_wrong_view]
    if view.proposal is not None and view.proposal.action is not Action.BY_HAND:
        makers.append(views.approval_view)
    for make in makers:
        made: Any = make(view, kept)
        assert view_faults(made) == []
        assert views.read_context(made["private_metadata"]) == kept
        for block in made["blocks"]:
            if block["type"] in ("section", "context"):
                assert all(_safe(text) for text in texts(block))


@SLOW
@given(st.lists(cases(), min_size=1, max_size=5), UGLY, st.sampled_from([1, 6]))
def test_look_ups_hold(found: list[CaseView], number: str, times: int) -> None:
    looked = [
        LookUp(
            number=number,
            found=tuple(invoice.billed for invoice in view.invoices if invoice.billed is not None),
            term_name=view.term_name,
            diagnosis=view.diagnosis or samples.ABSENT,
            proposal=view.proposal,
            company=view.company,
            source_label=view.source_label,
            system=view.system,
            case_number=7,
            case_permalink="https://acme.slack.test/archives/C1/p1",
        )
        for view in found
    ] * times
    answer = look_up_answer(looked)
    assert faults(answer.blocks) == []
    assert len(answer.text.encode("utf-16-le")) // 2 <= 4000
    assert sum(map(len, texts(answer.blocks))) <= 14_000
    assert _safe(answer.text)
    assert view_faults(views.look_up_view(looked)) == []


@SLOW
@given(st.lists(UGLY, max_size=40), UGLY)
def test_home_holds(names: list[str], state: str) -> None:
    listed = tuple(
        HomeCase(number=1, company=name, term_name=name, state=state, invoices=3, since=samples.NOW, permalink=name)
        for name in names
    )
    health = tuple(HealthLine(name=name, well=False, sentence=name) for name in names)
    made: Any = home(HomeValue(open_cases=listed, open_total=len(listed), health=health, at=samples.NOW))
    assert view_faults(made) == []
