"""The company's records as the gateway reads them: who may see which, and what was found last, kept for its pages."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from html import escape

from bot.sandbox.intacct.objects import ObjectType
from bot.sandbox.world import Record, World

FINDINGS_KEPT = 8
PLACES_KEPT = 4


class Finding:
    """What a query found, in order; its records are written as XML once, whatever pages ask for them."""

    def __init__(self, records: Sequence[Record], write: Callable[[Record], bytes]) -> None:
        self._records = records
        self._write = write
        self._written: list[bytes | None] = [None] * len(records)

    def __len__(self) -> int:
        return len(self._records)

    def records(self, start: int, end: int) -> Sequence[Record]:
        """Some of the records."""
        return self._records[start:end]

    def page(self, start: int, end: int) -> bytes:
        """Some of the records as XML."""
        written = self._written
        for place in range(start, min(end, len(written))):
            if written[place] is None:
                written[place] = self._write(self._records[place])
        return b"".join(one for one in written[start:end] if one is not None)


class Records:
    """Reads the store's tables."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._findings: OrderedDict[Hashable, Finding] = OrderedDict()
        self._places: OrderedDict[tuple[str, str], tuple[int, dict[str, list[Record]]]] = OrderedDict()

    def of(
        self,
        kind: ObjectType,
        location: str,
        *,
        private: bool = False,
        named: tuple[str, tuple[str, ...]] | None = None,
    ) -> Iterable[Record]:
        """The records that a sign-in sees: top-level ones and its own entity's; with `private` all entities'.

        `named`: of these alone that have one of some texts in a field.
        """
        rows: Iterable[Record] = self._world.store.table(kind.table).values()
        if named is not None:
            by_text = self._by_text(kind, named[0])
            rows = [row for value in dict.fromkeys(named[1]) for row in by_text.get(value, ())]
        if private:
            return rows
        seen = ("", None, location)
        return (row for row in rows if row.get("MEGAENTITYID") in seen)

    def _by_text(self, kind: ObjectType, field: str) -> dict[str, list[Record]]:
        """The records by what stands in a field: made anew when the table has changed."""
        table = self._world.store.table(kind.table)
        key = (kind.table, field)
        kept = self._places.get(key)
        if kept is None or kept[0] != table.version:
            by_text: dict[str, list[Record]] = {}
            for row in table.values():
                by_text.setdefault(str(row.get(field) or ""), []).append(row)
            kept = self._places[key] = (table.version, by_text)
            while len(self._places) > PLACES_KEPT:
                self._places.popitem(last=False)
        return kept[1]

    def found(self, kind: ObjectType, question: Hashable, find: Callable[[], Finding]) -> Finding:
        """The finding of this question: kept as long as the table stays as it is."""
        key = (kind.name, self._world.store.table(kind.table).version, question)
        finding = self._findings.get(key)
        if finding is None:
            finding = find()
            self._findings[key] = finding
            while len(self._findings) > FINDINGS_KEPT:
                self._findings.popitem(last=False)
        else:
            self._findings.move_to_end(key)
        return finding


def writer(tag: str, names: Sequence[str]) -> Callable[[Record], bytes]:
    """Writes a record's named fields, in their order, as one element; an empty field is an empty element."""
    tags = [(name, f"<{name}>", f"</{name}>") for name in names]
    opening, closing = f"<{tag}>", f"</{tag}>"

    def write(record: Record) -> bytes:
        parts = [opening]
        for name, start, end in tags:
            text = str(record.get(name) or "")
            if "&" in text or "<" in text or ">" in text or "\r" in text:
                text = escape(text, quote=False).replace("\r", "&#13;")
            parts += (start, text, end)
        parts.append(closing)
        return "".join(parts).encode()

    return write
