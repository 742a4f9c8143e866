"""Builds the parts from the settings and joins them; nothing else constructs them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
from apscheduler.schedulers.background import BackgroundScheduler
from slack_sdk.errors import SlackApiError, SlackClientError
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from bot.billing.bill import BillSource
from bot.billing.bill_session import BillSession
from bot.billing.chain import SourceChain
from bot.billing.csv_source import CsvSource
from bot.billing.source import Source, SourceUnavailable
from bot.cases import contract
from bot.cases.case import FINAL_STATES
from bot.cases.deciding import access, asking
from bot.cases.due import nudge_due
from bot.cases.folding.gather import Gatherer
from bot.cases.month_end import reminding
from bot.cases.month_end.reminding import Reminders
from bot.cases.outbox import notice
from bot.cases.ports import Clock, Company, Entitled
from bot.cases.reading import Reader
from bot.cases.step import Step, step
from bot.cases.work import Workshop
from bot.close import Periods
from bot.evidence import calendar as evidence
from bot.evidence import rules
from bot.intacct.client import Intacct
from bot.intacct.errors import GatewayBusy
from bot.records import inbox, jobs, journal, migrate, schedule
from bot.records.calls import CallCounter, month_of_now
from bot.records.engine import Database
from bot.records.gate import AdvisoryGate, GateError
from bot.records.jobs import Jobs, Worker
from bot.records.measures import measures
from bot.records.postgres import EmbeddedPostgres, running_url
from bot.records.tables import cases
from bot.reports import calendar
from bot.reports.desk import Reports
from bot.reports.reading import Reading
from bot.reports.run import Runner, Spent
from bot.reports.weeks import DAYS, Rhythm
from bot.settings import CompanySettings, Settings, close_calendar, house_terms, terms_policy
from bot.slack.answering import Answering
from bot.slack.app import bolt_app, http_app, http_server, socket_handler
from bot.slack.approvers import Named, SlackApprovers
from bot.slack.backfill import UNREADABLE, Backfill
from bot.slack.clients import SlackClients, clients
from bot.slack.door import Door
from bot.slack.handling import Handling
from bot.slack.insight import Insight
from bot.slack.members import SlackMembers
from bot.slack.parts import Parts
from bot.slack.posting import Poster
from bot.slack.reception import Reception
from bot.slack.reporting import Reporting

log = logging.getLogger(__name__)

WORKERS = 6
"""Jobs at once in one process. The gate, not this, holds how many requests reach Intacct."""
TICK_S = 60
WHO_EVERY_S = 600.0
"""How often, in seconds, who may decide is read at least, so that the journal tells every change of it."""
WHO_AGE_S = 30.0
"""How old, in seconds, what is known of who may decide is at most when acts begin to be worked off: they go on for a while."""
CATCH_UP_S = 5
"""How often it is looked whether a channel is to be read: at rest that is one small query."""
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

    def __init__(self, settings: Settings, folder: Path, *, join: bool = False) -> None:
        """Starts the embedded database where none is named. Nothing outside is asked yet.

        `join`: an embedded database that runs already is looked at beside the bot that owns it.
        """
        self.settings = settings
        self._ended = ExitStack()
        running = running_url(folder / "postgres") if join and not settings.database_url else None
        self.joined = running is not None
        url = settings.database_url or running or ""
        self.embedded = not url
        if self.embedded:
            server = self._ended.enter_context(EmbeddedPostgres(folder / "postgres"))
            url = server.url
        self.database = Database(url)
        self._ended.callback(self.database.dispose)
        self.url = url
        self._gates: dict[str, AdvisoryGate] = {}
        self._counters: dict[tuple[str, str], CallCounter] = {}

    def migrate(self) -> None:
        """Brings the embedded database up to date; of a named one it only checks that it is."""
        if self.embedded:
            migrate.migrate(self.database)
        else:
            migrate.check(self.database)
        journal.assert_guarded(self.database)

    def intacct(self, company: CompanySettings) -> Intacct:
        """The client of a company's books."""
        return Intacct(
            url=company.intacct_url,
            sender_id=company.intacct_sender_id,
            sender_password=company.intacct_sender_password.get_secret_value(),
            company_id=company.intacct_company_id,
            user_id=company.intacct_user_id,
            user_password=company.intacct_user_password.get_secret_value(),
            location_id=company.intacct_location_id,
            writer_user_id=company.intacct_writer_user_id,
            writer_password=company.intacct_writer_password.get_secret_value(),
            gate=_Turn(self._gate(f"intacct/{company.contract}", company.intacct_concurrency), GatewayBusy),
            counter=self.counter("intacct", company.contract),
        )

    def bill(self, company: CompanySettings) -> BillSource:
        """BILL, where a company names it."""
        organization = company.bill_organization_id
        return BillSource(
            BillSession(
                url=company.bill_url,
                username=company.bill_username,
                password=company.bill_password.get_secret_value(),
                organization_id=organization,
                dev_key=company.bill_dev_key.get_secret_value(),
                gate=_Turn(self._gate(f"bill/{organization}", company.bill_concurrency), SourceUnavailable),
                counter=self.counter("bill", organization),
            )
        )

    def source(self, company: CompanySettings) -> Source:
        """A company's billing systems, in the order in which they are asked."""
        named: list[Source] = []
        if company.has_bill:
            named.append(self.bill(company))
        if company.invoice_csv is not None:
            named.append(CsvSource(company.invoice_csv))
        return named[0] if len(named) == 1 else SourceChain(named)

    def counter(self, service: str, customer: str) -> CallCounter:
        """Counts the requests to a service by who its contract is with, whatever companies of ours share it."""
        if (service, customer) not in self._counters:
            counter = CallCounter(self.database, service, customer)
            self._ended.callback(counter.close)
            self._counters[service, customer] = counter
        return self._counters[service, customer]

    def _gate(self, name: str, slots: int) -> AdvisoryGate:
        """One gate for all who share it: two entities of one Intacct company pass through the same."""
        if name not in self._gates:
            gate = AdvisoryGate(self.database, name, slots)
            self._ended.callback(gate.close)
            self._gates[name] = gate
        return self._gates[name]

    def slack(self) -> SlackClients:
        """Both clients of the workspace."""
        return clients(self.settings.slack_bot_token.get_secret_value(), self.settings.slack_api_url)

    def company(self, company: CompanySettings, clock: Clock) -> Company:
        """A company with its systems and rules."""
        calendar = close_calendar(company.close_calendar, company.zone).of_entity(company.intacct_location_id)
        return Company(
            key=company.key,
            entity=company.intacct_location_id,
            books=self.intacct(company),
            source=self.source(company),
            alert_channels=company.alert_channels,
            report_channel=company.report_channel,
            approval_policy=company.approval_policy,
            decision_days=company.decision_days,
            terms_policy=terms_policy(company.terms_policy),
            zone=company.zone,
            contract=company.contract,
            monthly_calls=company.intacct_monthly_calls,
            billing_url=BILL_PAGE if company.has_bill else "",
            books_url=INTACCT_PAGE,
            house=house_terms(company.house_terms),
            periods=Periods(calendar, clock.now),
        )

    def end(self) -> None:
        """Gives everything back; the embedded database stops."""
        self._ended.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The parts that work for one company, and for no other."""

    company: Company
    gatherer: Gatherer
    workshop: Workshop
    answering: Answering
    reports: Reports


def reports(services: Services, settings: CompanySettings, company: Company, clock: Clock) -> Reports:
    """A company's reports."""
    intacct = services.counter("intacct", settings.contract)
    billing = services.counter("bill", settings.bill_organization_id) if settings.has_bill else None

    def spent() -> Spent:
        return Spent(
            intacct=intacct.own,
            billing=billing.own if billing else 0,
            month=intacct.month(f"{datetime.now(UTC):%Y-%m}"),
            limit=settings.intacct_monthly_calls,
        )

    runner = Runner(services.database, clock, company, Reading(company), spent)
    rhythm = Rhythm(weekday=DAYS.index(settings.report_day), hour=settings.report_hour, zone=company.zone)
    return Reports(services.database, clock, company, runner, rhythm)


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
        slack = services.slack()
        self._slack = slack
        self._companies = companies = {each.key: services.company(each, clock) for each in settings.companies}
        self._desks = {each.key: self._desk(each) for each in settings.companies}
        self._members = SlackMembers(slack.other)
        self._approvers = SlackApprovers(
            slack.other,
            self._members,
            {company.key: named(company, clock) for company in settings.companies},
            self._note_entitled,
        )
        self._handling = Handling(companies, self._approvers, self._members, clock)
        self._insight = Insight(slack.other, companies, self._approvers)
        reception = Reception({key: desk.answering.answer for key, desk in self._desks.items()}, self._insight.of)
        reporting = Reporting(self._database, slack, clock)
        self._poster = Poster(self._database, slack, companies, self._approvers, reception.answer, reporting)
        door = Door(self._database)
        self._aside = ThreadPoolExecutor(4, thread_name_prefix="aside")
        self._backfill = Backfill(self._database, slack.other, door, clock, self._handling.channels)
        parts = Parts(
            door=door,
            database=self._database,
            companies=companies,
            approvers=self._approvers,
            clients=slack,
            listens=self._handling.listens,
            aside=self._aside,
            insight=self._insight,
            came_up=self._came_up,
        )
        self._app = bolt_app(slack, settings.slack_signing_secret.get_secret_value() or None, parts)
        self._jobs = Jobs(services.url)
        self._worker = Worker(self._jobs, self._handlers(), concurrency=WORKERS)
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
        told = asking.Asking(self._database, clock, companies, self._approvers)
        self._doings: dict[str, schedule.Doing] = {
            reminding.KIND: self._remind,
            asking.ASK: told.tell_asked,
            asking.EXPIRY: told.tell_expiring,
            contract.KIND: self._tell_calls,
            calendar.WEEKLY: self._weekly,
            calendar.PREFLIGHT: self._preflight,
            **evidence.doings(
                self._database,
                clock,
                self._companies,
                settings.journal_anchor,
                settings.retention_years,
                {company.key: settings.beside(company) for company in settings.companies},
            ),
        }
        self._resting: set[str] = set()
        self._end_front: Callable[[], None] = lambda: None
        self._ending = threading.Event()
        self._who_at = -WHO_EVERY_S

    def _desk(self, settings: CompanySettings) -> Desk:
        database, clock = self._database, self._clock
        company = self._companies[settings.key]
        beside = [self._companies[key] for key in self._settings.beside(settings)]
        reader = Reader(company)
        told = reports(self._services, settings, company, clock)
        return Desk(
            company=company,
            gatherer=Gatherer(database, clock, company, reader),
            workshop=Workshop(database, clock, company, reader, beside),
            answering=Answering(database, clock, company, reader, self._link, told),
            reports=told,
        )

    def _permalink(self, channel: str, ts: str) -> str:
        return str(self._slack.other.chat_getPermalink(channel=channel, message_ts=ts)["permalink"])

    def _link(self, channel: str, ts: str) -> str:
        """A message's link; empty where it was deleted."""
        try:
            return self._permalink(channel, ts)
        except SlackApiError as error:
            if error.response.get("error") not in ("message_not_found", "channel_not_found"):
                raise
            return ""

    def _remind(self, company: str, key: str) -> None:
        Reminders(self._database, self._clock, self._desks[company].company, self._approvers, self._link).do(key)

    def _weekly(self, company: str, key: str) -> None:
        self._desks[company].reports.weekly(key)

    def _preflight(self, company: str, key: str) -> None:
        del key
        self._desks[company].reports.preflight()

    def _tell_calls(self, company: str, key: str) -> None:
        contract.tell(self._database, self._clock, self._desks[company].company, key)

    def _at(self, company: str) -> Desk | None:
        """The desk of a company; None where the settings name it no more, and its work rests until they do."""
        if company not in self._desks and company not in self._resting:
            self._resting.add(company)
            log.warning("work for the company %s rests: the settings do not name it", company)
        return self._desks.get(company)

    def _looked_after(self, company: str) -> bool:
        return self._at(company) is not None

    def _handlers(self) -> dict[str, Callable[..., None]]:
        def gather(company: str) -> None:
            if desk := self._at(company):
                desk.gatherer.gather("job:gather")

        def watch(company: str) -> None:
            if desk := self._at(company):
                desk.workshop.watch("job:watch")

        def work_case(case_id: int) -> None:
            with self._database.transaction() as connection:
                company = connection.scalar(select(cases.c.company).where(cases.c.id == case_id))
            if company is not None and (desk := self._at(company)):
                desk.workshop.work(case_id, f"job:case:{case_id}")

        def post(message_id: int) -> None:
            self._poster.post(message_id)

        def scheduled(row: str) -> None:
            schedule.do(self._database, row, self._doings, self._gave_up, self._looked_after)

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
            doers = inbox.doers(connection)
        if doers:
            # Who may do what is read before the transaction in which it is used: no network call stands in one.
            for company in self._companies:
                self._look_who(company, WHO_AGE_S)
            for user in doers:
                self._look_at(user)
        inbox.drain(self._database, self._handling.handle, on_set_aside=self._set_aside)

    def _look_at(self, user: str) -> None:
        try:
            self._members.look(user)
        except (SlackClientError, OSError) as error:
            log.warning("Slack does not tell who %s is: %s", user, error)

    def _note_entitled(self, company: str, entitled: Entitled) -> None:
        settings = next(each for each in self._settings.companies if each.key == company)
        access.note_entitled(
            self._database,
            self._clock,
            company,
            named=settings.approvers,
            deputies=settings.deputies,
            entitled=entitled,
        )

    def _look_who_now_and_then(self) -> None:
        """Notices a change of who may decide also while nobody decides: at start, and every ten minutes."""
        if time.monotonic() - self._who_at >= WHO_EVERY_S:
            self._who_at = time.monotonic()
            for company in self._companies:
                self._aside.submit(self._look_who, company, 0.0)

    def _look_who(self, company: str, within_s: float) -> None:
        """Reads who may decide; where the workspace does not tell, what needs to know it waits, and nothing else."""
        try:
            self._approvers.entitled(company, within_s=within_s)
        except (SlackClientError, OSError) as error:
            log.warning("Slack does not tell who may decide in %s: %s", company, error)

    def _gave_up(self, company: str, key: str, why: str) -> None:
        log.error("%s of %s was given up after %d attempts: %s", key, company, schedule.ATTEMPTS, why)
        if self._at(company) is None:
            return
        with step(self._database, self._clock, f"schedule:{key}") as taken:
            notice(taken, self._companies[company], f"gave_up:{key}", "gave_up", task=key, error=why)

    def _set_aside(self, connection: Connection, item: inbox.InboxItem, why: str) -> None:
        log.error("inbox item %s (%s) was set aside after %d attempts: %s", item.id, item.kind, item.attempts, why)
        taken = Step(connection, self._clock.now(), f"inbox:{item.id}")
        company = self._handling.company_for(connection, item.payload)
        if company is not None:
            notice(taken, company, f"set_aside:{item.id}", "set_aside", kind=item.kind, error=why)
        taken.finish()

    def _came_up(self) -> None:
        self._read_back(self._backfill.read)

    def _catch_up(self) -> None:
        self._read_back(self._backfill.catch_up)

    def _read_back(self, read: Callable[[], int]) -> None:
        try:
            missed = read()
        except (*UNREADABLE, SQLAlchemyError) as error:
            log.warning("what was posted meanwhile could not be read, and is tried again: %s", error)
            return
        if missed:
            log.info("%d messages that were posted meanwhile are taken in", missed)

    def tick(self) -> None:
        """Asks for what is due by the calendar and the records. Never raises."""
        try:
            self._jobs.recover_stalled()
            self._database.trim()
            with step(self._database, self._clock, "tick") as taken:
                reminding.ask_due(taken.connection, self._companies.values(), taken.now)
                contract.ask_due(taken.connection, self._companies.values())
                for desk in self._desks.values():
                    desk.reports.ask_due(taken.connection, taken.now)
            evidence.ask_due(self._database, self._clock, self._companies, self._settings.journal_anchor)
            nudge_due(self._database, self._clock)
            self._look_who_now_and_then()
            asking.remind_of_expiry(self._database, self._clock, self._companies)
        except Exception:
            if not self._ending.is_set():  # then it failed because what it needs was given back
                log.exception("a tick failed; the next one tries again")

    def start(self, *, port: bool = True) -> None:
        """Starts working and listening; returns once Slack can reach the bot.

        Without `port` nothing is served: by HTTP another process takes in, and this one works off what it took.
        Raises slack_sdk's errors, and OSError where the port is taken.
        """
        if self._services.embedded:
            # Nobody else works on this database: whoever did is dead, and its jobs are ours at once.
            self._jobs.recover_stalled(0)
        rules.note_start(self._database, self._clock, self._settings)
        self._worker.start()
        self._scheduler.add_job(self.tick, "interval", seconds=TICK_S, next_run_time=datetime.now(UTC))
        self._scheduler.add_job(self._catch_up, "interval", seconds=CATCH_UP_S)
        self._scheduler.add_job(self._jobs.forget, "interval", hours=24)
        self._scheduler.start()
        if self._settings.socket_mode:
            token = self._settings.slack_app_token.get_secret_value()
            handler = socket_handler(self._app, token, self._slack, self._came_up)
            handler.connect()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
            self._end_front = handler.close
        elif port:
            self._serve_http()

    def _serve_http(self) -> None:
        server = http_server(
            http_app(self._app, self.health, self.measures if self._settings.metrics else None), self._settings.port
        )
        thread = threading.Thread(target=server.run, name="http", daemon=True)
        thread.start()
        deadline = time.monotonic() + 15
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise OSError(f"Port {self._settings.port} cannot be used. End what uses it, or set PORT.")
            time.sleep(0.02)
        self._aside.submit(self._came_up)

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

    def measures(self) -> str:
        """What a monitor reads. Raises where the database does not answer."""
        waiting = self._jobs.waiting()
        final = [state.value for state in FINAL_STATES]
        with self._database.transaction() as connection:
            return measures(connection, waiting_jobs=waiting, final_states=final, month=month_of_now())

    def stop(self) -> None:
        """Takes nothing more in, lets what is under way end, and gives everything back."""
        self._ending.set()
        self._end_front()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self._backfill.end()
        self._aside.shutdown(wait=False, cancel_futures=True)
        self._worker.stop(20.0)
        self._services.end()


def named(company: CompanySettings, clock: Clock) -> Named:
    """Whom a company's settings name to decide, by its own day."""

    def today() -> date:
        return clock.now().astimezone(company.zone).date()

    return Named(approvers=company.approvers, deputies=company.deputies, today=today)
