"""The query strings of `readByQuery`: a subset of SQL's WHERE, read into a condition."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.sandbox.intacct.conditions import Condition, all_of, any_of, comparison, negation
from bot.sandbox.intacct.errors import bad_query
from bot.sandbox.intacct.objects import Field

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|[^'\\])*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][\w.]*)"
    r"|(?P<sign><=|>=|<>|!=|=|<|>|\(|\)|,))",
    re.DOTALL,
)
SIGNS = {
    "=": "equalto",
    "<>": "notequalto",
    "!=": "notequalto",
    "<": "lessthan",
    "<=": "lessthanorequalto",
    ">": "greaterthan",
    ">=": "greaterthanorequalto",
}
DEEPEST = 50
"""How many parentheses or NOTs may stand within each other."""


def parse(query: str, fields: Mapping[str, Field]) -> Condition | None:
    """The query's condition, None for an empty one; raises where it cannot be read or names an unknown field."""
    if not query.strip():
        return None
    reader = _Reader(_tokens(query), fields)
    condition = reader.alternatives(0)
    reader.end()
    return condition


def _tokens(query: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while query[position:].strip():
        match = TOKEN.match(query, position)
        if match is None or match.lastgroup is None:
            raise bad_query(f"Invalid query near '{query[position : position + 20].strip()}'")
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    return tokens


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]], fields: Mapping[str, Field]) -> None:
        self._tokens = tokens
        self._fields = fields
        self._at = 0

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise bad_query(f"Invalid query near '{self._tokens[self._at][1]}'")

    def alternatives(self, depth: int) -> Condition:
        parts = [self._conjunction(depth)]
        while self._took("OR"):
            parts.append(self._conjunction(depth))
        return parts[0] if len(parts) == 1 else any_of(parts)

    def _conjunction(self, depth: int) -> Condition:
        parts = [self._part(depth)]
        while self._took("AND"):
            parts.append(self._part(depth))
        return parts[0] if len(parts) == 1 else all_of(parts)

    def _part(self, depth: int) -> Condition:
        if depth > DEEPEST:
            raise bad_query("The query is nested too deeply")
        if self._took("NOT"):
            return negation(self._part(depth + 1))
        if self._took("("):
            condition = self.alternatives(depth + 1)
            self._need(")")
            return condition
        return self._comparison()

    def _comparison(self) -> Condition:
        kind, name = self._next()
        field = self._fields.get(name.upper()) if kind == "word" else None
        if field is None:
            raise bad_query()
        if self._took("IS"):
            negated = self._took("NOT")
            self._need("NULL")
            return comparison(field, "isnotnull" if negated else "isnull", ())
        negated = self._took("NOT")
        if self._took("LIKE"):
            return comparison(field, "notlike" if negated else "like", (self._value(),))
        if self._took("IN"):
            return comparison(field, "notin" if negated else "in", self._values())
        kind, sign = self._next()
        if negated or kind != "sign" or sign not in SIGNS:
            raise bad_query(f"Invalid query near '{sign}'")
        return comparison(field, SIGNS[sign], (self._value(),))

    def _values(self) -> tuple[str, ...]:
        self._need("(")
        values = [self._value()]
        while self._took(","):
            values.append(self._value())
        self._need(")")
        return tuple(values)

    def _value(self) -> str:
        kind, text = self._next()
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
        if kind == "number":
            return text
        raise bad_query(f"Invalid query near '{text}'")

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise bad_query("Invalid query: it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _took(self, word: str) -> bool:
        if self._at < len(self._tokens):
            kind, text = self._tokens[self._at]
            if kind != "text" and text.upper() == word:
                self._at += 1
                return True
        return False

    def _need(self, word: str) -> None:
        if not self._took(word):
            raise bad_query(f"Invalid query: {word} is missing")
