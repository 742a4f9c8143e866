"""Drift: runs, findings, dates; when the calendar asked for what, and what an edit changed. Only adds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, comment=comment)


def _word(name: str, *, default: bool = False, comment: str | None = None) -> sa.Column[str]:
    return sa.Column(
        name, sa.Text(), server_default=sa.text("''") if default else None, nullable=False, comment=comment
    )


def upgrade() -> None:
    """Makes three tables, and two columns."""
    op.add_column(
        "schedule",
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.add_column(
        "case_people",
        sa.Column(
            "edited",
            JSONB(none_as_null=True),
            nullable=True,
            comment="what of the proposal an edit changed: rule, description",
        ),
    )
    op.create_table(
        "drift_runs",
        sa.Column("id", sa.BigInteger(), nullable=False),
        _word("company"),
        _word("kind"),
        _word("week", comment="2026-W48"),
        _moment("at"),
        sa.Column(
            "counts",
            JSONB(none_as_null=True),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="strand to open findings: one column of the chart",
        ),
        sa.Column("partial", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "whole", sa.Boolean(), nullable=False, comment="the whole year was read, not only what changed since"
        ),
        _moment(
            "read_from", nullable=True, comment="what changed at the source before this moment is in an earlier run"
        ),
        sa.Column(
            "report", JSONB(none_as_null=True), nullable=True, comment="all that the report says, as it was then"
        ),
        sa.CheckConstraint("kind IN ('weekly', 'preflight', 'asked')", name=op.f("drift_runs_kind_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("drift_runs_pkey")),
        comment="Looks for drift, and what each found",
    )
    op.create_index(op.f("drift_runs_company_kind_at_idx"), "drift_runs", ["company", "kind", "at"], unique=False)
    op.create_table(
        "drift_findings",
        _word("company"),
        _word("key", comment="kind, subject and names: what a finding is recognised by"),
        sa.Column(
            "finding",
            JSONB(none_as_null=True),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="as the newest run saw it",
        ),
        _moment("first_seen"),
        _moment("last_seen"),
        _moment("fixed_at", nullable=True),
        _word("fixed_by", default=True, comment="in words, where that could be told"),
        _word("accepted_digest", default=True, comment="quiet while the finding still says exactly this"),
        sa.Column(
            "accepted_invoices",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="how many it was about then",
        ),
        _word("accepted_by", default=True),
        _word("accepted_why", default=True),
        _moment("quiet_until", nullable=True, comment="the end of a snooze; null where it was accepted for good"),
        _moment("told_at", nullable=True, comment="when a daily look spoke of it last"),
        sa.Column(
            "spoken",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="a daily look spoke of it, and has nothing to add until it is gone or no invoice waits",
        ),
        sa.Column(
            "found_before",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="a daily look spoke of it before a sync had failed for it",
        ),
        sa.PrimaryKeyConstraint("company", "key", name=op.f("drift_findings_pkey")),
        comment="What drifts and drifted, remembered from run to run",
    )
    op.create_table(
        "drift_dates",
        _word("company"),
        _word("number"),
        _word("term_name"),
        sa.Column("invoice_date", sa.Date(), nullable=False),
        sa.Column("billed_due", sa.Date(), nullable=False),
        sa.Column("booked_due", sa.Date(), nullable=False),
        _word("link", default=True),
        _moment("seen_at"),
        sa.PrimaryKeyConstraint("company", "number", name=op.f("drift_dates_pkey")),
        comment="Invoices whose dates are not what their term gives: kept, so that a run need read only what changed",
    )
