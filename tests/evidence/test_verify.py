"""Any row that is changed, removed, put in or moved is found, and a rewritten chain back to its last anchor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bot.evidence.anchors import Anchor, publish, read
from bot.evidence.verify import BreakKind, Verdict, companies, sentences, verify, walk
from bot.records.engine import Database
from bot.records.journal import GENESIS, Entry, content_hash, row_hash
from tests.evidence.chains import AT, TAMPERINGS, chain, grow, rewrite, tamper
from tests.records.processes import another_process, told

KINDS = {
    "content changed": BreakKind.CONTENT,
    "content and its hash changed": BreakKind.HASH,
    "row rewritten with right hashes of its own": BreakKind.LINK,
    "row hash changed": BreakKind.HASH,
    "person changed": BreakKind.COLUMNS,
    "time changed": BreakKind.COLUMNS,
    "case changed": BreakKind.COLUMNS,
    "given to another company": BreakKind.GAP,
    "one deleted": BreakKind.GAP,
    "several deleted": BreakKind.GAP,
    "the first deleted": BreakKind.GAP,
    "one deleted and the rest moved up": BreakKind.MOVED,
    "one put in": BreakKind.MOVED,
    "one doubled": BreakKind.FORK,
    "one put behind the head": BreakKind.HEAD,
    "two swapped": BreakKind.MOVED,
    "two contents swapped": BreakKind.HASH,
    "the end cut": BreakKind.HEAD,
    "the head moved": BreakKind.HEAD,
    "the head gone": BreakKind.HEAD,
    "everything gone but the head": BreakKind.HEAD,
}


def verdict_of(database: Database, anchors: tuple[Anchor, ...] = (), company: str = "acme") -> Verdict:
    with database.transaction() as connection:
        return verify(connection, company, anchors)


@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_with_the_triggers_dropped_is_found_and_named(database: Database, what: str) -> None:
    grow(database, 10)
    assert verdict_of(database).whole
    tamper(database, *TAMPERINGS[what])
    verdict = verdict_of(database)
    assert [found.kind for found in verdict.breaks] == [KINDS[what]], verdict.breaks
    assert sentences(verdict)[0].startswith("acme: BROKEN. ")


def test_a_row_given_to_another_company_shows_there_too(database: Database) -> None:
    grow(database, 10)
    tamper(database, *TAMPERINGS["given to another company"])
    with database.transaction() as connection:
        assert companies(connection) == ["acme", "other"]
    assert not verdict_of(database, company="other").whole


def test_a_whole_chain_says_up_to_where_it_is_proved(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    grow(database, 4)
    publish(database, "acme", file, AT)
    assert sentences(verdict_of(database, read(file)))[1:] == [
        "acme: proved up to entry 4 by the anchor of 2026-11-24 06:00 UTC."
    ]
    grow(database, 3, start=4)
    assert sentences(verdict_of(database, read(file)))[1:] == [
        "acme: proved up to entry 4 by the anchor of 2026-11-24 06:00 UTC.",
        "acme: after that anchor entries 5 to 7: they fit the chain, and nothing outside proves them yet.",
    ]
    assert "no anchor is known" in sentences(verdict_of(database))[1]


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda rows: rows[:6], id="the tail cut and the head set back"),
        pytest.param(lambda rows: [r.replace("Net 2", "Net 99") for r in rows], id="everything rehashed"),
        pytest.param(lambda rows: [r.replace("Net 2", "Net 99") for r in rows[:6]], id="both"),
        pytest.param(lambda rows: [], id="everything gone"),
    ],
)
def test_a_rewritten_chain_is_found_by_its_anchors_alone(
    database: Database, tmp_path: Path, forge: Callable[[list[str]], list[str]]
) -> None:
    file = tmp_path / "anchors.jsonl"
    grow(database, 8)
    publish(database, "acme", file, AT)
    grow(database, 2, start=8)
    rewrite(database, forge([row.canonical for row in chain(database)]))
    assert verdict_of(database).whole, "its hashes are right: nothing inside can tell"
    verdict = verdict_of(database, read(file))
    assert [found.kind for found in verdict.breaks] == [BreakKind.ANCHOR]
    assert verdict.proved is None


def test_what_was_rewritten_after_the_last_anchor_is_said_to_be_unproved(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    grow(database, 8)
    publish(database, "acme", file, AT)
    grow(database, 2, start=8)
    rows = [row.canonical for row in chain(database)]
    rewrite(database, [*rows[:9], rows[9].replace("Net 9", "Net 99")])
    told_of_it = sentences(verdict_of(database, read(file)))
    assert told_of_it[-1] == (
        "acme: after that anchor entries 9 to 10: they fit the chain, and nothing outside proves them yet."
    )


def test_a_break_behind_an_anchor_leaves_what_that_proves(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    grow(database, 3)
    publish(database, "acme", file, AT)
    grow(database, 7, start=3)
    tamper(database, *TAMPERINGS["one deleted"])
    assert sentences(verdict_of(database, read(file))) == [
        "acme: BROKEN. Entry 5 is missing.",
        "acme: up to entry 3 it is proved by the anchor of 2026-11-24 06:00 UTC.",
    ]


APPENDER = """
    import sys
    from bot.records.engine import Database
    from tests.evidence.chains import grow
    database = Database(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    grow(database, 40)
    print("done", flush=True)
"""


def test_many_processes_that_append_at_once_make_one_chain(database: Database, database_url: str) -> None:
    with (
        another_process(APPENDER, database_url) as one,
        another_process(APPENDER, database_url) as two,
        another_process(APPENDER, database_url) as three,
    ):
        for process in (one, two, three):
            assert told(process) == "ready"
        for process in (one, two, three):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in (one, two, three):
            assert told(process) == "done"
    verdict = verdict_of(database)
    assert (verdict.whole, verdict.rows) == (True, 120)
    ours = [row.canonical for row in chain(database)]
    assert ours != sorted(ours), "the three took turns"


def _made(count: int) -> list[Entry]:
    rows: list[Entry] = []
    previous = GENESIS
    for seq in range(1, count + 1):
        at = AT + timedelta(minutes=seq)
        canonical = (
            f'{{"actor":"U","at":"{at:%Y-%m-%dT%H:%M:%S.%fZ}","case":null,"content":{{"n":{seq}}},"kind":"note"}}'
        )
        digest = content_hash(canonical)
        rows.append(
            Entry(
                company="acme",
                seq=seq,
                at=at,
                kind="note",
                case_id=None,
                actor="U",
                canonical=canonical,
                content_hash=digest,
                prev_hash=previous,
                row_hash=row_hash(company="acme", seq=seq, prev_hash=previous, content_hash=digest),
            )
        )
        previous = rows[-1].row_hash
    return rows


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), count=st.integers(2, 12))
def test_no_other_sequence_of_the_same_rows_and_no_changed_field_passes(data: st.DataObject, count: int) -> None:
    from dataclasses import replace

    rows = _made(count)
    head = (count, rows[-1].row_hash)
    assert walk("acme", rows, head).whole
    forged = data.draw(
        st.one_of(
            st.lists(st.sampled_from(rows), max_size=count + 2),
            st.tuples(
                st.integers(0, count - 1),
                st.sampled_from(["seq", "actor", "kind", "canonical", "content_hash", "prev_hash", "row_hash"]),
                st.text(max_size=64),
                st.integers(-3, 30),
            ),
        )
    )
    if isinstance(forged, list):
        changed = forged
    else:
        at, field, words, number = forged
        changed = list(rows)
        changed[at] = replace(rows[at], **{field: number if field == "seq" else words})  # type: ignore[arg-type]
    assert walk("acme", changed, head).whole == (changed == rows)


def test_a_journal_without_its_columns_in_order_is_no_reason_to_fall_over(database: Database) -> None:
    grow(database, 3)
    tamper(
        database,
        "UPDATE journal SET content = 'no json'",
        "UPDATE journal SET content_hash = encode(sha256(convert_to(content, 'UTF8')), 'hex')",
    )
    assert [found.kind for found in verdict_of(database).breaks] == [BreakKind.COLUMNS]
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT count(*) FROM journal")) == 3
