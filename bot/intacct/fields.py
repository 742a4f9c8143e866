"""Which fields a company's objects have: asked for only where a query for the usual ones is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from lxml import etree

from bot.intacct.envelope import Call
from bot.intacct.errors import FieldsUnknown
from bot.intacct.query import Read
from bot.intacct.xml import leaf

T = TypeVar("T")


class Fields:
    """What `lookup` lists of each object, and which fields to do without. Safe for threads."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._absent: dict[str, frozenset[str]] = {}
        self.private = True
        """Whether other entities' private records can be asked for; False once that was refused."""

    def listed(self, kind: str) -> frozenset[str]:
        """The fields of an object (Sage, queries: lookup). Raises IntacctError."""
        root = etree.Element("lookup")
        leaf(root, "object", kind)
        data = self._read(Call(body=root)).data
        if data is None:
            return frozenset()
        return frozenset(name for identifier in data.iterfind("Type/Fields/Field/ID") if (name := identifier.text))

    def present(self, kind: str, wanted: Sequence[str]) -> tuple[str, ...]:
        """`wanted` without those that this company is known not to have."""
        with self._lock:
            absent = self._absent.get(kind, frozenset())
        return tuple(name for name in wanted if name not in absent)

    def doing_without(
        self, kind: str, wanted: Sequence[str], needed: Sequence[str], ask: Callable[[tuple[str, ...]], T]
    ) -> T:
        """`ask` with those of `wanted` that this company has, found out by asking. Raises IntacctError.

        The usual fields are asked for first, so that a company that has them all costs no further request.
        """
        while True:
            asked = self.present(kind, wanted)
            try:
                return ask(asked)
            except FieldsUnknown as refusal:
                gone = (refusal.fields & set(asked)) or (set(asked) - self.listed(kind))
                if not gone or gone & set(needed):
                    raise
                with self._lock:
                    self._absent[kind] = self._absent.get(kind, frozenset()) | gone
