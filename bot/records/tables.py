"""The tables: what is kept, under which rules. The migrations make them; a test holds both together."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)

_NOW = text("now()")
_ZERO = text("0")
_FINAL = "('closed', 'merged', 'declined', 'expired', 'dismissed', 'cause_unknown')"


def _id() -> Column[int]:
    return Column("id", BigInteger, primary_key=True)


def _text(name: str, *, null: bool = False, default: str | None = None, comment: str | None = None) -> Column[str]:
    return Column(
        name, Text, nullable=null, server_default=None if default is None else text(f"'{default}'"), comment=comment
    )


def _moment(name: str, *, null: bool = False, now: bool = False, comment: str | None = None) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=null, server_default=_NOW if now else None, comment=comment)


def _count(name: str, *, start: str = "0", comment: str | None = None) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text(start), comment=comment)


def _json(name: str, *, null: bool = True, default: str | None = None, comment: str | None = None) -> Column[object]:
    return Column(
        name,
        JSONB(none_as_null=True),
        nullable=null,
        server_default=None if default is None else text(f"'{default}'::jsonb"),
        comment=comment,
    )


def _of_case(*, null: bool = False) -> Column[int]:
    return Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=null)


def _one_of(column: str, *values: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


inbox = Table(
    "inbox",
    metadata,
    _id(),
    _text("key", comment="Slack's own id of what came; a second time is a no-op"),
    _text("kind"),
    _json("payload", comment="as Slack sent it; blanked some days after it is done"),
    _text("state", default="waiting"),
    _count("attempts", comment="counted before each attempt, so that one that kills the process counts too"),
    _moment("due_at", now=True, comment="not before then"),
    _moment("received_at", now=True),
    _moment("done_at", null=True),
    _text("last_error", null=True),
    UniqueConstraint("key"),
    _one_of("state", "waiting", "done", "set_aside"),
    Index("inbox_waiting_idx", "due_at", "id", postgresql_where=text("state = 'waiting'")),
    Index(None, "received_at"),
    comment="What must not be lost: kept before it is acknowledged, drained afterwards",
)

alerts = Table(
    "alerts",
    metadata,
    _id(),
    _text("company"),
    _text("team"),
    _text("channel"),
    _text("ts", comment="Slack's id of the message within its channel"),
    _text("thread_ts", null=True),
    _text("poster"),
    Column("poster_is_person", Boolean, nullable=False),
    _text("edited_ts", null=True),
    _moment("posted_at"),
    _moment("taken_at", now=True),
    _json("raw"),
    UniqueConstraint("channel", "ts"),
    Index(None, "company", "posted_at"),
    comment="Messages that report failures",
)

failures = Table(
    "failures",
    metadata,
    _id(),
    Column("alert_id", BigInteger, ForeignKey("alerts.id"), nullable=False),
    _text("company"),
    _text("cause"),
    _text("invoice", null=True),
    _text("term", null=True),
    _text("key", comment="team/channel/ts/cause/subject: an edit of the alert adds only what is new"),
    _of_case(null=True),
    _text("state", default="waiting"),
    _moment("found_at", now=True),
    _count("attempts"),
    _moment("due_at", now=True),
    UniqueConstraint("key"),
    _one_of("state", "waiting", "gathered", "joined"),
    Index("failures_waiting_idx", "company", "due_at", postgresql_where=text("state <> 'joined'")),
    Index(None, "alert_id"),
    Index(None, "case_id"),
    comment="One invoice or term that did not sync, as an alert told it",
)

cases = Table(
    "cases",
    metadata,
    _id(),
    _text("company"),
    Column("number", Integer, nullable=False, comment="what people call it, counted within the company"),
    _text("kind", default="fix"),
    _text("entity", null=True),
    _text("key", comment="entity and exact term name, once known; before that the invoice number"),
    _text("term_name", null=True, comment="exactly as at the source, never stripped or folded"),
    _text("state"),
    _count("version", start="1", comment="counts transitions; compared and set by each"),
    _count("card_revision", start="1", comment="counts what changes the card"),
    _json("diagnosis"),
    _json("proposal"),
    _text("proposal_digest", null=True, comment="what buttons carry and decisions are bound to"),
    Column("previous_case_id", BigInteger, ForeignKey("cases.id"), nullable=True),
    Column("merged_into_id", BigInteger, ForeignKey("cases.id"), nullable=True),
    _moment("opened_at", now=True),
    _moment("alerted_at"),
    _moment("state_since", now=True),
    _moment("asked_at", null=True),
    _moment("expires_at", null=True),
    _moment("due_at", null=True, comment="when its state wants work next"),
    _moment("leased_until", null=True),
    _count("rounds"),
    _json("note", null=False, default="{}"),
    _moment("closed_at", null=True),
    _text("last_cause", null=True, comment="the inbox item or job that moved it last: a step run twice knows its own"),
    UniqueConstraint("company", "number"),
    Index("cases_open_key", "company", "key", unique=True, postgresql_where=text(f"state NOT IN {_FINAL}")),
    Index("cases_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("cases_open_idx", "company", "state", postgresql_where=text(f"state NOT IN {_FINAL}")),
    comment="One term name to fix in one company; at most one open case a key",
)

case_invoices = Table(
    "case_invoices",
    metadata,
    _of_case(),
    _text("number"),
    _count("position"),
    _json("billed", comment="as the source has it"),
    _text("arrival", default="waiting"),
    _json("booked", comment="as Intacct has it"),
    _json("differences"),
    Column("first_alert_id", BigInteger, ForeignKey("alerts.id"), nullable=True),
    _text("first_term", null=True, comment="the term as it was when the invoice joined; what it says now is in billed"),
    _json(
        "note", null=False, default="{}", comment="what else was seen of it: failed for another reason, keyed by hand"
    ),
    _json("choice", comment="closed period: what the controller chose, who, why, when"),
    _moment("added_at", now=True),
    PrimaryKeyConstraint("case_id", "number"),
    _one_of("arrival", "waiting", "arrived", "different"),
    Index(None, "number"),
    comment="The invoices that wait on a case",
)

case_people = Table(
    "case_people",
    metadata,
    _id(),
    _of_case(),
    _text("team"),
    _text("user_id"),
    _text("part", comment="asked, supplied, edited, billed"),
    _text("proposal_digest", null=True),
    _json("edited", comment="what of the proposal an edit changed: rule, description"),
    _moment("at", now=True),
    Index(None, "case_id"),
    comment="Who had a part in a case: the second person is none of them",
)

decisions = Table(
    "decisions",
    metadata,
    _id(),
    _of_case(),
    _text("proposal_digest", null=True),
    _text("team"),
    _text("user_id"),
    _text("verdict"),
    _text("reason", null=True),
    _text("reference", null=True),
    _text("policy"),
    _json("approvers", null=False, default="[]", comment="who was entitled at that moment"),
    _json("deputies", null=False, default="[]", comment="which of them only as deputies, on that day"),
    _json("proposal", comment="what was decided, in full"),
    _text("click", null=True, comment="the inbox key of the click: one decision a click"),
    _moment("at", now=True),
    UniqueConstraint("click"),
    Index(None, "case_id"),
    comment="Yes or no of an approver to one proposal",
)

writes = Table(
    "writes",
    metadata,
    _id(),
    _of_case(),
    Column("decision_id", BigInteger, ForeignKey("decisions.id"), nullable=False),
    _text("function"),
    _text("control_id", comment="Intacct's function control id: the same for every attempt of one decision"),
    Column("attempt", Integer, nullable=False),
    _text("state", default="started"),
    _text("request", null=True, comment="redacted"),
    _text("reply", null=True, comment="redacted"),
    _json("error"),
    _text("record_no", null=True),
    _moment("started_at", now=True),
    _moment("ended_at", null=True),
    UniqueConstraint("decision_id", "attempt"),
    _one_of("state", "started", "answered", "unknown", "refused"),
    Index(None, "case_id"),
    comment="Attempts to write to Intacct: noted before they are sent",
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _text("key", comment="what it is about: posted once"),
    _text("company"),
    _of_case(null=True),
    _text("kind"),
    _text("channel"),
    _text("thread_ts", null=True),
    _text("ts", null=True, comment="Slack's id, once posted"),
    _text("state", default="unposted"),
    _json("body"),
    _count("wanted_revision", start="1"),
    _count("posted_revision"),
    _moment("claimed_at", null=True),
    _moment("due_at", now=True),
    _count("attempts"),
    _text("last_error", null=True),
    _moment("posted_at", null=True),
    _moment("updated_at", null=True),
    _moment("turn_at", null=True, comment="its reserved turn in the channel; none before it asked for one"),
    UniqueConstraint("key"),
    _one_of("state", "unposted", "posting", "posted", "dead"),
    Index(None, "case_id"),
    Index("messages_ts_idx", "channel", "ts", postgresql_where=text("ts IS NOT NULL")),
    Index(
        "messages_due_idx",
        "due_at",
        postgresql_where=text(
            "state IN ('unposted', 'posting') OR state = 'posted' AND posted_revision < wanted_revision"
        ),
    ),
    comment="What is to be said in Slack, and what was",
)

views = Table(
    "views",
    metadata,
    _text("id", comment="our own token, carried in private_metadata"),
    _text("kind"),
    _of_case(null=True),
    _json("payload", null=False, default="{}"),
    _text("user_id"),
    _moment("created_at", now=True),
    PrimaryKeyConstraint("id"),
    Index(None, "created_at"),
    comment="The values that a view's submission is checked against",
)

channel_marks = Table(
    "channel_marks",
    metadata,
    _text("channel"),
    _text("ts", comment="up to where the channel's messages were taken"),
    _moment("at", now=True),
    PrimaryKeyConstraint("channel"),
    comment="Where reading again begins after a silence",
)

channel_turns = Table(
    "channel_turns",
    metadata,
    _text("channel"),
    _moment("next_at", comment="when the next message may be posted there: Slack takes about one a second"),
    PrimaryKeyConstraint("channel"),
    comment="Whose turn it is to post in a channel, over all processes",
)

seen_terms = Table(
    "seen_terms",
    metadata,
    _text("company"),
    _text("record_no"),
    _text("name"),
    _text("entity", null=True),
    _text("status"),
    _text("rule", comment="in words, as read"),
    _text("digest", comment="SHA-256 over what was read of it: another one means that somebody changed it"),
    _text("description", default=""),
    Column("decision_id", BigInteger, ForeignKey("decisions.id"), nullable=True),
    _text("created_by", default=""),
    _text("modified_by", default=""),
    _moment("modified_at", null=True),
    _moment("seen_at", now=True),
    PrimaryKeyConstraint("company", "record_no"),
    comment="Intacct's AR terms at the last look: what differs at the next was done by us or by somebody else",
)

api_calls = Table(
    "api_calls",
    metadata,
    _text("service"),
    _text("company"),
    _text("month", comment="YYYY-MM"),
    Column("day", Date, nullable=False),
    Column("calls", BigInteger, nullable=False, server_default=_ZERO),
    PrimaryKeyConstraint("service", "company", "day"),
    Index(None, "service", "company", "month"),
    comment="Requests sent, by day",
)

schedule = Table(
    "schedule",
    metadata,
    _text("key", comment="such as weekly/acme/2026-W48: made once"),
    _text("kind"),
    _text("company"),
    _moment("asked_at", now=True),
    _moment("done_at", null=True),
    _count("attempts"),
    _moment("due_at", now=True),
    _text("last_error", null=True),
    PrimaryKeyConstraint("key"),
    Index("schedule_due_idx", "due_at", postgresql_where=text("done_at IS NULL")),
    comment="What the calendar asks for, once each",
)

drift_runs = Table(
    "drift_runs",
    metadata,
    _id(),
    _text("company"),
    _text("kind"),
    _text("week", comment="2026-W48"),
    _moment("at"),
    _json("counts", null=False, default="{}", comment="strand to open findings: one column of the chart"),
    Column("partial", Boolean, nullable=False, server_default=text("false")),
    Column("whole", Boolean, nullable=False, comment="the whole year was read, not only what changed since"),
    _moment("read_from", null=True, comment="what changed at the source before this moment is in an earlier run"),
    _json("report", comment="all that the report says, as it was then"),
    _one_of("kind", "weekly", "preflight", "asked"),
    Index(None, "company", "kind", "at"),
    comment="Looks for drift, and what each found",
)

drift_findings = Table(
    "drift_findings",
    metadata,
    _text("company"),
    _text("key", comment="kind, subject and names: what a finding is recognised by"),
    _json("finding", null=False, default="{}", comment="as the newest run saw it"),
    _moment("first_seen"),
    _moment("last_seen"),
    _moment("fixed_at", null=True),
    _text("fixed_by", default="", comment="in words, where that could be told"),
    _text("accepted_digest", default="", comment="quiet while the finding still says exactly this"),
    _count("accepted_invoices", comment="how many it was about then"),
    _text("accepted_by", default=""),
    _text("accepted_why", default=""),
    _moment("quiet_until", null=True, comment="the end of a snooze; null where it was accepted for good"),
    _moment("told_at", null=True, comment="when a daily look spoke of it last"),
    Column(
        "spoken",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="a daily look spoke of it, and has nothing to add until it is gone or no invoice waits",
    ),
    Column(
        "found_before",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="a daily look spoke of it before a sync had failed for it",
    ),
    PrimaryKeyConstraint("company", "key"),
    comment="What drifts and drifted, remembered from run to run",
)

drift_dates = Table(
    "drift_dates",
    metadata,
    _text("company"),
    _text("number"),
    _text("term_name"),
    Column("invoice_date", Date, nullable=False),
    Column("billed_due", Date, nullable=False),
    Column("booked_due", Date, nullable=False),
    _text("link", default=""),
    _moment("seen_at"),
    PrimaryKeyConstraint("company", "number"),
    comment="Invoices whose dates are not what their term gives: kept, so that a run need read only what changed",
)

journal_heads = Table(
    "journal_heads",
    metadata,
    _text("company"),
    Column("seq", BigInteger, nullable=False),
    _text("row_hash"),
    PrimaryKeyConstraint("company"),
    comment="Each chain's last row; locked while one is appended",
)

journal = Table(
    "journal",
    metadata,
    _text("company"),
    Column("seq", BigInteger, nullable=False, autoincrement=False),
    _moment("at"),
    _text("kind"),
    Column("case_id", BigInteger, nullable=True),
    _text("actor"),
    _text(
        "content", comment="canonical JSON (RFC 8785) of actor, at, case, content and kind: what content_hash covers"
    ),
    _text("content_hash"),
    _text("prev_hash"),
    _text("row_hash"),
    PrimaryKeyConstraint("company", "seq"),
    UniqueConstraint("company", "prev_hash"),
    Index(None, "company", "case_id"),
    Index(None, "company", "kind", "seq"),
    comment="Append-only record, one hash chain a company; triggers refuse any change",
)
