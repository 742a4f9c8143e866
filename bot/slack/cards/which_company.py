"""What an asker is told where a question could be about more than one company, or about none that he may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.slack.cards import words
from bot.slack.cards.blocks import CardMessage, message, section
from bot.slack.cards.names import COMMAND

NOT_LOOKED_AFTER = "I do not look after this company any more. Nothing was done; the admin can put its settings back."
SHOWN = 20
"""Companies named in one answer."""


def which_company(channels: Mapping[str, Sequence[str]]) -> CardMessage:
    """Which companies the asker may ask about, by key, with their channels; none is no secret told."""
    if not channels:
        return message(
            [
                section(
                    "This channel belongs to no company that I look after. Ask in the channel where its alerts arrive."
                )
            ]
        )
    first = next(iter(channels))
    listed = [f"• {words.name(key, 60)}: {_where(places)}" for key, places in list(channels.items())[:SHOWN]]
    if len(channels) > SHOWN:
        listed.append(f"and {words.counted(len(channels) - SHOWN, 'more')}")
    return message(
        [
            section(
                "Which company is this about? Ask in its own channel, or begin with its name: "
                f"`{COMMAND} {first}: INV-1042`.",
                *listed,
            )
        ]
    )


def other_company(here: str) -> CardMessage:
    """A question that names another company than the channel's: nothing of that one is told here."""
    return message(
        [
            section(
                f"This channel belongs to {words.name(here, 60)}, and I speak of no other company here. "
                "Ask in the other company's own channel, or in a direct message to me."
            )
        ]
    )


def no_company() -> CardMessage:
    """A question or an act about a company that the settings name no more."""
    return message([section(NOT_LOOKED_AFTER)])


def _where(channels: Sequence[str]) -> str:
    shown = [f"<#{channel}>" for channel in channels[:5] if channel.isalnum() and channel.isascii()]
    return words.joined(shown) if shown else "no channel"
