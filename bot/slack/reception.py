"""Whom a question is about: the channel's company, or the one that the asker names and may see."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.alerts import AskedHelp, read_question
from bot.cases.ports import Company
from bot.slack.cards.answers import help_answer
from bot.slack.cards.blocks import CardMessage
from bot.slack.cards.which_company import no_company, other_company, which_company

Answer = Callable[[Mapping[str, Any]], CardMessage]
"""One company's answer to a question."""

_PREFIX = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9_-]{0,39})\s*:\s*(.*)", re.DOTALL)


class Reception:
    """Sends each question to the one company that it is about; no answer speaks of two."""

    def __init__(self, desks: Mapping[str, Answer], seen_by: Callable[[str], tuple[Company, ...]]) -> None:
        """`desks`: by company; `seen_by`: the companies that a person may be told about."""
        self._desks = desks
        self._seen_by = seen_by

    def answer(self, company: str, body: Mapping[str, Any]) -> CardMessage:
        """The answer to a question asked in a company's channel, or with `company` empty, somewhere else."""
        named, rest = self._named(body)
        if company:
            if named and named != company:
                return other_company(company)
            return self._from(company, rest)
        if isinstance(read_question(str(rest.get("text", ""))), AskedHelp):
            return help_answer()
        visible = self._seen_by(str(body.get("user", "")))
        keys = [one.key for one in visible if one.key == named] if named else [one.key for one in visible]
        if len(keys) == 1:
            return self._from(keys[0], rest)
        return which_company({one.key: one.alert_channels for one in visible})

    def _from(self, company: str, body: Mapping[str, Any]) -> CardMessage:
        answer = self._desks.get(company)
        return no_company() if answer is None else answer(body)

    def _named(self, body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """The company that the question begins with, `acme: INV-1042`, and the question without it."""
        found = _PREFIX.fullmatch(str(body.get("text", "")))
        if found is None or body.get("shortcut") or body.get("question") is not None:
            return "", body
        key = next((key for key in self._desks if key.casefold() == found[1].casefold()), "")
        return (key, {**body, "text": found[2]}) if key else ("", body)
