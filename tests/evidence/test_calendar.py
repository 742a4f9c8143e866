"""Each day, by the company's zone, brings a look, an anchor and a tidy-up once; the journal outlives them all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, select, text

from bot.evidence import calendar
from bot.evidence.retention import kept_since, tidy
from bot.records import schedule
from bot.records.engine import Database
from bot.records.tables import inbox, messages, views
from bot.records.tables import schedule as rows
from tests.evidence.chains import chain, grow
from tests.evidence.conftest import Office


class Noon:
    """A clock that stands at a moment."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


def keys(database: Database) -> list[str]:
    with database.transaction() as connection:
        return list(connection.scalars(select(rows.c.key).order_by(rows.c.key)))


def test_a_day_asks_once_and_by_the_companys_own_midnight(office: Office, tmp_path: Path) -> None:
    companies = {"acme": office.company}
    late = Noon(datetime(2026, 11, 25, 3, 30, tzinfo=UTC))
    for _ in range(2):
        calendar.ask_due(office.database, late, companies, tmp_path / "anchors")
    assert keys(office.database) == ["anchor/acme/2026-11-24", "reconcile/acme/2026-11-24", "tidy/acme/2026-11-24"]
    calendar.ask_due(office.database, Noon(datetime(2026, 11, 25, 5, 1, tzinfo=UTC)), companies, None)
    assert len(keys(office.database)) == 5, "without an anchor file none is asked for"


def test_what_is_asked_for_is_done(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    companies = {"acme": office.company}
    calendar.ask_due(office.database, office.clock, companies, file)
    doings = calendar.doings(office.database, office.clock, companies, file, 7, {})
    for key in keys(office.database)[::-1]:
        assert schedule.do(office.database, key, doings, lambda *told: None), key
    last = chain(office.database)[-1]
    assert last.kind == "reconciliation"
    (line,) = file.read_text().splitlines()
    assert json.loads(line)["row_hash"] == last.row_hash


def test_evidence_is_kept_for_whole_calendar_years() -> None:
    assert kept_since(datetime(2026, 11, 24, tzinfo=UTC), 7) == datetime(2019, 1, 1, tzinfo=UTC)


def test_the_tidy_up_takes_what_is_no_evidence_and_never_a_row_of_the_journal(database: Database) -> None:
    grow(database, 3)
    before = chain(database)
    old, recent = datetime(2018, 12, 31, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)
    with database.transaction() as connection:
        for key, at in (("old", old), ("recent", recent)):
            connection.execute(
                insert(messages).values(
                    key=key, company="acme", kind="notice", channel="C", state="posted", body={"w": 1}, posted_at=at
                )
            )
            connection.execute(insert(inbox).values(key=key, kind="event", payload={}, state="done", done_at=at))
        connection.execute(insert(views).values(id="v", kind="edit", payload={}, user_id="U", created_at=old))
    tidy(database, datetime(2026, 11, 24, tzinfo=UTC), 7)
    with database.transaction() as connection:
        kept = connection.execute(select(messages.c.key).where(messages.c.body.is_not(None))).scalars().all()
        assert kept == ["recent"]
        assert connection.scalar(text("SELECT count(*) FROM messages")) == 2, "that it was said stays known"
        assert connection.scalar(text("SELECT count(*) FROM views")) == 0
        assert connection.scalar(text("SELECT count(*) FROM inbox WHERE payload IS NOT NULL")) == 0
    assert chain(database) == before
