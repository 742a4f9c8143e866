"""A click as a value: who pressed which button on which card or answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.slack.cards.buttons import (
    CaseButton,
    ListButton,
    ListingButton,
    LookUpButton,
    UnreadableButtonError,
    read_button,
)
from bot.slack.cards.names import ActionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """One click on one of our buttons."""

    action: ActionId
    user: str
    team: str
    channel: str
    case_id: int | None
    """None for a button on an answer, which is about no case yet."""
    digest: str
    question: dict[str, Any] | None
    """What was asked, for a button on an answer."""
    response_url: str
    listing: str = ""
    """Which list, for the button under a period's list."""
    alert_id: int | None = None
    """Whose cases are to be listed, for the button on an overview."""

    def kept(self) -> dict[str, Any]:
        """As the inbox keeps it."""
        whole: dict[str, Any] = {
            "action": self.action.value,
            "user": self.user,
            "team": self.team,
            "channel": self.channel,
        }
        if self.listing:
            return whole | {"listing": self.listing, "response_url": self.response_url}
        if self.question is not None:
            return whole | {"question": self.question, "response_url": self.response_url}
        return whole | {"case_id": self.case_id, "digest": self.digest}


def pressed(body: dict[str, Any]) -> Pressed | None:
    """The click of a block-actions payload; None where the button is none of ours or cannot be read."""
    pressed_button = body["actions"][0]
    try:
        meant = read_button(str(pressed_button.get("value", "")))
        action = ActionId(pressed_button["action_id"])
    except (UnreadableButtonError, ValueError):
        return None
    question: dict[str, Any] | None = None
    if isinstance(meant, LookUpButton):
        question = {
            "numbers": [meant.number] if meant.number is not None else [],
            "term": meant.term,
            "company": meant.company,
        }
    container = body.get("container") or {}
    return Pressed(
        action=action,
        user=body["user"]["id"],
        team=body["user"].get("team_id") or (body.get("team") or {}).get("id", ""),
        channel=(body.get("channel") or {}).get("id") or container.get("channel_id", ""),
        case_id=meant.case_id if isinstance(meant, CaseButton) else None,
        digest=meant.digest if isinstance(meant, CaseButton) else "",
        question=question,
        response_url=body.get("response_url", ""),
        listing=meant.token if isinstance(meant, ListingButton) else "",
        alert_id=meant.alert_id if isinstance(meant, ListButton) else None,
    )
