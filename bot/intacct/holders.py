"""Records that may name a term beside invoices and customers: tried in each company, as no documented field says so."""

from __future__ import annotations

from collections.abc import Mapping

from bot.intacct.errors import Refused
from bot.intacct.fields import Fields
from bot.intacct.query import Read
from bot.intacct.terms import TermUse

NAMES = ("TERMNAME", "TERM.NAME")
"""Fields by which objects name their term; the first one that is listed is read."""


class TermHolders:
    """Counts an object's records by the term that they name."""

    def __init__(self, read: Read, fields: Fields) -> None:
        self._read = read
        self._fields = fields
        self._uses: dict[str, TermUse | None] = {}

    def counts(self, kind: str, *, private: bool) -> Mapping[str, int] | None:
        """Term name to its records; None where the company has no such object, or it lists no term. Raises IntacctError.

        Whether it has is asked once a process: it costs a request, and applications are not subscribed to by the hour.
        """
        if kind not in self._uses:
            self._uses[kind] = self._looked_up(kind)
        use = self._uses[kind]
        return None if use is None else use.counts(None, private=private)

    def _looked_up(self, kind: str) -> TermUse | None:
        try:
            listed = self._fields.listed(kind)
        except Refused:
            return None
        field = next((name for name in NAMES if name in listed), None)
        return None if field is None else TermUse(self._read, kind=kind, field=field, needs=f"{kind}, List and View")
