"""The order in which the gateway takes a request's elements: at dtdversion 3.0 it refuses any other.

The tables say what Sage's published schema (api.xsd, v3.0) says of the functions known here; `query` and `lookup` are
newer than that schema and take their elements in any order.
"""

from __future__ import annotations

import re
from functools import cache

from lxml import etree

from bot.sandbox.intacct.errors import schema_error

Element = etree._Element  # noqa: SLF001 - the name that lxml gives its elements

SEQUENCES = {
    "request": "control operation+",
    "control": "senderid password? controlid uniqueid? dtdversion? policyid? debug? includewhitespace?",
    "operation": "authentication preferences* content*",
    "authentication": "(login|sessionid|oauth)",
    "login": "userid companyid password (clientid? locationid?)",
    "content": "(function)+",
    "getAPISession": "(locationid)?",
    "inspect": "(object|name)",
    "readMore": "(object|view|reportId|resultId)",
    "get_list": "filter? sorts? fields? additional_parameters?",
    "filter": "((logical+)|(expression+))",
    "logical": "((logical|expression) (logical|expression)+)",
    "expression": "field operator value",
    "sorts": "sortfield+",
    "fields": "field+",
    "get_companyprefs": "",
    "create_arterm": "name description? status? due? discount? disccalcon? penalty?",
    "update_arterm": "description? status? due? discount? disccalcon? penalty?",
    "delete_arterm": "",
    "due": "(dueday? duefrom?)+",
    "discount": "(discday? discfrom? discamount? discpercamn? discgracedays?)+",
    "penalty": "(pen_type? penamount? penpercamn? pengracedays?)+",
    "create_invoice": (
        "customerid datecreated dateposted? datedue? termname? batchkey? action? invoiceno? ponumber? description?"
        " externalid? billto? shipto? (basecurr? currency ((exchratedate? exchratetype)|exchrate))? nogl? supdocid?"
        " customfields? invoiceitems"
    ),
    "datecreated": "year month day",
    "dateposted": "year month day",
    "datedue": "year month day",
    "exchratedate": "year month day",
    "invoiceitems": "lineitem+",
    "lineitem": (
        "(accountlabel|glaccountno) offsetglaccountno? amount allocationid? memo? locationid? departmentid? item1099?"
        " form1099type? form1099box? key? totalpaid? totaldue? customfields? revrectemplate? defrevaccount?"
        " revrecstartdate? revrecenddate? projectid? customerid? vendorid? employeeid? itemid? classid? contractid?"
        " warehouseid? billable?"
    ),
    "customfields": "customfield*",
    "customfield": "customfieldname customfieldvalue",
    "billto": "(contact|contactname)",
    "shipto": "(contact|contactname)",
}
"""Content models by element: `?` may be absent, `+` one or more, `*` any number, `|` one of."""

ANY_ORDER = {
    "read": ("object", "keys", "fields?", "returnFormat?", "docparid?"),
    "readByName": ("object", "keys", "fields?", "returnFormat?", "docparid?"),
    "readByQuery": ("object", "query", "pagesize?", "fields?", "returnFormat?", "docparid?"),
    "query": ("object", "select", "filter?", "orderby?", "options?", "pagesize?", "offset?", "docparid?"),
    "lookup": ("object", "docparid?"),
}
"""Elements whose children may stand in any order, each once at most."""

ATTRIBUTES = {
    "function": "controlid",
    "update_arterm": "name",
    "delete_arterm": "name",
    "get_list": "object",
    "get_companyprefs": "application",
}
"""The attribute that an element cannot be without."""

FUNCTIONS = (
    "getAPISession",
    "inspect",
    "lookup",
    "query",
    "read",
    "readByName",
    "readByQuery",
    "readMore",
    "get_list",
    "get_companyprefs",
    "create_arterm",
    "update_arterm",
    "delete_arterm",
    "create_invoice",
)

OWN_CHECK = ("select", "orderby", "options")
"""Parts of `query` that the function itself reads and refuses; so is its `filter`, which is not `get_list`'s."""

SKIPPED = ("preferences", "contact", "additional_parameters", "oauth")
"""Parts that the schema knows, and that this gateway takes and does not look into."""


@cache
def _pattern(model: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\s+", "", re.sub(r"\w+", r"(?:\g<0>;)", model)).replace(";", " "))


@cache
def _known(model: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", model))


def check(request: Element) -> None:
    """Raises a control failure where an element is missing, unknown, or not in its place."""
    if request.tag != "request":
        raise schema_error(f"Element '{request.tag}': No matching global declaration available.")
    _check(request, inside_query=False)


def _check(element: Element, *, inside_query: bool) -> None:
    tag = str(element.tag)
    if tag in SKIPPED or tag in OWN_CHECK or (inside_query and tag == "filter"):
        return
    names = [str(child.tag) for child in element]
    needed = ATTRIBUTES.get(tag)
    if needed and needed not in element.attrib:
        raise schema_error(f"Element '{tag}': The attribute '{needed}' is required but missing.")
    if tag == "function":
        _check_function(names)
    elif tag in ANY_ORDER:
        _check_any_order(tag, names)
    else:
        _check_sequence(tag, names)
    for child in element:
        # a text element that shares its name with a structured one elsewhere
        if tag in ("readByName", "read", "readByQuery"):
            _check_text(child)
        else:
            _check(child, inside_query=tag == "query")


def _check_function(names: list[str]) -> None:
    if len(names) != 1 or names[0] not in FUNCTIONS:
        found = f"'{names[0]}'" if names else "nothing"
        raise schema_error(
            f"Element 'function': {found} is not expected. Expected is one of ( {', '.join(FUNCTIONS)} )."
        )


def _check_any_order(tag: str, names: list[str]) -> None:
    model = ANY_ORDER[tag]
    known = {name.rstrip("?") for name in model}
    for name in names:
        if name not in known or names.count(name) > 1:
            raise schema_error(f"Element '{name}': This element is not expected.")
    for name in model:
        if not name.endswith("?") and name not in names:
            raise schema_error(f"Element '{tag}': Missing child element(s). Expected is ( {name} ).")


def _check_sequence(tag: str, names: list[str]) -> None:
    model = SEQUENCES.get(tag, "")
    unknown = set(names) - _known(model)  # first: a repeated group of optional elements would be tried in all ways
    if not unknown and _pattern(model).fullmatch("".join(f"{name} " for name in names)):
        return
    if not model:
        raise schema_error(f"Element '{names[0]}': This element is not expected.")
    raise schema_error(f"Element '{tag}': {_first_misplaced(model, names)} The order is ( {model} ).")


def _first_misplaced(model: str, names: list[str]) -> str:
    unknown = next((name for name in names if name not in _known(model)), None)
    if unknown is not None:
        return f"'{unknown}' is not expected."
    return f"( {' '.join(names)} ) is out of order or incomplete."


def _check_text(element: Element) -> None:
    if len(element):
        raise schema_error(f"Element '{element[0].tag}': This element is not expected.")
