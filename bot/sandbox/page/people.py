"""Whom one can play: each person's place in the company, and whether he may approve just now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.sandbox import company
from bot.sandbox.company import birch
from bot.sandbox.slack.seed import CONTROLLERS, ROLES
from bot.sandbox.world import World

FIRST = ROLES["clerk"]
"""Whom one is at first."""
_ROLE_OF = {user: role for role, user in ROLES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One of those whom one can be."""

    id: str
    name: str
    initials: str
    avatar: str
    """A class that colours the avatar."""
    title: str
    """Of the post in the company."""
    may: str
    """Whether this person may approve, and for a deputy from when until when; empty for nobody's approver."""
    in_group: bool
    """Whether the user group of the approvers has this person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The user group of those who may approve."""

    handle: str
    count: int


def read_people(world: World) -> tuple[Person, ...]:
    """Everybody of the workspace who is a person."""
    users, members = world.store.table("slack_user"), _members(world)
    day, leave, second = company.today(world), company.leave(world), birch.is_founded(world)
    return tuple(
        Person(
            id=key,
            name=users[key]["real_name"],
            initials=initials(users[key]["real_name"]),
            avatar=avatar(key),
            title=users[key]["title"],
            may=_with_birch(key, _may(key, members, leave, day)) if second else _may(key, members, leave, day),
            in_group=key in members,
        )
        for key in _ROLE_OF
        if key in users
    )


def read_group(world: World) -> Group:
    """The approvers' group."""
    return Group(handle=world.store.table("slack_group")[CONTROLLERS]["handle"], count=len(_members(world)))


def is_person(world: World, user: str) -> bool:
    """Whether one can be this user."""
    return user in _ROLE_OF and user in world.store.table("slack_user")


def avatar(user: str) -> str:
    """The class that colours a user's avatar."""
    return _ROLE_OF.get(user, "other")


def initials(name: str) -> str:
    """Up to two letters for an avatar."""
    words = name.split()
    return "".join(word[0] for word in words[:2]).upper() or "?"


def _members(world: World) -> list[str]:
    return list(world.store.table("slack_group")[CONTROLLERS]["users"])


def _may(user: str, members: list[str], leave: company.Leave | None, day: date) -> str:
    if user in members:
        return "may approve"
    if user != company.DEPUTY or leave is None:
        return ""
    if day < leave.first:
        return f"stands in for Dan {_day(leave.first)} to {_day(leave.last)}"
    if day <= leave.last:
        return f"stands in for Dan until {_day(leave.last)}"
    return f"stood in for Dan until {_day(leave.last)}"


def _with_birch(user: str, may: str) -> str:
    """What he may in acme, and in the second company."""
    if user not in birch.APPROVERS:
        return may
    return f"{may}, at Birch too" if may else "may approve at Birch"


def _day(day: date) -> str:
    return f"{day:%b} {day.day}"
