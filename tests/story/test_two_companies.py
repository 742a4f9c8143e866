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
from sqlalchemy import select

from bot.assembly import Bot
from bot.cli import main
from bot.clock import RealClock
from bot.doctor import examine
from bot.records.engine import Database
from bot.records.tables import api_calls, cases, journal
from bot.sandbox.intacct import PATH, routes
from bot.sandbox.intacct.terms import add_term
from bot.sandbox.slack.seed import APP_TOKEN, BOT_ID, BOT_TOKEN, BOT_USER
from bot.sandbox.world import World
from bot.settings import load
from tests.sandbox.serving import serve
from tests.sandbox.slack.conftest import Stage, staged

ACME, BETA = "C0FINALERTS", "C0BETA"
MARIA, DAN, PRIYA = "U0MARIA", "U0DAN", "U0PRIYA"
TABLE = """
[{key}]
alert_channels = ["{channel}"]
approvers = ["{approver}"]
intacct_url = "{url}"
intacct_company_id = "{key}"
intacct_user_id = "termkeeper-reader"
intacct_user_password_from = "READER_PASSWORD"
intacct_writer_user_id = "termkeeper-writer"
intacct_writer_password_from = "WRITER_PASSWORD"
invoice_csv = "{key}.csv"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    """The workspace, both companies' books, and the records."""

    stage: Stage
    acme: World
    beta: World
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

    def press(self, user: str, channel: str, card: dict[str, Any], action: str) -> None:
        assert self.stage.outcome(lambda: self.stage.workspace.press(user, channel, card["ts"], action)).ok

    def ask(self, user: str, channel: str, text: str) -> str:
        """What `/checkterms` answers a person."""
        before = len(self.whispers(user, channel))
        assert self.stage.outcome(lambda: self.stage.workspace.command(user, channel, "/checkterms", text)).ok
        return until(lambda: self.whispers(user, channel)[before:], f"an answer to {text}")[0]

    def whispers(self, user: str, channel: str) -> list[str]:
        """What one person alone sees in a channel."""
        found = self.stage.do(lambda: self.stage.workspace.ephemerals(user, channel))
        return [str(one) for one in found]

    def home(self, user: str) -> str:
        """A person's App Home."""
        self.stage.do(lambda: self.stage.workspace.open_home(user))
        return str(until(lambda: self.stage.do(lambda: self.stage.workspace.home(user)), f"the home of {user}"))

    def journal(self, company: str) -> str:
        """All that a company's chain holds."""
        with self.database.transaction() as connection:
            rows = connection.scalars(select(journal.c.content).where(journal.c.company == company)).all()
        return "\n".join(rows)


def until(look: Callable[[], Any], what: str, seconds: float = 40) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


def books(company: str) -> World:
    """An Intacct company that has Net 30 and nothing else."""
    world = World()
    world.store.table("intacct_company")["id"] = {"COMPANYID": company}
    add_term(world, "Net 30", {"DUEDATE": "30"}, by="agarcia")
    return world


@pytest.fixture
def two(database: Database, tmp_path: Path) -> Iterator[Two]:
    """The bot at work: acme's deciders and channel, beta's deciders and channel, Dan in both channels."""
    with ExitStack() as stack:
        stage = stack.enter_context(staged(World()))
        channels = stage.workspace.directory.channels
        channels[BETA] = {**channels[ACME], "id": BETA, "name": "beta-alerts", "members": [DAN, PRIYA, BOT_USER]}
        channels[ACME] = {**channels[ACME], "members": [MARIA, DAN, BOT_USER]}
        worlds = {key: books(key) for key in ("acme", "beta")}
        tables = ""
        for key, channel, approver in (("acme", ACME, DAN), ("beta", BETA, PRIYA)):
            address = stack.enter_context(serve(routes(worlds[key]), worlds[key]))
            tables += TABLE.format(key=key, channel=channel, approver=approver, url=address + PATH)
        header = "invoice_number,term,customer_id,customer_name,invoice_date,due_date,amount,currency\n"
        (tmp_path / "acme.csv").write_text(f"{header}INV-1,Net 45,C-1,Globex,2026-11-02,2026-12-17,100,USD\n")
        (tmp_path / "beta.csv").write_text(f"{header}B-900,Net 45,C-9,Wonka,2026-11-02,2026-12-17,900,USD\n")
        (tmp_path / "companies.toml").write_text(tables)
        environment = {
            "DATABASE_URL": database.url,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_URL": stage.api,
            "COMPANIES_FILE": str(tmp_path / "companies.toml"),
            "INTACCT_SENDER_ID": "sandbox",
            "INTACCT_SENDER_PASSWORD": "sandbox-sender-password",
            "READER_PASSWORD": "sandbox-reader-password",
            "WRITER_PASSWORD": "sandbox-writer-password",
        }
        bot = Bot(load(environment), RealClock(), tmp_path)
        ending = stack.enter_context(ExitStack())
        ending.callback(bot.stop)
        bot.start()
        two = Two(
            stage=stage,
            acme=worlds["acme"],
            beta=worlds["beta"],
            database=database,
            environment=environment,
            end=ending.close,
        )
        for channel, number in ((ACME, "INV-1"), (BETA, "B-900")):
            words = f"Invoice [{number}] cannot be created in Intacct: Could not retrieve the Sequence record!"
            event = {"type": "message", "text": words, "bot_id": "B0BILL"}
            stage.do(lambda channel=channel, event=event: stage.workspace.post_as_app(channel, event))
        yield two


def names(world: World) -> set[str]:
    return {str(row["NAME"]) for row in world.store.table("arterm").values()}


def test_the_same_term_missing_in_two_companies_is_two_cases_that_never_meet(two: Two) -> None:
    first = two.card(ACME, "Net 45 is missing in Intacct", "INV-1")
    second = two.card(BETA, "Net 45 is missing in Intacct", "B-900")
    with two.database.transaction() as connection:
        kept = connection.execute(select(cases.c.company, cases.c.number).order_by(cases.c.company)).all()
    assert [tuple(row) for row in kept] == [("acme", 1), ("beta", 1)]

    two.press(DAN, BETA, second, "case.create")
    until(lambda: [w for w in two.whispers(DAN, BETA) if PRIYA in w], "a refusal that names who may decide in beta")
    two.press(PRIYA, BETA, second, "case.create")
    two.card(BETA, "B-900", "sync")
    until(lambda: "Net 45" in names(two.beta), "the term in beta's books")
    assert names(two.acme) == {"Net 30"}
    two.press(DAN, ACME, first, "case.create")
    until(lambda: "Net 45" in names(two.acme), "the term in acme's books")

    said_in_acme = str(two.messages(ACME)) + two.journal("acme")
    said_in_beta = str(two.messages(BETA)) + two.journal("beta")
    assert "INV-1" in said_in_acme
    assert "B-900" in said_in_beta
    assert not [word for word in ("B-900", "Wonka", PRIYA, BETA) if word in said_in_acme]
    assert not [word for word in ("INV-1", "Globex", MARIA, ACME) if word in said_in_beta]


def test_look_ups_and_homes_show_each_person_his_own_companies(two: Two) -> None:
    two.card(ACME, "INV-1")
    two.card(BETA, "B-900")
    everywhere = "C0GENERAL"
    assert "Net 45" in two.ask(MARIA, everywhere, "INV-1")
    told = two.ask(MARIA, everywhere, "beta: B-900")
    assert "acme" in told
    assert not [word for word in ("beta", "Wonka", BETA) if word in told]
    told = two.ask(DAN, everywhere, "B-900")
    assert "acme" in told
    assert "beta" in told
    assert "Wonka" in two.ask(DAN, everywhere, "beta: B-900")
    assert "Wonka" not in two.ask(DAN, ACME, "beta: B-900")

    maria, priya = two.home(MARIA), two.home(PRIYA)
    assert ACME in maria
    assert BETA not in maria
    assert BETA in priya
    assert ACME not in priya
    counted = select(api_calls.c.company).where(api_calls.c.service == "intacct").distinct()

    def both() -> bool:
        with two.database.transaction() as connection:
            return set(connection.scalars(counted)) == {"acme", "beta"}

    until(both, "the calls of each company's contract")


def test_doctor_names_the_company_of_each_line(
    two: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in two.environment.items():
        monkeypatch.setenv(name, value)
    assert examine(tmp_path) == 0
    told = capsys.readouterr().out
    assert "names acme, beta" in told
    for words in ("[acme] Slack: in #finance-alerts", "[beta] Slack: in #beta-alerts", "[beta] Intacct: sign-in"):
        assert f"ok    {words}" in told
    assert "warn  [acme] Slack: 1 approver" in told
    two.stage.do(lambda: two.stage.workspace.remove(BOT_USER, BETA))
    assert examine(tmp_path) == 1
    failing = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAIL")]
    assert len(failing) == 1
    assert failing[0].startswith("FAIL  [beta] Slack: the bot is not in #beta-alerts.")


def test_a_company_that_is_taken_out_of_the_settings_rests_and_its_people_are_told(
    two: Two, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = two.card(BETA, "Net 45 is missing in Intacct", "B-900")
    two.end()
    file = tmp_path / "companies.toml"
    file.write_text(file.read_text().split("[beta]")[0])
    for name, value in two.environment.items():
        monkeypatch.setenv(name, value)
    bot = Bot(load(two.environment), RealClock(), tmp_path)
    try:
        bot.start()
        two.press(PRIYA, BETA, card, "case.create")
        until(lambda: [w for w in two.whispers(PRIYA, BETA) if "do not look after this company" in w], "the answer")
        assert names(two.beta) == {"Net 30"}
        assert examine(tmp_path) == 0
        assert "warn  Database: 1 open case of beta at rest" in capsys.readouterr().out
    finally:
        bot.stop()


def test_an_export_holds_one_company_and_listings_of_a_period_too(
    two: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    two.card(ACME, "INV-1")
    two.card(BETA, "B-900")
    for name, value in two.environment.items():
        monkeypatch.setenv(name, value)
    assert main(["journal", "verify"]) == 0
    told = capsys.readouterr().out
    assert "acme" in told
    assert "beta" in told
    assert main(["journal", "export", "1", "--out", str(tmp_path / "either.zip")]) == 1
    assert "--company" in capsys.readouterr().err
    whole = ("--from", "2020-01-01", "--to", "2100-01-01")
    for company, own, others in (("acme", "INV-1", ("B-900", "Wonka", BETA)), ("beta", "B-900", ("INV-1", "Globex"))):
        out = tmp_path / f"{company}.zip"
        assert main(["journal", "export", *whole, "--company", company, "--out", str(out)]) == 0
        with zipfile.ZipFile(out) as pack:
            held = "\n".join(pack.read(name).decode("utf-8", "replace") for name in pack.namelist())
        assert own in held
        assert not [word for word in others if word in held], company
    listed = two.ask(PRIYA, BETA, "close 2026-11")
    assert "B-900" in listed
    assert "INV-1" not in listed
