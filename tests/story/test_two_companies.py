"""Two companies in one bot on one database: nothing that belongs to one is seen, counted or decided in the other."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select
from starlette.routing import Mount

from bot.assembly import Bot
from bot.cli import main
from bot.clock import RealClock
from bot.doctor import examine
from bot.records.engine import Database
from bot.records.tables import api_calls, cases, journal
from bot.sandbox import company
from bot.sandbox.companies_file import write_companies_file
from bot.sandbox.company import birch
from bot.sandbox.server import build, client_settings, settings
from bot.sandbox.slack.seed import BOT_ID, BOT_USER
from bot.sandbox.world import Beside, World
from bot.settings import load
from tests.sandbox.slack.conftest import Stage, staged

ACME, BIRCH, EVERYWHERE = company.ACME.alert_channel, company.BIRCH.alert_channel, "C0GENERAL"
MARIA, DAN, PRIYA, HANA = "U0MARIA", "U0DAN", "U0PRIYA", "U0HANA"
OF_ACME, OF_BIRCH = "Globex", "Alder Creek"
"""Whose INV-1042 it is: both companies have one, and lack its term, `Net 45`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    """The workspace, both companies' books, and the records."""

    stage: Stage
    acme: World
    birch: World
    database: Database
    environment: dict[str, str]
    end: Callable[[], None]

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """What the bot has posted in a channel, threads included."""
        client = self.stage.client()
        found: list[dict[str, Any]] = []
        for root in client.conversations_history(channel=channel, limit=200)["messages"]:
            found += client.conversations_replies(channel=channel, ts=root["ts"])["messages"]
        return [one for one in found if one.get("bot_id") == BOT_ID]

    def card(self, channel: str, *words: str) -> dict[str, Any]:
        """The channel's one message with all these words, awaited."""

        def look() -> dict[str, Any] | None:
            return next((m for m in self.messages(channel) if all(word in m["text"] for word in words)), None)

        return until(look, f"{words} in {channel}; there is {[m['text'] for m in self.messages(channel)]}")

    def sync(self) -> int:
        """Runs birch's sync; how many invoices arrived."""
        answer = requests.post(f"{self.stage.address}/sandbox/control/sync", json={"company": "birch"}, timeout=30)
        return int(answer.json()["created"])

    def press(self, user: str, channel: str, card: dict[str, Any], action: str) -> None:
        assert self.stage.outcome(lambda: self.stage.workspace.press(user, channel, card["ts"], action)).ok

    def ask(self, user: str, channel: str, text: str) -> str:
        """What `/checkterms` answers a person."""
        before = len(self.whispers(user, channel))
        assert self.stage.outcome(lambda: self.stage.workspace.command(user, channel, "/checkterms", text)).ok
        return until(lambda: self.whispers(user, channel)[before:], f"an answer to {text}")[0]

    def all_open(self) -> bool:
        """Whether birch's alerts are all cases."""
        with self.database.transaction() as connection:
            return len(connection.execute(select(cases.c.id).where(cases.c.company == "birch")).all()) == 3

    def whispers(self, user: str, channel: str) -> list[str]:
        """What one person alone sees in a channel."""
        found = self.stage.do(lambda: self.stage.workspace.ephemerals(user, channel))
        return [str(one) for one in found]

    def home(self, user: str) -> str:
        """A person's App Home."""
        self.stage.do(lambda: self.stage.workspace.open_home(user))
        return str(until(lambda: self.stage.do(lambda: self.stage.workspace.home(user)), f"the home of {user}"))

    def journal(self, key: str) -> str:
        """All that a company's chain holds."""
        with self.database.transaction() as connection:
            rows = connection.scalars(select(journal.c.content).where(journal.c.company == key)).all()
        return "\n".join(rows)


def until(look: Callable[[], Any], what: str, seconds: float = 40) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


@pytest.fixture
def two(database: Database, tmp_path: Path) -> Iterator[Two]:
    """The sandbox with its second company, and the bot at work; in both an alert about INV-1042 has come."""
    with ExitStack() as stack:
        world = World()
        company.found(world)
        birch.found(world)
        stage = stack.enter_context(staged(world, [Mount("/", app=build(world, tmp_path))]))
        company.write_close_calendar(tmp_path, world.calendar.now())
        write_companies_file(settings(world.address, tmp_path, company.leave(world)), tmp_path)
        environment = client_settings(world, tmp_path) | {"DATABASE_URL": database.url}
        bot = Bot(load(environment), RealClock(), tmp_path)
        ending = stack.enter_context(ExitStack())
        ending.callback(bot.stop)
        bot.start()
        two = Two(
            stage=stage,
            acme=world,
            birch=Beside(world, "birch"),
            database=database,
            environment=environment,
            end=ending.close,
        )
        words = "Invoice [INV-1042] cannot be created in Intacct: Could not retrieve the Sequence record!"
        event = {"type": "message", "text": words, "bot_id": "B0BILL"}
        stage.do(lambda: stage.workspace.post_as_app(ACME, event))
        two.sync()
        yield two


def names(world: World) -> set[str]:
    return {str(row["NAME"]) for row in world.store.table("arterm").values()}


def test_the_same_number_and_term_in_two_companies_are_two_cases_that_never_meet(two: Two) -> None:
    first = two.card(ACME, "Net 45 is missing in Intacct", OF_ACME)
    second = two.card(BIRCH, "Net 45 is missing in Intacct", OF_BIRCH)
    with two.database.transaction() as connection:
        kept = connection.execute(
            select(cases.c.company, cases.c.number).order_by(cases.c.company, cases.c.number)
        ).all()
    assert [tuple(row) for row in kept] == [("acme", 1), ("birch", 1), ("birch", 2), ("birch", 3)]

    two.stage.do(lambda: two.stage.workspace.join(DAN, BIRCH))
    two.press(DAN, BIRCH, second, "case.create")
    until(lambda: [w for w in two.whispers(DAN, BIRCH) if PRIYA in w], "a refusal that names who may decide in birch")
    two.press(HANA, BIRCH, second, "case.create")
    until(lambda: [w for w in two.whispers(HANA, BIRCH) if "made an invoice" in w], "a refusal of who made the invoice")
    two.press(PRIYA, BIRCH, second, "case.create")
    two.card(BIRCH, OF_BIRCH, "read back and identical")
    assert "Net 45" in names(two.birch)
    assert "Net 45" not in names(two.acme)
    assert two.sync() == 1
    two.card(BIRCH, OF_BIRCH, "Fixed")
    two.press(DAN, ACME, first, "case.create")
    until(lambda: "Net 45" in names(two.acme), "the term in acme's books")

    said_in_acme = str(two.messages(ACME)) + two.journal("acme")
    said_in_birch = str(two.messages(BIRCH)) + two.journal("birch")
    assert OF_ACME in said_in_acme
    assert OF_BIRCH in said_in_birch
    assert not [word for word in (OF_BIRCH, HANA, BIRCH) if word in said_in_acme]
    assert not [word for word in (OF_ACME, MARIA, ACME) if word in said_in_birch]


def test_look_ups_and_homes_show_each_person_his_own_companies(two: Two) -> None:
    two.card(ACME, OF_ACME)
    two.card(BIRCH, OF_BIRCH)
    assert OF_ACME in two.ask(MARIA, EVERYWHERE, "INV-1042")
    told = two.ask(DAN, EVERYWHERE, "birch: INV-1042")
    assert "acme" in told
    assert not [word for word in ("birch", OF_BIRCH, BIRCH) if word in told.replace("birch: INV-1042", "")]
    told = two.ask(PRIYA, EVERYWHERE, "INV-1042")
    assert "acme" in told
    assert "birch" in told
    assert OF_BIRCH in two.ask(PRIYA, EVERYWHERE, "birch: INV-1042")
    assert OF_BIRCH not in two.ask(PRIYA, ACME, "birch: INV-1042")

    maria, hana = two.home(MARIA), two.home(HANA)
    assert ACME in maria
    assert BIRCH not in maria
    assert BIRCH in hana
    assert ACME not in hana
    counted = select(api_calls.c.company).where(api_calls.c.service == "intacct").distinct()

    def both() -> bool:
        with two.database.transaction() as connection:
            return set(connection.scalars(counted)) == {"acme", "birch"}

    until(both, "the calls of each company's contract")


def test_doctor_names_the_company_of_each_line(
    two: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in two.environment.items():
        monkeypatch.setenv(name, value)
    assert examine(tmp_path) == 0
    told = capsys.readouterr().out
    assert "names acme, birch" in told
    for words in ("[acme] Slack: in #finance-alerts", "[birch] Slack: in #birch-alerts", "[birch] Intacct: sign-in"):
        assert f"ok    {words}" in told
    assert "ok    [acme] BILL: signed in" in told
    assert "ok    [birch] Invoice file: readable" in told
    two.stage.do(lambda: two.stage.workspace.remove(BOT_USER, BIRCH))
    assert examine(tmp_path) == 1
    failing = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAIL")]
    assert len(failing) == 1
    assert failing[0].startswith("FAIL  [birch] Slack: the bot is not in #birch-alerts.")


def test_a_company_that_is_taken_out_of_the_settings_rests_and_its_people_are_told(
    two: Two, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = two.card(BIRCH, "Net 45 is missing in Intacct", OF_BIRCH)
    until(two.all_open, "birch's three cases")
    two.end()
    file = tmp_path / "companies.toml"
    file.write_text(file.read_text().split("[birch]")[0])
    for name, value in two.environment.items():
        monkeypatch.setenv(name, value)
    bot = Bot(load(two.environment), RealClock(), tmp_path)
    try:
        bot.start()
        two.press(PRIYA, BIRCH, card, "case.create")
        until(lambda: [w for w in two.whispers(PRIYA, BIRCH) if "do not look after this company" in w], "the answer")
        assert "Net 45" not in names(two.birch)
        assert examine(tmp_path) == 0
        assert "warn  Database: 3 open cases of birch at rest" in capsys.readouterr().out
    finally:
        bot.stop()


def test_an_export_holds_one_company_and_listings_of_a_period_too(
    two: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    two.card(ACME, OF_ACME)
    two.card(BIRCH, OF_BIRCH)
    for name, value in two.environment.items():
        monkeypatch.setenv(name, value)
    assert main(["journal", "verify"]) == 0
    told = capsys.readouterr().out
    assert "acme" in told
    assert "birch" in told
    assert main(["journal", "export", "1", "--out", str(tmp_path / "either.zip")]) == 1
    assert "--company" in capsys.readouterr().err
    for key, there in (("acme", "America/New_York"), ("birch", "America/Los_Angeles")):
        assert main(["journal", "show", "1", "--company", key]) == 0
        assert f"Times are {there}." in capsys.readouterr().out
    whole = ("--from", "2020-01-01", "--to", "2100-01-01")
    apart = {"acme": (ACME, (OF_BIRCH, HANA, BIRCH, "INV-1041")), "birch": ("INV-1041", (OF_ACME, DAN, ACME))}
    for key, (own, others) in apart.items():
        out = tmp_path / f"{key}.zip"
        assert main(["journal", "export", *whole, "--company", key, "--out", str(out)]) == 0
        with zipfile.ZipFile(out) as pack:
            held = "\n".join(pack.read(name).decode("utf-8", "replace") for name in pack.namelist())
        assert own in held
        assert not [word for word in others if word in held], key
    own, theirs = waiting(two.birch), waiting(two.acme)
    listed = two.ask(PRIYA, BIRCH, f"close {own['INV-1042'][:7]}")
    assert "INV-1042" in listed
    assert not [number for number in theirs if number not in own and number in listed]


def waiting(world: World) -> dict[str, str]:
    """What is billed in a company and not in its books: numbers and dates."""
    rows = world.store.table("bill_invoice").values()
    return {row["invoiceNumber"]: row["invoiceDate"] for row in rows if row["_sync"]["state"] != "synced"}
