"""Founds acme once, in an empty store."""

from __future__ import annotations

import random

from bot.sandbox.company.customers import add_customers
from bot.sandbox.company.days import keep_founding_day
from bot.sandbox.company.past import add_past
from bot.sandbox.company.vocabulary import add_terms
from bot.sandbox.company.waiting import add_waiting
from bot.sandbox.world import World

SEED = 1042


def found(world: World) -> None:
    """Fills an empty store with acme: the same on every machine, its dates counted back from the calendar's today.

    A store that has AR terms already is left as it is.
    """
    if world.store.table("arterm"):
        return
    dice = random.Random(SEED)  # noqa: S311 - the same company each time is the point
    with world.store.batch():
        keep_founding_day(world)
        bill_terms = add_terms(world)
        customers = add_customers(world, bill_terms, dice)
        add_past(world, bill_terms, customers, dice)
        add_waiting(world, bill_terms, customers)
    world.touch()
