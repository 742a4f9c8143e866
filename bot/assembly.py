"""Builds the parts from the settings and joins them; nothing else constructs them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from apscheduler.schedulers.background import BackgroundScheduler
from slack_sdk.errors import SlackClientError
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from bot.billing.bill import BillSource
from bot.billing.bill_session import BillSession
from bot.billing.chain import SourceChain
from bot.billing.csv_source import CsvSource
from bot.billing.source import Source, SourceUnavailable
from bot.cases.due import nudge_due
from bot.cases.gather import Gatherer
from bot.cases.outbox import notice
from bot.cases.ports import Clock, Company
from bot.cases.reading import Reader
from bot.cases.step import Step, step
from bot.cases.work import Workshop
from bot.intacct.client import Intacct
from bot.intacct.errors import GatewayBusy
from bot.records import inbox, jobs, journal, migrate, schedule
from bot.records.calls import CallCounter
from bot.records.engine import Database
from bot.records.gate import AdvisoryGate, GateError
from bot.records.jobs import Jobs, Worker
from bot.records.postgres import EmbeddedPostgres
from bot.records.tables import cases
from bot.records.tables import inbox as inbox_table
from bot.settings import Settings, terms_policy
from bot.slack.answering import Answering
from bot.slack.app import bolt_app, http_app, http_server, socket_handler
from bot.slack.approvers import Named, SlackApprovers
from bot.slack.backfill import Backfill
from bot.slack.clients import SlackClients, clients
from bot.slack.door import Door
from bot.slack.handling import Handling
from bot.slack.parts import Parts
from bot.slack.posting import Poster

log = logging.getLogger(__name__)

WORKERS = 6
"""Jobs at once in one process. The gate, not this, holds how many requests reach Intacct."""
TICK_S = 60
BILL_PAGE = "https://app02.us.bill.com/"
INTACCT_PAGE = "https://www.intacct.com/ia/acct/frameset.phtml"


class _Turn:
    """A gate whose refusal is the service's own kind of error: nothing was sent, and later is another try."""

    def __init__(self, gate: AdvisoryGate, refusal: Callable[[str], Exception]) -> None:
        self._gate = gate
        self._refusal = refusal

    @contextmanager
    def slot(self) -> Iterator[None]:
        """One request's place."""
        with ExitStack() as held:
            try:
                held.enter_context(self._gate.slot())
            except GateError as error:
                raise self._refusal(str(error)) from error
            yield


class Services:
    """What the settings name outside this process: the database, Intacct, BILL, Slack."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Starts the embedded database where none is named. Nothing outside is asked yet."""
        self.settings = settings
        self._ended = ExitStack()
        self.embedded = not settings.database_url
        url = settings.database_url
        if self.embedded:
            server = self._ended.enter_context(EmbeddedPostgres(folder / "postgres"))
            url = server.url
        self.database = Database(url)
        self._ended.callback(self.database.dispose)
        self.url = url

    def migrate(self) -> None:
        """Brings the embedded database up to date; of a named one it only checks that it is."""
        if self.embedded:
            migrate.migrate(self.database)
        else:
            migrate.check(self.database)
        journal.assert_guarded(self.database)

    def intacct(self) -> Intacct:
        """The client of the company's books."""
        settings = self.settings
        gate = AdvisoryGate(self.database, f"intacct/{settings.company}", settings.intacct_concurrency)
        counter = CallCounter(self.database, "intacct", settings.company)
        self._ended.callback(gate.close)
        self._ended.callback(counter.close)
        return Intacct(
            url=settings.intacct_url,
            sender_id=settings.intacct_sender_id,
            sender_password=settings.intacct_sender_password.get_secret_value(),
            company_id=settings.intacct_company_id,
            user_id=settings.intacct_user_id,
            user_password=settings.intacct_user_password.get_secret_value(),
            location_id=settings.intacct_location_id,
            writer_user_id=settings.intacct_writer_user_id,
            writer_password=settings.intacct_writer_password.get_secret_value(),
            gate=_Turn(gate, GatewayBusy),
            counter=counter,
        )

    def bill(self) -> BillSource:
        """BILL, where it is named."""
        settings = self.settings
        gate = AdvisoryGate(self.database, f"bill/{settings.bill_organization_id}", settings.bill_concurrency)
        counter = CallCounter(self.database, "bill", settings.company)
        self._ended.callback(gate.close)
        self._ended.callback(counter.close)
        return BillSource(
            BillSession(
                url=settings.bill_url,
                username=settings.bill_username,
                password=settings.bill_password.get_secret_value(),
                organization_id=settings.bill_organization_id,
                dev_key=settings.bill_dev_key.get_secret_value(),
                gate=_Turn(gate, SourceUnavailable),
                counter=counter,
            )
        )

    def source(self) -> Source:
        """The billing systems, in the order in which they are asked."""
        named: list[Source] = []
        if self.settings.has_bill:
            named.append(self.bill())
        if self.settings.invoice_csv is not None:
            named.append(CsvSource(self.settings.invoice_csv))
        return named[0] if len(named) == 1 else SourceChain(named)

    def slack(self) -> SlackClients:
        """Both clients of the workspace."""
        return clients(self.settings.slack_bot_token.get_secret_value(), self.settings.slack_api_url)

    def company(self) -> Company:
        """The company with its systems and rules."""
        settings = self.settings
        return Company(
            key=settings.company,
            entity=settings.intacct_location_id,
            books=self.intacct(),
            source=self.source(),
            alert_channels=settings.alert_channels,
            report_channel=settings.report_channel,
            approval_policy=settings.approval_policy,
            decision_days=settings.decision_days,
            terms_policy=terms_policy(settings.terms_policy),
            zone=settings.zone,
            billing_url=BILL_PAGE if settings.has_bill else "",
            books_url=INTACCT_PAGE,
        )

    def end(self) -> None:
        """Gives everything back; the embedded database stops."""
        self._ended.close()


class Bot:
    """The whole bot: takes in, works, posts."""

    def __init__(self, settings: Settings, clock: Clock, folder: Path) -> None:
        """Raises what names the problem where the database cannot be used."""
        self._settings = settings
        self._clock = clock
        self._services = Services(settings, folder)
        try:
            self._services.migrate()
            self._join()
        except BaseException:
            self._services.end()
            raise

    def _join(self) -> None:
        services, settings, clock = self._services, self._settings, self._clock
        self._database = services.database
        company = services.company()
        companies = {company.key: company}
        self._companies = companies
        slack = services.slack()
        reader = Reader(company)
        named = Named(
            approvers=settings.approvers,
            deputies=settings.deputies,
            today=lambda: clock.now().astimezone(company.zone).date(),
        )
        self._approvers = SlackApprovers(slack.other, {company.key: named})
        self._handling = Handling(companies, self._approvers, clock)
        self._gatherer = Gatherer(self._database, clock, company, reader)
        self._workshop = Workshop(self._database, clock, company, reader)
        answering = Answering(
            self._database,
            clock,
            company,
            reader,
            lambda channel, ts: str(slack.other.chat_getPermalink(channel=channel, message_ts=ts)["permalink"]),
        )
        self._poster = Poster(self._database, slack, companies, self._approvers, answering.answer)
        door = Door(self._database)
        self._aside = ThreadPoolExecutor(4, thread_name_prefix="aside")
        self._backfill = Backfill(self._database, slack.other, door, clock, company.alert_channels)
        parts = Parts(
            door=door,
            database=self._database,
            companies=companies,
            approvers=self._approvers,
            clients=slack,
            listens=self._handling.listens,
            aside=self._aside,
            came_up=self._came_up,
        )
        self._app = bolt_app(slack, settings.slack_signing_secret.get_secret_value() or None, parts)
        self._slack = slack
        self._jobs = Jobs(services.url)
        self._worker = Worker(self._jobs, self._handlers(), concurrency=WORKERS)
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
        self._doings: dict[str, schedule.Doing] = {}
        self._end_front: Callable[[], None] = lambda: None

    def _handlers(self) -> dict[str, Callable[..., None]]:
        def gather(company: str) -> None:
            del company
            self._gatherer.gather("job:gather")

        def watch(company: str) -> None:
            del company
            self._workshop.watch("job:watch")

        def work_case(case_id: int) -> None:
            self._workshop.work(case_id, f"job:case:{case_id}")

        def post(message_id: int) -> None:
            self._poster.post(message_id)

        def scheduled(row: str) -> None:
            schedule.do(self._database, row, self._doings, self._gave_up)

        return {
            jobs.DRAIN_INBOX: self._drain,
            jobs.GATHER: gather,
            jobs.WATCH: watch,
            jobs.WORK_CASE: work_case,
            jobs.POST_MESSAGE: post,
            jobs.SCHEDULED: scheduled,
        }

    def _drain(self) -> None:
        with self._database.transaction() as connection:
            acts = connection.scalar(
                select(inbox_table.c.id)
                .where(inbox_table.c.state == "waiting", inbox_table.c.kind.in_(("click", "submission")))
                .limit(1)
            )
        if acts is not None:
            # Who may decide is read before the transaction in which it is used: no network call stands in one.
            for company in self._companies:
                self._approvers.entitled(company)
        inbox.drain(self._database, self._handling.handle, on_set_aside=self._set_aside)

    def _gave_up(self, company: str, key: str, why: str) -> None:
        log.error("%s of %s was given up after %d attempts: %s", key, company, schedule.ATTEMPTS, why)
        with step(self._database, self._clock, f"schedule:{key}") as taken:
            notice(taken, self._companies[company], f"gave_up:{key}", "gave_up", task=key, error=why)

    def _set_aside(self, connection: Connection, item: inbox.InboxItem, why: str) -> None:
        log.error("inbox item %s (%s) was set aside after %d attempts: %s", item.id, item.kind, item.attempts, why)
        taken = Step(connection, self._clock.now(), f"inbox:{item.id}")
        company = self._handling.company_of(str((item.payload.get("event") or item.payload).get("channel", "")))
        notice(taken, company, f"set_aside:{item.id}", "set_aside", kind=item.kind, error=why)
        taken.finish()

    def _came_up(self) -> None:
        try:
            missed = self._backfill.read()
        except (SlackClientError, OSError, inbox.InboxUnavailable):
            log.exception("what was posted meanwhile could not be read; it is tried at the next connection")
            return
        if missed:
            log.info("%d messages that were posted meanwhile are taken in", missed)

    def _tick(self) -> None:
        try:
            self._jobs.recover_stalled()
            self._database.trim()
            nudge_due(self._database, self._clock)
        except Exception:
            log.exception("a tick failed; the next one tries again")

    def _forget(self) -> None:
        inbox.forget(self._database)
        self._jobs.forget()

    def start(self) -> None:
        """Starts working and listening; returns once Slack can reach the bot. Raises slack_sdk's errors."""
        if self._services.embedded:
            # Nobody else works on this database: whoever did is dead, and its jobs are ours at once.
            self._jobs.recover_stalled(0)
        self._worker.start()
        self._scheduler.add_job(self._tick, "interval", seconds=TICK_S, next_run_time=datetime.now(UTC))
        self._scheduler.add_job(self._forget, "interval", hours=24)
        self._scheduler.start()
        if self._settings.socket_mode:
            token = self._settings.slack_app_token.get_secret_value()
            handler = socket_handler(self._app, token, self._slack, self._came_up)
            handler.connect()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
            self._end_front = handler.close
        else:
            self._serve_http()

    def _serve_http(self) -> None:
        server = http_server(http_app(self._app, self.health), self._settings.port)
        thread = threading.Thread(target=server.run, name="http", daemon=True)
        thread.start()
        deadline = time.monotonic() + 15
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise OSError(f"Port {self._settings.port} cannot be used. End what uses it, or set PORT.")
            time.sleep(0.02)
        self._came_up()

        def end() -> None:
            server.should_exit = True
            thread.join(10)

        self._end_front = end

    def health(self) -> dict[str, Any]:
        """Whether the bot can take in and work: `{ok, database, waiting_jobs}`."""
        try:
            with self._database.intake() as connection:
                connection.execute(select(cases.c.id).limit(1))
            waiting = self._jobs.waiting()
        except (SQLAlchemyError, psycopg.Error, OSError) as error:
            log.warning("the health answer is no: %s", type(error).__name__)
            return {"ok": False, "database": "does not answer"}
        return {"ok": True, "database": "answers", "waiting_jobs": waiting}

    def stop(self) -> None:
        """Takes nothing more in, lets what is under way end, and gives everything back."""
        self._end_front()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self._aside.shutdown(wait=True, cancel_futures=True)
        self._worker.stop(20.0)
        self._services.end()
