"""The gateway's own order tables say what the vendor's published schema says."""

from __future__ import annotations

import re
from functools import cache

import pytest
from lxml import etree

from bot.sandbox.intacct.schema import ANY_ORDER, ATTRIBUTES, FUNCTIONS, SEQUENCES
from tests.shared import need_shared

XS = "{http://www.w3.org/2001/XMLSchema}"
NEWER = {"query", "lookup"}
"""Functions that the published schema does not have yet."""


@cache
def vendors() -> dict[str, etree._Element]:
    tree = etree.parse(need_shared("intacct", "api.xsd"))
    return {element.get("name", ""): element for element in tree.getroot().findall(f"{XS}element")}


def model(particle: etree._Element) -> str:
    """A content model in the tables' notation."""
    least, most = particle.get("minOccurs", "1"), particle.get("maxOccurs", "1")
    mark = {("0", "1"): "?", ("1", "unbounded"): "+", ("0", "unbounded"): "*"}.get((least, most), "")
    if particle.tag == f"{XS}element":
        return (particle.get("ref") or particle.get("name") or "") + mark
    joined = ("|" if particle.tag == f"{XS}choice" else " ").join(
        model(child) for child in particle if child.tag in (f"{XS}element", f"{XS}choice", f"{XS}sequence")
    )
    return f"({joined}){mark}"


def content(name: str) -> str:
    kind = vendors()[name].find(f"{XS}complexType")
    assert kind is not None
    particle = next((child for child in kind if child.tag in (f"{XS}sequence", f"{XS}choice")), None)
    return "" if particle is None else model(particle)


def same_form(text: str) -> str:
    """Without the outermost parentheses, which the tables leave out where they change nothing."""
    text = re.sub(r"\s+", " ", text).strip()
    if text.startswith("(") and text.endswith(")") and _closes_at_end(text):
        text = text[1:-1]
    return text


def _closes_at_end(text: str) -> bool:
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return place == len(text) - 1
    return False


@pytest.mark.parametrize("name", sorted(SEQUENCES))
def test_the_order_is_the_vendors(name: str) -> None:
    assert same_form(SEQUENCES[name]) == same_form(content(name))


@pytest.mark.parametrize("name", sorted(set(ANY_ORDER) - NEWER))
def test_elements_of_any_order_are_the_vendors(name: str) -> None:
    every = vendors()[name].find(f"{XS}complexType/{XS}all")
    assert every is not None
    assert set(ANY_ORDER[name]) == {model(element) for element in every}


@pytest.mark.parametrize("name", sorted(ATTRIBUTES))
def test_required_attributes_are_the_vendors(name: str) -> None:
    kind = vendors()[name].find(f"{XS}complexType")
    assert kind is not None
    required = [one.get("name") for one in kind.findall(f"{XS}attribute") if one.get("use") == "required"]
    assert required == [ATTRIBUTES[name]]


def test_every_function_is_one_of_the_vendors() -> None:
    assert set(FUNCTIONS) - NEWER <= set(content("function").strip("()").split("|"))
