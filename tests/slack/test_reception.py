"""Questions go to the company of the channel, or to the one named by somebody who may see it; no answer tells of two."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bot.slack.cards.blocks import message, section
from bot.slack.reception import Reception

CHANNELS = {"acme": ("C1", "C2"), "beta": ("C7",), "acme-uk": ("C9",)}
SEES = {"U1": ("acme",), "U2": ("acme", "beta"), "U0": ()}


def desk(key: str) -> Any:
    return lambda body: message([section(f"{key} answers {body.get('text')}")])


@pytest.fixture
def reception() -> Reception:
    def seen_by(user: str) -> Any:
        return tuple(SimpleNamespace(key=key, alert_channels=CHANNELS[key]) for key in SEES[user])

    return Reception({key: desk(key) for key in CHANNELS}, seen_by)


def asked(reception: Reception, company: str, user: str, text: str, **more: Any) -> str:
    return reception.answer(company, {"user": user, "text": text, **more}).text


def test_a_channel_answers_for_its_own_company_whoever_asks(reception: Reception) -> None:
    assert asked(reception, "beta", "U1", "INV-1") == "beta answers INV-1"
    assert asked(reception, "beta", "U1", "BETA: INV-1") == "beta answers INV-1"


def test_a_channel_tells_nothing_of_another_company(reception: Reception) -> None:
    told = asked(reception, "beta", "U2", "acme: INV-1")
    assert "answers" not in told
    assert "acme" not in told


def test_elsewhere_the_only_company_that_one_may_see_answers(reception: Reception) -> None:
    assert asked(reception, "", "U1", "INV-1") == "acme answers INV-1"


def test_elsewhere_one_of_several_is_named_or_asked_for(reception: Reception) -> None:
    assert asked(reception, "", "U2", "beta: INV-1") == "beta answers INV-1"
    assert asked(reception, "", "U2", 'acme : "Net: 45"') == 'acme answers "Net: 45"'
    told = asked(reception, "", "U2", "INV-1")
    assert "Which company" in told
    assert "/checkterms acme: INV-1042" in told
    assert "acme-uk" not in told


def test_a_company_that_one_may_not_see_is_not_even_confirmed(reception: Reception) -> None:
    assert asked(reception, "", "U1", "beta: INV-1") == asked(reception, "", "U1", "acme-uk: INV-1")
    assert "beta" not in asked(reception, "", "U1", "beta: INV-1")
    assert "no company" in asked(reception, "", "U0", "acme: INV-1")


def test_a_word_before_a_colon_that_is_no_company_stays_in_the_question(reception: Reception) -> None:
    assert asked(reception, "acme", "U1", "Error: INV-1") == "acme answers Error: INV-1"
    assert asked(reception, "acme", "U1", "beta: it failed", shortcut=True) == "acme answers beta: it failed"


def test_help_needs_no_company(reception: Reception) -> None:
    assert "/checkterms INV-1042" in asked(reception, "", "U0", "help")


def test_a_company_that_the_settings_name_no_more_is_said_so(reception: Reception) -> None:
    assert "not look after" in asked(reception, "gone", "U1", "INV-1")
