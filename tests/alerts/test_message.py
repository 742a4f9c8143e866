"""An alert is read from every place and in every shape, and nothing else is taken for one."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts import Cause, Failure, as_json, failures, origin, own

SENTENCE = "cannot be created in Intacct: Could not retrieve the Sequence record!"


def alert(number: str) -> str:
    return f"Invoice [{number}] {SENTENCE}"


def message(text: str = "", **more: object) -> dict[str, object]:
    return {"type": "message", "channel": "C0FINALERTS", "ts": "1.0", "bot_id": "B0BILL", "text": text} | more


def numbers(event: Mapping[str, object]) -> list[str | None]:
    found = failures(event)
    assert all(failure.cause is Cause.SEQUENCE for failure in found)
    return [failure.invoice for failure in found]


def terms(event: Mapping[str, object]) -> list[str | None]:
    found = failures(event)
    assert all(failure.cause is Cause.TERM_INVALID for failure in found)
    return [failure.term for failure in found]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (alert("INV 2026 42"), "INV 2026 42"),
        (alert("INV[2]-5"), "INV[2]-5"),
        (alert("INV]5"), "INV]5"),
        (alert("#77"), "#77"),
        (alert("Nº 12/É.ü-号"), "Nº 12/É.ü-号"),
        (alert("INV_1_A*2"), "INV_1_A*2"),
        (alert("Invoice 7"), "Invoice 7"),
        (alert("INVOICE [2]"), "INVOICE [2]"),
        (alert("&lt;!channel&gt; 5"), "<!channel> 5"),
        (alert("A&amp;amp;1"), "A&amp;1"),
        (alert(" INV-5 "), "INV-5"),
        (alert("*INV-5*"), "INV-5"),
        (alert("`INV_5`"), "INV_5"),
        (alert("*5"), "*5"),
        (alert("1,042"), "1,042"),
        (f"Invoice *[INV-1]* {SENTENCE}", "INV-1"),
        (f"*Invoice* `[INV-1]` *{SENTENCE}*", "INV-1"),
        (f"*Invoice [INV-1]* {SENTENCE}", "INV-1"),
        (f"*Invoice INV-1* {SENTENCE}", "INV-1"),
        (f"Invoice INV-1* {SENTENCE}", "INV-1*"),
        (f"Invoice *INV-1 {SENTENCE}*", "INV-1"),
        (f"_Invoice INV_1 {SENTENCE}_", "INV_1"),
        (f"Invoice _INV-1_ {SENTENCE}", "INV-1"),
        (f"Invoice INV_1_ {SENTENCE}", "INV_1_"),
        (f"Invoice INV 2026/42 {SENTENCE}", "INV 2026/42"),
        (f"Invoice #123 {SENTENCE}", "#123"),
        (f"Invoice INV[2] {SENTENCE}", "INV[2]"),
        (f"Invoice <https://app02.us.bill.com/Invoice?id=1|INV-2> {SENTENCE}", "INV-2"),
        (f"<https://app02.us.bill.com/Invoice?id=1|Invoice [INV-2]> {SENTENCE}", "INV-2"),
        (f"Invoice [[INV-2](https://app02.us.bill.com/Invoice?id=1)] {SENTENCE}", "INV-2"),
        ("INVOICE [inv-1] CANNOT BE CREATED IN INTACCT: COULD NOT RETRIEVE THE SEQUENCE RECORD", "inv-1"),
        ("Invoice [A-1]  cannot be\ncreated in Intacct :\nCould not  retrieve\u00a0the Sequence record", "A-1"),
        ("&gt; Invoice [A-1] cannot be\n&gt; created in Intacct: Could not\n&gt; retrieve the Sequence record!", "A-1"),
        ("Invoice\n[A-1]\ncannot be created in Intacct - Could not retrieve the Sequence record.", "A-1"),
        (f"Please look: AR Invoice [A-1] {SENTENCE} Thanks", "A-1"),
        (f"Invoice [A] was fine. Invoice [B2] {SENTENCE}", "B2"),
        (f"Invoice [A] cannot be created in Intacct: Customer is inactive. Invoice [B2] {SENTENCE}", "B2"),
        (f"```\n{alert('A-1')}\n```", "A-1"),
    ],
)
def test_number_is_read_as_it_is(text: str, number: str) -> None:
    assert numbers(message(text)) == [number]


@pytest.mark.parametrize(
    "text",
    [
        f"Bill [B-77] {SENTENCE}",
        f"Vendor invoice [V-1] {SENTENCE}",
        f"AP Invoice V-1 {SENTENCE}",
        f"Invoice payment [P-1] {SENTENCE}",
        f"Credit memo [C-1] {SENTENCE}",
        f"Invoice [] {SENTENCE}",
        f"Invoice [ ] {SENTENCE}",
        f"Invoice [...] {SENTENCE}",
        f"Invoice [{'9' * 10_000}] {SENTENCE}",
        f"Invoice {'9' * 10_000} {SENTENCE}",
        f"Invoice [INV\n5] {SENTENCE}",
        f"Invoice [A\x001] {SENTENCE}",
        f"Invoice [A\ud8001] {SENTENCE}",
        f"Invoice [<https://app02.us.bill.com/Invoice?id=1>] {SENTENCE}",
        f"My invoice {SENTENCE}",
        f"This invoice still {SENTENCE}",
        f"Invoice number INV-5 {SENTENCE}",
        f"The invoice from Acme INV-5 {SENTENCE}",
        f"Invoices [A] and [B] {SENTENCE}",
        "Could not retrieve the Sequence record for Invoice [A-1]",
        "Invoice [A-1] cannot be created in Intacct: Could not retrieve the Sequence records page",
        "Invoice [A-1] cannot be created in QuickBooks: Could not retrieve the Sequence record!",
        "Invoice [A-1] cannot be created in Intacct: Customer C-1 is inactive. Could not retrieve the Sequence record!",
        "Bill [B-1] cannot be created in Intacct: The term name 'Net 45' is invalid",
        "The vendor term name 'Net 45' is invalid",
        "The term name '' is invalid",
        "The term name '  ' is invalid",
        "The term name Net 45 is invalid",
        "The term name 'Net\n45' is invalid",
        "The term name 'Net 45\" is invalid",
        f"The term name '{'x' * 10_000}' is invalid",
        "The term name 'Net 45' is invalidated",
        "Is Net 45 invalid? What is its term name 'in Intacct'?",
    ],
)
def test_what_is_no_alert_is_not_read(text: str) -> None:
    assert failures(message(text)) == ()


@pytest.mark.parametrize(
    ("quoted", "term"),
    [
        ("'Net 45'", "Net 45"),
        ("‘Net 45’", "Net 45"),
        ("“Net 45”", "Net 45"),
        ('"Net 45"', "Net 45"),
        ("`Net 45`", "Net 45"),
        ("*'Net 45'*", "Net 45"),
        ("'*Net 45*'", "Net 45"),
        ("'Owner's terms'", "Owner's terms"),
        ("'Owners''", "Owners'"),
        ("'Net 6\"'", 'Net 6"'),
        ("'Net\u00a045'", "Net\u00a045"),
        ("'Net  45'", "Net  45"),
        ("' Net 45  '", " Net 45  "),
        ("'Net\u200b45'", "Net\u200b45"),
        ("'2% 10 *Net* 30_x'", "2% 10 *Net* 30_x"),
        ("'R&amp;D &lt;30&gt;'", "R&D <30>"),
    ],
)
def test_term_name_is_untouched(quoted: str, term: str) -> None:
    assert terms(message(f"The term name {quoted} is invalid")) == [term]
    assert terms(message(f"the Term  Name {quoted}\nIS invalid.")) == [term]


def test_sentence_that_names_invoice_and_term_gives_both_and_the_corpus_form_the_term() -> None:
    event = message("Invoice [A-1] cannot be created in Intacct: The term name 'Net 45' is invalid")
    assert failures(event) == (Failure(cause=Cause.TERM_INVALID, invoice="A-1", term="Net 45"),)
    assert as_json(event) == {"failures": [{"cause": "term_invalid", "term": "Net 45"}]}


def test_bare_sentence_adds_nothing_to_the_one_that_names_the_invoice() -> None:
    event = message(
        "The term name 'Net 45' is invalid",
        attachments=[{"text": "Invoice [A-1] cannot be created in Intacct: The term name 'Net 45' is invalid"}],
    )
    assert failures(event) == (Failure(cause=Cause.TERM_INVALID, invoice="A-1", term="Net 45"),)


def test_several_failures_in_one_line_keep_their_order() -> None:
    event = message(
        f"{alert('B')} {alert('A')} The term name 'Net 45' is invalid; the term name 'N 7' is invalid {alert('C')}"
    )
    assert as_json(event)["failures"] == [
        {"cause": "sequence", "invoice": "B"},
        {"cause": "sequence", "invoice": "A"},
        {"cause": "term_invalid", "term": "Net 45"},
        {"cause": "term_invalid", "term": "N 7"},
        {"cause": "sequence", "invoice": "C"},
    ]


def rich(*elements: object) -> dict[str, object]:
    return {"type": "rich_text", "elements": list(elements)}


def part(text: str, **style: bool) -> dict[str, object]:
    return {"type": "text", "text": text} | ({"style": style} if style else {})


def section(*pieces: object) -> dict[str, object]:
    return {"type": "rich_text_section", "elements": list(pieces)}


LINK = {"type": "link", "url": "https://app02.us.bill.com/Invoice?id=1", "text": "A-1"}
PLACES: list[dict[str, object]] = [
    {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": alert("A-1")}}]},
    {"blocks": [{"type": "section", "fields": [{"type": "plain_text", "text": alert("A-1")}]}]},
    {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": alert("A-1")}}]},
    {"blocks": [{"type": "context", "elements": [{"type": "mrkdwn", "text": alert("A-1")}]}]},
    {"blocks": [{"type": "markdown", "text": f"**Invoice** \\[A-1\\] {SENTENCE}"}]},
    {"blocks": [{"type": "table", "rows": [[{"type": "raw_text", "text": alert("A-1")}]]}]},
    {"blocks": [{"type": "table", "rows": [[rich(section(part(alert("A-1"))))]]}]},
    {"blocks": [rich({"type": "rich_text_quote", "elements": [part(alert("A-1"))]})]},
    {"blocks": [rich({"type": "rich_text_preformatted", "elements": [part(alert("A-1"))]})]},
    {"blocks": [rich({"type": "rich_text_list", "style": "bullet", "elements": [section(part(alert("A-1")))]})]},
    {"blocks": [rich(section(part("Invoice ["), LINK, part("] "), part(SENTENCE, bold=True)))]},
    {"blocks": [rich(section(part("Invoice "), part("A-", bold=True), part("1", italic=True), part(f" {SENTENCE}")))]},
    {"attachments": [{"text": alert("A-1")}]},
    {"attachments": [{"fallback": alert("A-1")}]},
    {"attachments": [{"pretext": alert("A-1")}]},
    {"attachments": [{"title": alert("A-1")}]},
    {"attachments": [{"title": "Invoice [A-1] cannot be created in Intacct:", "text": "Could not retrieve the Sequence record!"}]},
    {"attachments": [{"fields": [{"title": "Error", "value": alert("A-1"), "short": False}]}]},
    {"attachments": [{"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": alert("A-1")}}]}]},
    {"attachments": [{"message_blocks": [{"message": {"blocks": [rich(section(part(alert("A-1"))))]}}]}]},
    {"files": [{"mode": "email", "plain_text": alert("A-1")}]},
    {"files": [{"mode": "email", "preview_plain_text": alert("A-1")}]},
    {"files": [{"mode": "email", "plain_text": "> Invoice [A-1 <https://app02.us.bill.com/Invoice?id=1>] cannot be\n> created in Intacct: Could not retrieve the Sequence record!"}]},
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=range(len(PLACES)))
def test_every_place_is_read(place: dict[str, object]) -> None:
    assert numbers(message(**place)) == ["A-1"]


def test_the_same_failure_in_several_places_counts_once() -> None:
    everywhere: dict[str, object] = {"blocks": [], "attachments": [], "files": []}
    for place in PLACES:
        for key, parts in place.items():
            everywhere[key] = [*everywhere[key], *parts]  # type: ignore[misc]
    assert numbers(message(alert("A-1"), **everywhere)) == ["A-1"]


def test_characters_of_plain_text_are_never_taken_for_styling() -> None:
    assert numbers(message(blocks=[rich(section(part(alert("_A-1_"))))])) == ["_A-1_"]


def test_mentions_and_emoji_stay_text() -> None:
    assert numbers(message(alert("<@U0DAN> 1"))) == ["<@U0DAN> 1"]
    assert numbers(message(blocks=[rich(section(part("Invoice [1 "), {"type": "user", "user_id": "U0DAN"}, part(f"] {SENTENCE}")))])) == ["1 <@U0DAN>"]  # fmt: skip
    assert numbers(message(alert("1 :tada:"))) == ["1 :tada:"]
    emoji = {"type": "emoji", "name": "tada"}
    assert numbers(message(blocks=[rich(section(part("Invoice [1 "), emoji, part(f"] {SENTENCE}")))])) == ["1 :tada:"]


def test_a_deleted_message_reports_nothing() -> None:
    old = message(alert("A-1"))
    event = message(subtype="message_deleted", deleted_ts="1.0", previous_message=old)
    assert failures(event) == ()
    assert origin(event).deleted


def test_an_edit_is_read_as_its_new_words_only() -> None:
    event = message(
        subtype="message_changed", message=message(alert("NEW-1")), previous_message=message(alert("OLD-1"))
    )
    assert numbers(event) == ["NEW-1"]


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [None, 5, "x", [[]], {"type": 3, "text": 4}]])
def test_strange_shapes_are_not_read_and_do_no_harm(odd: object) -> None:
    assert failures({"text": odd, "blocks": odd, "attachments": odd, "files": odd}) == ()
    assert failures({"subtype": "message_changed", "message": odd}) == ()
    assert failures(message(blocks=[{"type": "rich_text", "elements": odd}, {"type": "section", "text": odd}])) == ()


def test_origin_tells_edits_threads_and_people_apart() -> None:
    inner = {"ts": "2.0", "thread_ts": "1.0", "user": "U0MARIA", "text": "x", "team": "T0ACME"}
    edit = origin({"subtype": "message_changed", "channel": "C1", "ts": "3.0", "message": inner})
    assert (edit.channel, edit.ts, edit.thread_ts, edit.root, edit.team) == ("C1", "2.0", "1.0", "1.0", "T0ACME")
    assert edit.edited
    assert edit.person
    posted = origin(
        {"channel": "C1", "ts": "1.0", "user": "U0BILLBOT", "bot_id": "B0BILL", "bot_profile": {"app_id": "A0BILL"}}
    )
    assert (posted.person, posted.app_id, posted.thread_ts, posted.root) == (False, "A0BILL", None, "1.0")
    assert not origin({"ts": "1.0", "user": "USLACKBOT"}).person


def test_only_the_bots_own_messages_are_its_own() -> None:
    assert own(message(bot_id="B0TERMKEEPER"), "B0TERMKEEPER")
    assert own({"subtype": "message_changed", "message": {"bot_id": "B0TERMKEEPER"}}, "B0TERMKEEPER")
    assert not own(message(), "B0TERMKEEPER")
    assert not own({"user": "U0MARIA"}, "")


NUMBER = st.text(st.characters(categories=("L", "N"), include_characters="-/#._ *[]&"), min_size=1, max_size=40)


@given(NUMBER.filter(lambda n: n == n.strip() and any(c.isalnum() for c in n) and n.count("[") == n.count("]") == 0))
@settings(deadline=None)
def test_any_number_in_brackets_comes_back_from_rich_text(number: str) -> None:
    assert numbers(message(blocks=[rich(section(part(alert(number.replace("&", "&amp;")))))])) == [number]


@given(st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=60).filter(str.strip))
@settings(deadline=None)
def test_any_term_name_comes_back_from_plain_text(name: str) -> None:
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert terms(message(blocks=[rich(section(part(f"The term name '{escaped}' is invalid")))])) == [name]


@given(st.lists(st.sampled_from(["Invoice ", "[", "]", "A-1", " ", "\n", "*", "`", "<", ">", "&amp;", "'", SENTENCE, "cannot be created in Intacct", "The term name ", " is invalid"]), max_size=40))  # fmt: skip
@settings(deadline=None)
def test_no_arrangement_of_the_words_fails(parts: list[str]) -> None:
    for failure in failures(message("".join(parts))):
        assert failure.invoice or failure.term


@pytest.mark.parametrize(
    "unit",
    ["[", "<", "`", "*", " ", "' ", "Invoice [", "cannot ", "the term name '", "' is ", "&amp;", "> ", "Invoice *", "](http", "\n>", alert("A-1"), "Invoice [A] cannot be created in Intacct: The term name 'x' is invalid "],
)  # fmt: skip
def test_reading_grows_no_faster_than_the_text(unit: str) -> None:
    def cost(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        event = message(text + " sequence cannot invalid", files=[{"plain_text": text}])
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            failures(event)
            best = min(best, time.process_time() - began)
        return best

    assert cost(80_000) < 8 * max(cost(20_000), 0.004)
