"""The list of a message's cases: what its opener may approve there, and what not, with why."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.cases.case import CaseState
from bot.cases.deciding.policy import RefusalReason, refusal
from bot.cases.folding.overview import CaseLine, load_overview
from bot.cases.ports import Company, Person
from bot.slack.cards import views
from bot.slack.cards.one_liners import refusal_sentence
from bot.slack.cards.overview import Choice
from bot.slack.cards.views import View
from bot.slack.parts import Parts
from bot.slack.pressed import Pressed
from bot.terms.proposal import Action

LINKS_AT_MOST = 40


def permalinks(client: WebClient, lines: Sequence[CaseLine]) -> dict[int, str]:
    """The addresses of the posted cards by case, as far as Slack tells them; without one the number has to do."""
    links: dict[int, str] = {}
    for line in [each for each in lines if each.card_ts][:LINKS_AT_MOST]:
        try:
            reply = client.chat_getPermalink(channel=line.card_channel, message_ts=line.card_ts)
        except SlackApiError:
            continue
        links[line.case_id] = str(reply["permalink"])
    return links


def list_of(parts: Parts, act: Pressed, alert_id: int) -> View:
    """The list as this person may use it."""
    with parts.database.transaction() as connection:
        view = load_overview(connection, alert_id)
    company = parts.companies[view.company]
    approvers = parts.approvers.entitled(company.key).people
    person = Person(team=act.team, user_id=act.user)
    if act.user not in approvers:
        sentence = refusal_sentence(RefusalReason.NOT_APPROVER, approvers, act.user)
        return views.notice_view("Not yours to decide", sentence)
    choices: list[CaseLine] = []
    others: list[Choice] = []
    for line in view.cases:
        why = _why_not(line, company, person, approvers)
        if why:
            others.append(Choice(line=line, why=why))
        else:
            choices.append(line)
    return views.list_view(view, choices, others, permalinks(parts.clients.other, [o.line for o in others]))


def _why_not(line: CaseLine, company: Company, person: Person, approvers: Sequence[str]) -> str:
    """Why a case cannot be approved from the list; empty where it can."""
    if line.state is not CaseState.AWAITING_DECISION:
        return "Nothing to decide just now."
    proposal = line.proposal
    if proposal is None or proposal.action is Action.BY_HAND:
        return "To be made by hand, as its card says."
    barred = refusal(company.approval_policy, person, approvers=approvers, participants=line.participants)
    if barred is not None:
        return refusal_sentence(barred, approvers, person.user_id)
    if proposal.action is Action.REACTIVATE:
        return "A reactivation takes a reason: decide on its card."
    if proposal.outside_policy:
        return "Outside the policy for terms, which takes a reason and a reference: decide on its card."
    if not proposal.one_click:
        return "There is a doubt, which takes a reason: decide on its card."
    if line.looks_alike:
        return "Intacct has a name that looks the same: its card says which of the two to correct."
    return ""
