"""The commands: start, sandbox, migrate, work, doctor, journal, backfill, explain-term, explain-alert."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.commands import explain
from bot.commands.refusal import CannotDo
from bot.settings import SLACK_SIGNS, Settings, SettingsError, load, set_names

FOLDER = Path("var")
OWN_IN_SANDBOX = frozenset({"PORT", "LOG_LEVEL"})
"""Settings that the sandbox leaves to its user; all others come from the sandbox alone."""

TWO = "add a second company, birch, which then stays until the sandbox starts over"

OK, PROBLEM = 0, 1
END_S = 25
"""How long an end may take after SIGTERM or Ctrl-C: hosts kill after 30 s."""


def start(arguments: Sequence[str]) -> int:
    """`python app.py`: the bot against the real services, or with the sandbox where no Slack token is set."""
    parser = argparse.ArgumentParser(prog="app.py", description=start.__doc__)
    parser.add_argument("--fresh", action="store_true", help="sandbox only: delete var/ and start over")
    parser.add_argument("--two-companies", action="store_true", help=f"sandbox only: {TWO}")
    wanted = parser.parse_args(arguments)
    given = set_names()
    try:
        if any(name in given for name in SLACK_SIGNS):
            for name, is_given in (("--fresh", wanted.fresh), ("--two-companies", wanted.two_companies)):
                if is_given:
                    return _problem(f"{name} belongs to the sandbox: it is refused while Slack's tokens are set.")
            return _run_real(load())
        return _run_sandbox(given, fresh=wanted.fresh, two_companies=wanted.two_companies)
    except SettingsError as error:
        return _problem(*error.problems)
    except KeyboardInterrupt:
        return OK


def _problem(*lines: str) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return PROBLEM


def _logging(level: str) -> None:
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("apscheduler", "procrastinate", "slack_bolt", "slack_sdk"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _run_real(settings: Settings, greeting: str = "Termkeeper is listening.", *, port: bool = True) -> int:
    from bot.assembly import Bot
    from bot.clock import RealClock

    _logging(settings.log_level)
    try:
        return _serve(Bot(settings, RealClock(), FOLDER), greeting, port=port)
    except Exception as error:
        logging.getLogger(__name__).debug("start refused", exc_info=True)
        return _problem(f"Termkeeper cannot start: {error}")


def _serve(bot: Any, greeting: str, *, port: bool = True) -> int:
    ended = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: ended.set())
    try:
        bot.start(port=port)
        print(greeting, flush=True)
        ended.wait()
    finally:
        _end_in_time()
        bot.stop()
    return OK


def _end_in_time() -> None:
    """Ends the process when its end takes too long: what is not done is in the database, and is done by the next."""

    def end() -> None:
        logging.getLogger(__name__).warning("work under way did not end within %d s; the next start goes on", END_S)
        os._exit(OK)

    watch = threading.Timer(END_S, end)
    watch.daemon = True
    watch.start()


def _work(_: argparse.Namespace) -> int:
    try:
        settings = load()
    except SettingsError as error:
        return _problem(*error.problems)
    if not settings.database_url:
        return _problem(
            "DATABASE_URL is not set. A worker shares its database with the process that listens; "
            "the embedded one belongs to one process, which works by itself."
        )
    return _run_real(settings, "Termkeeper is working.", port=False)


def _run_sandbox(given: Mapping[str, str], *, fresh: bool, two_companies: bool) -> int:
    from bot.assembly import Bot
    from bot.clock import SandboxClock
    from bot.records.postgres import EmbeddedPostgresBusy, assert_free
    from bot.sandboxed import SandboxChild, SandboxStartError

    foreign = sorted(set(given) - OWN_IN_SANDBOX)
    if foreign:
        return _problem(
            f"No Slack token is set, so this would be the sandbox, but these settings are: {', '.join(foreign)}.",
            "The sandbox takes them from itself alone. Unset them, or set Slack's tokens to start the real bot.",
        )
    port = int(given.get("PORT", "3000")) if given.get("PORT", "3000").isdigit() else -1
    if not 0 <= port <= 65535:
        return _problem(f"PORT takes a whole number from 0 to 65535 (it is {given['PORT']!r})")
    _logging(given.get("LOG_LEVEL", "WARNING").upper())
    child = SandboxChild(FOLDER / "sandbox", port, two_companies=two_companies)
    try:
        # Before anything is deleted or ended: it would be the running bot's.
        assert_free(FOLDER / "postgres")
    except EmbeddedPostgresBusy as error:
        return _problem(f"Termkeeper cannot start: {error}")
    try:
        if fresh:
            child.end_earlier()
            shutil.rmtree(FOLDER, ignore_errors=True)
        values = child.start()
    except SandboxStartError as error:
        return _problem(str(error))
    address = f"http://127.0.0.1:{values['PORT']}"
    clock = SandboxClock(address)
    clock.follow()
    try:
        bot = Bot(load(_in_sandbox(values, given)), clock, FOLDER)
        clock.on_move(bot.tick)
        return _serve(
            bot, f"Termkeeper's sandbox is at {address}/\nOpen it in a browser. Ctrl-C ends everything; var/ keeps it."
        )
    except Exception as error:
        logging.getLogger(__name__).debug("start refused", exc_info=True)
        return _problem(f"Termkeeper cannot start: {error}")
    finally:
        clock.end()
        child.end()


def _in_sandbox(values: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """All settings of the bot beside a sandbox whose clients take `values`."""
    from bot.sandboxed import ANCHORS

    own = {name: given[name] for name in OWN_IN_SANDBOX - {"PORT"} if name in given}
    return {"LOG_LEVEL": "WARNING", "JOURNAL_ANCHOR": str(FOLDER / ANCHORS), **values, **own}


def main(arguments: Sequence[str]) -> int:
    """`python -m bot …`."""
    parser = argparse.ArgumentParser(prog="python -m bot", description="Termkeeper's commands.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    sandbox = commands.add_parser("sandbox", help="the emulators and the page, without the bot")
    sandbox.add_argument("--json", action="store_true", help="print the settings of a client as one line of JSON")
    sandbox.add_argument("--fresh", action="store_true", help="start over")
    sandbox.add_argument("--two-companies", action="store_true", help=TWO)
    sandbox.add_argument("--port", type=int, help="instead of PORT (3000); 0 takes a free one")
    sandbox.add_argument("--folder", type=Path, default=FOLDER / "sandbox", help="where the state is kept")
    commands.add_parser("migrate", help="bring the database of DATABASE_URL up to date")
    commands.add_parser(
        "work", help="a process without a port, that works beside others on the database of DATABASE_URL"
    )
    _journal_parser(commands)
    backfill = commands.add_parser(
        "backfill", help="take in what was posted since a day, such as while the bot was away"
    )
    backfill.add_argument("--since", required=True, metavar="DAY", help="such as 2026-11-01, in the company's zone")
    backfill.add_argument("--channel", action="append", metavar="ID", help="this alert channel alone; may be repeated")
    _report_parser(commands)
    commands.add_parser("doctor", help="check settings, database, Slack, Intacct and BILL; what to do for each")
    terms = commands.add_parser("explain-term", help="what a term's name says, as JSON lines")
    terms.add_argument("names", nargs="+", metavar="NAME", help="a name; - reads JSON strings from standard input")
    alerts = commands.add_parser("explain-alert", help="which failures a Slack message reports, as JSON lines")
    alerts.add_argument("files", nargs="+", metavar="FILE", help="an event as JSON; - reads lines from standard input")
    wanted = parser.parse_args(arguments)
    return _COMMANDS[wanted.command](wanted)


def _journal_parser(commands: Any) -> None:
    journal = commands.add_parser("journal", help="check, show and export the journal").add_subparsers(
        dest="what", required=True, metavar="WHAT"
    )
    verify = journal.add_parser("verify", help="walk every chain and say whether it is whole, and proved up to where")
    verify.add_argument("--anchors", type=Path, metavar="FILE", help="compare with this file instead of JOURNAL_ANCHOR")
    show = journal.add_parser("show", help="tell a case's story, entry by entry")
    show.add_argument("case", type=int, metavar="CASE", help="its number")
    export = journal.add_parser("export", help="a zip that an auditor can check without this software")
    export.add_argument("case", type=int, nargs="?", metavar="CASE", help="its number; or give --from and --to")
    export.add_argument("--from", dest="first", metavar="DATE", help="the first day, such as 2026-10-01")
    export.add_argument("--to", dest="last", metavar="DATE", help="the last day")
    export.add_argument("--out", type=Path, metavar="FILE", help="where the zip goes")
    access = journal.add_parser("access-review", help="who could decide when, and who did")
    access.add_argument("--from", dest="first", metavar="DATE", help="the first day, such as 2026-10-01")
    access.add_argument("--to", dest="last", metavar="DATE", help="the last day")
    access.add_argument("--json", action="store_true", help="as one line of JSON")
    for one in (verify, show, export, access):
        one.add_argument("--company", help="the company's key, where the database keeps several")


def _report_parser(commands: Any) -> None:
    report = commands.add_parser("report", help="where the two systems' terms drift apart, now").add_subparsers(
        dest="what", required=True, metavar="WHAT"
    )
    weekly = report.add_parser("weekly", help="all findings, as in the weekly report")
    preflight = report.add_parser("preflight", help="what would fail at the next sync")
    history = report.add_parser("history", help="the last twelve weeks, by kind")
    names = report.add_parser(
        "standardise", aliases=["standardize"], help="how each rule would go by one name; nothing is kept or changed"
    )
    for one in (weekly, preflight):
        one.add_argument("--dry-run", action="store_true", help="keep nothing: the next report is as if this never was")
        one.add_argument("--out", type=Path, metavar="FOLDER", help="write the workbook, the chart and the text there")
    names.add_argument("--out", type=Path, metavar="FOLDER", help="write the check list there, as a workbook and text")
    for one in (weekly, preflight, history, names):
        one.add_argument("--company", help="the company's key, where there are several")


def _sandbox(wanted: argparse.Namespace) -> int:
    from bot.sandbox.server import run

    port = wanted.port if wanted.port is not None else int(os.environ.get("PORT") or 3000)
    return run(port, wanted.folder, as_json=wanted.json, fresh=wanted.fresh, two_companies=wanted.two_companies)


def _migrate(_: argparse.Namespace) -> int:
    from sqlalchemy.exc import SQLAlchemyError

    from bot.records.engine import Database
    from bot.records.migrate import DatabaseNewer, migrate

    url = set_names().get("DATABASE_URL")
    if not url:
        return _problem("DATABASE_URL is not set. The embedded database is brought up to date when the bot starts.")
    try:
        database = Database(url)
        migrate(database)
    except (SQLAlchemyError, ValueError, DatabaseNewer) as error:
        return _problem(f"The database could not be brought up to date: {error}")
    print("The database is up to date.")
    return OK


def _doctor(_: argparse.Namespace) -> int:
    from bot.doctor import examine
    from bot.sandboxed import noted_settings

    given = set_names()
    values = noted_settings(FOLDER) if set(given) <= OWN_IN_SANDBOX else None
    return examine(FOLDER, sandbox=_in_sandbox(values, given) if values is not None else None)


def _journal(wanted: argparse.Namespace) -> int:
    from bot.commands import journal

    return _done(journal.run, wanted)


def _report(wanted: argparse.Namespace) -> int:
    from bot.commands import report

    return _done(report.run, wanted)


def _backfill(wanted: argparse.Namespace) -> int:
    from bot.commands import backfill

    logging.basicConfig(level=logging.ERROR)
    return _done(backfill.run, wanted)


def _done(run: Callable[[argparse.Namespace, Path], int], wanted: argparse.Namespace) -> int:
    try:
        return run(wanted, FOLDER)
    except CannotDo as error:
        return _problem(str(error))


def _explain_term(wanted: argparse.Namespace) -> int:
    return _done(explain.term, wanted)


def _explain_alert(wanted: argparse.Namespace) -> int:
    return _done(explain.alert, wanted)


_COMMANDS = {
    "sandbox": _sandbox,
    "migrate": _migrate,
    "work": _work,
    "doctor": _doctor,
    "journal": _journal,
    "backfill": _backfill,
    "report": _report,
    "explain-term": _explain_term,
    "explain-alert": _explain_alert,
}
