"""The first tables, the jobs' schema, and the triggers that keep the journal as it was written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes everything."""
    make_tables()
    make_jobs()
    guard_journal()


def make_jobs() -> None:
    """Procrastinate's own schema, and an index for finding jobs of one task."""
    driver = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    driver.execute(SchemaManager.get_schema())  # several statements at once: SQLAlchemy would prepare them as one
    op.execute("CREATE INDEX termkeeper_jobs_todo_idx ON procrastinate_jobs (task_name) WHERE status = 'todo'")


def guard_journal() -> None:
    """No row of the journal is ever changed or removed, whoever asks; heads move on but never go.

    ALWAYS: they hold for sessions in replica mode too.
    """
    op.execute(
        """
CREATE FUNCTION journal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the journal is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END;
$$
"""
    )
    op.execute(
        "CREATE TRIGGER journal_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON journal"
        " FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse_change()"
    )
    op.execute("ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_refuse_change")
    op.execute(
        "CREATE TRIGGER journal_heads_refuse_removal BEFORE DELETE OR TRUNCATE ON journal_heads"
        " FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse_change()"
    )
    op.execute("ALTER TABLE journal_heads ENABLE ALWAYS TRIGGER journal_heads_refuse_removal")


def make_tables() -> None:
    """The bot's own tables."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False, comment="Slack's id of the message within its channel"),
        sa.Column("thread_ts", sa.Text(), nullable=True),
        sa.Column("poster", sa.Text(), nullable=False),
        sa.Column("poster_is_person", sa.Boolean(), nullable=False),
        sa.Column("edited_ts", sa.Text(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("raw", JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("alerts_pkey")),
        sa.UniqueConstraint("channel", "ts", name=op.f("alerts_channel_ts_key")),
        comment="Messages that report failures",
    )
    op.create_index(op.f("alerts_company_posted_at_idx"), "alerts", ["company", "posted_at"], unique=False)
    op.create_table(
        "api_calls",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False, comment="YYYY-MM"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("service", "company", "day", name=op.f("api_calls_pkey")),
        comment="Requests sent, by day",
    )
    op.create_index(
        op.f("api_calls_service_company_month_idx"), "api_calls", ["service", "company", "month"], unique=False
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="what people call it, counted within the company"),
        sa.Column("kind", sa.Text(), server_default=sa.text("'fix'"), nullable=False),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column(
            "key",
            sa.Text(),
            nullable=False,
            comment="entity and exact term name, once known; before that the invoice number",
        ),
        sa.Column("term_name", sa.Text(), nullable=True, comment="exactly as at the source, never stripped or folded"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "version",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="counts transitions; compared and set by each",
        ),
        sa.Column(
            "card_revision",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="counts what changes the card",
        ),
        sa.Column("diagnosis", JSONB(), nullable=True),
        sa.Column("proposal", JSONB(), nullable=True),
        sa.Column("proposal_digest", sa.Text(), nullable=True, comment="what buttons carry and decisions are bound to"),
        sa.Column("previous_case_id", sa.BigInteger(), nullable=True),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("alerted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True, comment="when its state wants work next"),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rounds", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("note", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "last_cause",
            sa.Text(),
            nullable=True,
            comment="the inbox item or job that moved it last: a step run twice knows its own",
        ),
        sa.ForeignKeyConstraint(["merged_into_id"], ["cases.id"], name=op.f("cases_merged_into_id_fkey")),
        sa.ForeignKeyConstraint(["previous_case_id"], ["cases.id"], name=op.f("cases_previous_case_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("cases_pkey")),
        sa.UniqueConstraint("company", "number", name=op.f("cases_company_number_key")),
        comment="One term name to fix in one company; at most one open case a key",
    )
    op.create_index("cases_due_idx", "cases", ["due_at"], unique=False, postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index(
        "cases_open_idx",
        "cases",
        ["company", "state"],
        unique=False,
        postgresql_where=sa.text(
            "state NOT IN ('closed', 'merged', 'declined', 'expired', 'dismissed', 'cause_unknown')"
        ),
    )
    op.create_index(
        "cases_open_key",
        "cases",
        ["company", "key"],
        unique=True,
        postgresql_where=sa.text(
            "state NOT IN ('closed', 'merged', 'declined', 'expired', 'dismissed', 'cause_unknown')"
        ),
    )
    op.create_table(
        "channel_marks",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False, comment="up to where the channel's messages were taken"),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("channel_marks_pkey")),
        comment="Where reading again begins after a silence",
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Slack's own id of what came; a second time is a no-op"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", JSONB(), nullable=True, comment="as Slack sent it; blanked some days after it is done"),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column(
            "attempts",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="counted before each attempt, so that one that kills the process counts too",
        ),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="not before then",
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'done', 'set_aside')", name=op.f("inbox_state_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("inbox_pkey")),
        sa.UniqueConstraint("key", name=op.f("inbox_key_key")),
        comment="What must not be lost: kept before it is acknowledged, drained afterwards",
    )
    op.create_index(op.f("inbox_received_at_idx"), "inbox", ["received_at"], unique=False)
    op.create_index(
        "inbox_waiting_idx", "inbox", ["due_at", "id"], unique=False, postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_table(
        "journal",
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "content",
            sa.Text(),
            nullable=False,
            comment="canonical JSON (RFC 8785) of actor, at, case, content and kind: what content_hash covers",
        ),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("row_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("company", "seq", name=op.f("journal_pkey")),
        sa.UniqueConstraint("company", "prev_hash", name=op.f("journal_company_prev_hash_key")),
        comment="Append-only record, one hash chain a company; triggers refuse any change",
    )
    op.create_index(op.f("journal_company_case_id_idx"), "journal", ["company", "case_id"], unique=False)
    op.create_table(
        "journal_heads",
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("row_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("company", name=op.f("journal_heads_pkey")),
        comment="Each chain's last row; locked while one is appended",
    )
    op.create_table(
        "schedule",
        sa.Column("key", sa.Text(), nullable=False, comment="such as weekly/acme/2026-W48: made once"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("schedule_pkey")),
        comment="What the calendar asks for, once each",
    )
    op.create_index(
        "schedule_due_idx", "schedule", ["due_at"], unique=False, postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_table(
        "case_invoices",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("billed", JSONB(), nullable=True, comment="as the source has it"),
        sa.Column("arrival", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("booked", JSONB(), nullable=True, comment="as Intacct has it"),
        sa.Column("differences", JSONB(), nullable=True),
        sa.Column("first_alert_id", sa.BigInteger(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("arrival IN ('waiting', 'arrived', 'different')", name=op.f("case_invoices_arrival_check")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("case_invoices_case_id_fkey")),
        sa.ForeignKeyConstraint(["first_alert_id"], ["alerts.id"], name=op.f("case_invoices_first_alert_id_fkey")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("case_invoices_pkey")),
        comment="The invoices that wait on a case",
    )
    op.create_index(op.f("case_invoices_number_idx"), "case_invoices", ["number"], unique=False)
    op.create_table(
        "case_people",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False, comment="asked, supplied, edited, billed"),
        sa.Column("proposal_digest", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("case_people_case_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("case_people_pkey")),
        comment="Who had a part in a case: the second person is none of them",
    )
    op.create_index(op.f("case_people_case_id_idx"), "case_people", ["case_id"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("proposal_digest", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column(
            "approvers",
            JSONB(),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
            comment="who was entitled at that moment",
        ),
        sa.Column("proposal", JSONB(), nullable=True, comment="what was decided, in full"),
        sa.Column("click", sa.Text(), nullable=True, comment="the inbox key of the click: one decision a click"),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("decisions_case_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("decisions_pkey")),
        sa.UniqueConstraint("click", name=op.f("decisions_click_key")),
        comment="Yes or no of an approver to one proposal",
    )
    op.create_index(op.f("decisions_case_id_idx"), "decisions", ["case_id"], unique=False)
    op.create_table(
        "failures",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("invoice", sa.Text(), nullable=True),
        sa.Column("term", sa.Text(), nullable=True),
        sa.Column(
            "key",
            sa.Text(),
            nullable=False,
            comment="team/channel/ts/cause/subject: an edit of the alert adds only what is new",
        ),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'gathered', 'joined')", name=op.f("failures_state_check")),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("failures_alert_id_fkey")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("failures_case_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("failures_pkey")),
        sa.UniqueConstraint("key", name=op.f("failures_key_key")),
        comment="One invoice or term that did not sync, as an alert told it",
    )
    op.create_index(op.f("failures_alert_id_idx"), "failures", ["alert_id"], unique=False)
    op.create_index(op.f("failures_case_id_idx"), "failures", ["case_id"], unique=False)
    op.create_index(
        "failures_waiting_idx",
        "failures",
        ["company", "due_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'joined'"),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="what it is about: posted once"),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("thread_ts", sa.Text(), nullable=True),
        sa.Column("ts", sa.Text(), nullable=True, comment="Slack's id, once posted"),
        sa.Column("state", sa.Text(), server_default=sa.text("'unposted'"), nullable=False),
        sa.Column("body", JSONB(), nullable=True),
        sa.Column("wanted_revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("posted_revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('unposted', 'posting', 'posted', 'dead')", name=op.f("messages_state_check")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("messages_case_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("messages_pkey")),
        sa.UniqueConstraint("key", name=op.f("messages_key_key")),
        comment="What is to be said in Slack, and what was",
    )
    op.create_index(op.f("messages_case_id_idx"), "messages", ["case_id"], unique=False)
    op.create_index(
        "messages_due_idx",
        "messages",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text(
            "state IN ('unposted', 'posting') OR state = 'posted' AND posted_revision < wanted_revision"
        ),
    )
    op.create_index(
        "messages_ts_idx", "messages", ["channel", "ts"], unique=False, postgresql_where=sa.text("ts IS NOT NULL")
    )
    op.create_table(
        "views",
        sa.Column("id", sa.Text(), nullable=False, comment="our own token, carried in private_metadata"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("payload", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("views_case_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("views_pkey")),
        comment="The values that a view's submission is checked against",
    )
    op.create_index(op.f("views_created_at_idx"), "views", ["created_at"], unique=False)
    op.create_table(
        "writes",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column(
            "control_id",
            sa.Text(),
            nullable=False,
            comment="Intacct's function control id: the same for every attempt of one decision",
        ),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'started'"), nullable=False),
        sa.Column("request", sa.Text(), nullable=True, comment="redacted"),
        sa.Column("reply", sa.Text(), nullable=True, comment="redacted"),
        sa.Column("error", JSONB(), nullable=True),
        sa.Column("record_no", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('started', 'answered', 'unknown', 'refused')", name=op.f("writes_state_check")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("writes_case_id_fkey")),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("writes_decision_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("writes_pkey")),
        sa.UniqueConstraint("decision_id", "attempt", name=op.f("writes_decision_id_attempt_key")),
        comment="Attempts to write to Intacct: noted before they are sent",
    )
    op.create_index(op.f("writes_case_id_idx"), "writes", ["case_id"], unique=False)
    # ### end Alembic commands ###
