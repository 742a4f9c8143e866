"""The client against the emulated gateway: reads, writes, sessions, the gate."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot.intacct.client import Intacct
from bot.intacct.errors import IllegalText, NotCreatable, Refused
from bot.intacct.query import Query
from bot.sandbox.world import Fault, World
from bot.terms.term import (
    AmountUnit,
    Discount,
    DiscountBasis,
    DueFrom,
    DueRule,
    PaymentTerm,
    Penalty,
    PenaltyCycle,
)
from tests.intacct.conftest import Counter, Opening, Slots, books_at, functions, keep_invoice

NET_45 = PaymentTerm(due=DueRule(45))


def test_terms_are_read_as_they_are_kept(books: Intacct) -> None:
    terms = {term.name: term for term in books.terms()}
    assert list(terms) == ["Net 30", "Net 90", "net 30", "2% 10, Net 30", "Net 12"]
    assert terms["Net 30"].rule == PaymentTerm(due=DueRule(30))
    assert terms["Net 30"].active
    assert terms["Net 30"].created_by == "agarcia"
    assert terms["Net 30"].created_at is not None
    assert terms["Net 30"].entity is None
    assert not terms["Net 90"].active
    assert terms["2% 10, Net 30"].rule == PaymentTerm(
        due=DueRule(30), discount=Discount(amount=Decimal(2), unit=AmountUnit.PERCENTAGE, rule=DueRule(10))
    )


def test_a_term_says_which_entity_owns_it(books: Intacct) -> None:
    owners = {term.name: term.entity for term in books.terms()}
    assert owners["Net 12"] == "200"
    assert owners["Net 30"] is None


def test_a_private_term_is_there_for_its_own_entity_only(open_books: Opening) -> None:
    assert open_books().term("Net 12") is None
    own = open_books(location_id="200").term("Net 12")
    assert own is not None
    assert own.entity == "200"


def test_a_term_created_by_an_entity_is_owned_by_it(open_books: Opening) -> None:
    books = open_books(location_id="200")
    books.create_term("Net 45", NET_45, control_id="c")
    created = books.term("Net 45")
    assert created is not None
    assert created.entity == "200"


def test_one_diagnosis_costs_one_request_once_the_session_is_there(books: Intacct, world: World) -> None:
    books.terms()
    assert functions(world) == ["getAPISession", "query"]
    books.terms()
    books.term_use()
    assert functions(world)[2:] == ["query", "query"]


def test_nothing_is_asked_before_it_is_needed(books: Intacct, world: World) -> None:
    assert functions(world) == []


@pytest.mark.parametrize("name", ["Net 30", "net 30", "2% 10, Net 30"])
def test_a_term_is_found_by_its_exact_name(books: Intacct, name: str) -> None:
    found = books.term(name)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "name", ["NET 30", "Net 30 ", " Net 30", "Net\u00a030", "Net  30", "Net 3%", "%", "", "x" * 10_000]
)
def test_a_name_that_only_resembles_one_is_not_found(books: Intacct, name: str) -> None:
    assert books.term(name) is None


NAMES = [
    "Net 45",
    " Net  45 ",
    "Net\u00a045",
    "\u200bNet 45",
    "Zahlbar \u201e45\u201c \u2013 Tage",
    "]]> & <b>45</b>",
    "<!ENTITY x '45'>",
    "'\"45\"'",
    "45\tNet\nTerms\rhere",
    "\U0001f4b0 45",
    "\u202e45 teN",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_created_term_bears_exactly_its_name(books: Intacct, name: str) -> None:
    books.create_term(name, NET_45, control_id="case-1")
    found = books.term(name)
    assert found is not None
    assert found.name == name
    assert found.active
    assert found.rule == NET_45


@pytest.mark.parametrize("name", NAMES)
def test_a_term_of_any_name_can_be_reactivated(books: Intacct, name: str) -> None:
    books.create_term(name, NET_45, control_id="case-1", active=False)
    before = books.term(name)
    assert before is not None
    assert not before.active
    books.reactivate_term(name, control_id="case-2")
    after = books.term(name)
    assert after is not None
    assert after.active
    assert (after.rule, after.description) == (before.rule, before.description)


def every_rule() -> list[PaymentTerm]:
    starts = [start for start in DueFrom if start not in (DueFrom.END_OF_MONTH, DueFrom.EXTEND_TO_MONTH_END)]
    rules = [PaymentTerm(due=DueRule(10, start)) for start in starts]
    rules += [
        PaymentTerm(
            due=DueRule(30),
            discount=Discount(amount=Decimal("1.50"), unit=unit, rule=DueRule(5, start), grace_days=3, basis=basis),
        )
        for unit, start, basis in zip(list(AmountUnit) * 4, starts, list(DiscountBasis) * 4, strict=True)
    ]
    rules += [
        PaymentTerm(
            due=DueRule(0), penalty=Penalty(amount=Decimal(5), unit=AmountUnit.PERCENTAGE, cycle=cycle, grace_days=2)
        )
        for cycle in PenaltyCycle
        if cycle is not PenaltyCycle.NONE
    ]
    return rules


@pytest.mark.parametrize("rule", every_rule(), ids=str)
def test_every_rule_that_can_be_created_reads_back_the_same(books: Intacct, rule: PaymentTerm) -> None:
    books.create_term("The rule", rule, control_id="c", description="made by a test")
    found = books.term("The rule")
    assert found is not None
    assert found.rule == rule
    assert found.description == "made by a test"


@pytest.mark.parametrize("start", [DueFrom.END_OF_MONTH, DueFrom.EXTEND_TO_MONTH_END])
def test_a_rule_without_words_in_the_gateway_is_not_sent(books: Intacct, world: World, start: DueFrom) -> None:
    with pytest.raises(NotCreatable):
        books.create_term("By hand", PaymentTerm(due=DueRule(0, start)), control_id="c")
    assert functions(world) == []


@pytest.mark.parametrize(("name", "position"), [("Net\x0045", 4), ("\ud800", 1), ("ab\ufffe", 3), ("Net 45\x1b", 7)])
def test_a_character_that_xml_cannot_carry_is_refused_with_its_position(
    books: Intacct, world: World, name: str, position: int
) -> None:
    for attempt in (
        lambda: books.create_term(name, NET_45, control_id="c"),
        lambda: books.reactivate_term(name, control_id="c"),
        lambda: books.term(name),
    ):
        with pytest.raises(IllegalText) as refused:
            attempt()
        assert refused.value.position == position
        assert f"Character {position} " in str(refused.value)
    assert "create_arterm" not in functions(world)


def test_the_writer_writes_and_the_reader_reads(books: Intacct, world: World) -> None:
    books.terms()
    reply = books.create_term("Net 45", NET_45, control_id="case-7")
    assert reply.key == "Net 45"
    assert reply.control_id == "case-7"
    users = {call["function"]: call["user"] for call in world.calls.of("intacct")}
    assert users["query"] == "termkeeper-reader"
    assert users["create_arterm"] == "termkeeper-writer"


def test_the_same_control_id_is_carried_out_once(books: Intacct, world: World) -> None:
    books.create_term("Net 45", NET_45, control_id="case-7")
    with pytest.raises(Refused) as again:
        books.create_term("Net 45", NET_45, control_id="case-7")
    assert again.value.duplicate
    assert again.value.control_id == "case-7"


def test_a_duplicate_name_is_told_as_one(books: Intacct) -> None:
    with pytest.raises(Refused) as refused:
        books.create_term("Net 30", NET_45, control_id="case-8")
    assert refused.value.duplicate
    assert refused.value.number == "BL34000061"
    assert "Net 30 already exists" in refused.value.vendor_words


def test_another_refusal_is_no_duplicate(books: Intacct) -> None:
    with pytest.raises(Refused) as refused:
        books.create_term("N" * 10_000, NET_45, control_id="case-8")
    assert not refused.value.duplicate
    assert refused.value.request_xml
    assert refused.value.reply_xml


def test_what_is_kept_of_a_write_holds_no_secret(books: Intacct) -> None:
    reply = books.create_term("Net 45", NET_45, control_id="case-7")
    assert '<function controlid="case-7">' in reply.request_xml
    assert "<name>Net 45</name>" in reply.request_xml
    assert "<status>success</status>" in reply.reply_xml
    for kept in (reply.request_xml, reply.reply_xml):
        assert "password>sandbox" not in kept
        assert "<sessionid>[hidden]</sessionid>" in reply.request_xml


def test_invoices_are_found_by_number(books: Intacct, world: World) -> None:
    books.terms()
    before = len(functions(world))
    found = books.invoices(["INV-1", "INV-5", "INV-99", "INV-5", ""])
    assert len(functions(world)) == before + 1
    assert [(invoice.record_no, invoice.number) for invoice in found] == [
        ("1", "INV-1"),
        ("5", "INV-5"),
        ("6", "INV-1"),
    ]
    posted, draft, _ = found
    assert posted.posted
    assert posted.customer_name == "Globex & Söhne <GmbH>"
    assert posted.term_name == "Net 30"
    assert (posted.invoice_date, posted.due_date) == (date(2026, 11, 2), date(2026, 12, 2))
    assert (posted.total, posted.currency) == (Decimal("1250.50"), "USD")
    assert posted.created_at == datetime(2026, 11, 3, 5, tzinfo=UTC)
    assert posted.created_by == "bill-sync"
    assert not draft.posted
    assert (draft.total, draft.currency) == (Decimal("12.50"), "EUR")


def test_a_thousand_numbers_are_one_request(books: Intacct, world: World) -> None:
    books.terms()
    before = len(functions(world))
    books.invoices([f"INV-{number}" for number in range(1000)])
    assert len(functions(world)) == before + 1
    books.invoices([f"INV-{number}" for number in range(1001)])
    assert len(functions(world)) == before + 3


def test_a_number_that_xml_cannot_carry_does_not_keep_the_others_from_being_found(books: Intacct) -> None:
    assert [invoice.number for invoice in books.invoices(["INV-2", "INV\x00", "\ud800"])] == ["INV-2"]
    assert books.term_use(["Net 90", "\ud800"]) == {"Net 90": 2, "\ud800": 0}


def test_no_numbers_cost_no_request(books: Intacct, world: World) -> None:
    assert books.invoices([]) == ()
    assert functions(world) == []


def test_use_is_counted_by_exact_name(books: Intacct) -> None:
    assert books.term_use() == {"Net 30": 2, "Net 90": 2, "net 30": 1}
    assert books.term_use(["net 30", "Net 45"]) == {"net 30": 1, "Net 45": 0}


def test_the_last_use_is_the_latest_invoice_date(books: Intacct) -> None:
    assert books.last_use("Net 90") == date(2026, 2, 27)
    assert books.last_use("Net 45") is None


def test_paging_reads_every_record_once(books: Intacct, world: World) -> None:
    for number in range(7, 4200):
        keep_invoice(world, number)
    query = Query(object="ARINVOICE", select=("RECORDNO", "TERMNAME"))
    read = list(books.rows(query))
    assert [row[0] for row in read] == [str(number) for number in range(1, 4200)]
    assert read[2] == ("3", "")
    assert functions(world) == ["getAPISession", "query", "query", "query"]


def test_fields_are_listed(books: Intacct) -> None:
    assert {"RECORDNO", "NAME", "DUEFROM", "MEGAENTITYID"} <= books.fields("ARTERM")


def test_threads_share_one_session_and_the_gate_holds(open_books: Opening, world: World) -> None:
    gate, counter = Slots(2), Counter()
    books = open_books(gate=gate, counter=counter)
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: len(books.terms()), range(24)))
    assert counts == [5] * 24
    assert gate.most <= 2
    assert max(call["in_flight"] for call in world.calls.of("intacct")) <= 2
    assert counter.functions.count("getAPISession") == 1
    assert counter.functions.count("query") == 24


def test_all_is_well_where_the_users_have_their_rights(books: Intacct, world: World) -> None:
    kept = dict(world.store.table("arterm"))
    checks = books.check()
    assert all(check.passed for check in checks), checks
    assert [check.subject for check in checks] == [
        "sign-in of termkeeper-reader",
        "termkeeper-reader reads ARTERM",
        "fields of ARTERM",
        "termkeeper-reader reads ARINVOICE",
        "fields of ARINVOICE",
        "termkeeper-reader reads CUSTOMER",
        "sign-in of termkeeper-writer",
        "termkeeper-writer adds AR terms",
        "termkeeper-writer reactivates AR terms",
    ]
    assert dict(world.store.table("arterm")) == kept


def test_a_user_that_may_not_write_is_told_which_right_it_needs(open_books: Opening) -> None:
    checks = open_books(writer_user_id="", writer_password="").check()
    assert {check.subject: check.advice for check in checks if not check.passed} == {
        "termkeeper-reader adds AR terms": "The user termkeeper-reader needs Accounts Receivable: AR terms, Add.",
        "termkeeper-reader reactivates AR terms": "The user termkeeper-reader needs Accounts Receivable: AR terms, Edit.",
    }


def test_a_reader_that_may_not_see_customers_can_do_all_but_withdraw(books: Intacct, world: World) -> None:
    world.faults.set(Fault("intacct", "query", "permission", 1, 2))
    (missing,) = [check for check in books.check() if not check.passed]
    assert (missing.subject, missing.needed) == ("termkeeper-reader reads CUSTOMER", False)
    assert "Customers, List and View. Until then no term can be withdrawn." in missing.advice


def test_a_wrong_password_is_told_and_what_depends_on_it_left_out(open_books: Opening, world: World) -> None:
    checks = open_books(writer_password="wrong").check()
    assert [check.subject for check in checks if not check.passed] == ["sign-in of termkeeper-writer"]
    assert not any("adds AR terms" in check.subject for check in checks)


@pytest.mark.parametrize("url", ["http://api.intacct.com/x", "ftp://127.0.0.1/x", "https://user:pw@host/x", "nonsense"])
def test_an_address_that_is_not_safe_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        books_at(url)


def test_nothing_secret_is_in_the_representation(books: Intacct) -> None:
    books.terms()
    for thing in (books, books._reader, books._reader._login, books._reader._session, books._reader._gateway._sender):
        assert "password" not in repr(thing).replace("password=", "")
