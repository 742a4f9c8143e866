"""The sandbox's companies: one, or two side by side, each with its books, its sync and what it exports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.company import ACME, BIRCH, Profile, birch
from bot.sandbox.invoice_file import write_invoice_file
from bot.sandbox.sync import PostAsApp, Sync
from bot.sandbox.world import Beside, World


class NoCompanyError(ValueError):
    """A company that the sandbox does not have; its words are for the person who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """One of them."""

    profile: Profile
    world: World
    """Its own records."""
    sync: Sync
    invoice_file: Path | None = None
    """Where its billing exports to; None where the billing system is asked itself."""

    def export(self) -> None:
        """Brings the export up to date, where there is one."""
        if self.invoice_file is not None:
            write_invoice_file(self.world, self.invoice_file)


class Companies:
    """acme, and birch where the sandbox has been given it."""

    def __init__(self, world: World, post: PostAsApp, folder: Path | None) -> None:
        """`folder`: where the sandbox keeps its files; without one nothing is exported."""
        self.first = Company(profile=ACME, world=world, sync=Sync(world, post))
        self._all = [self.first]
        if birch.is_founded(world):
            own = Beside(world, BIRCH.key)
            file = folder.resolve() / birch.INVOICE_FILE if folder else None
            self._all.append(
                Company(profile=BIRCH, world=own, sync=Sync(own, post, BIRCH), invoice_file=file),
            )
        for company in self._all:
            company.export()

    def __iter__(self) -> Iterator[Company]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def named(self, key: str) -> Company:
        """The company of that key; raises NoCompanyError."""
        for company in self._all:
            if company.profile.key == key:
                return company
        known = ", ".join(company.profile.key for company in self._all)
        raise NoCompanyError(f"There is no company “{key}” in this sandbox; there is {known}.")

    def of_channel(self, channel: str) -> Company | None:
        """The company that a channel belongs to, by the channel's id."""
        return next((company for company in self._all if channel in company.profile.channels), None)
