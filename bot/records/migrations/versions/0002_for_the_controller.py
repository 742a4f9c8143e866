"""What a controller and an auditor need: deputies with a decision, what was seen of terms and invoices, turns to post.

Only adds, with defaults: code of the version before goes on working beside it while a deploy is under way.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns, two tables and an index."""
    op.add_column(
        "decisions",
        sa.Column(
            "deputies",
            JSONB(none_as_null=True),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
            comment="which of them only as deputies, on that day",
        ),
    )
    op.add_column(
        "case_invoices",
        sa.Column(
            "first_term",
            sa.Text(),
            nullable=True,
            comment="the term as it was when the invoice joined; what it says now is in billed",
        ),
    )
    op.add_column(
        "case_invoices",
        sa.Column(
            "note",
            JSONB(none_as_null=True),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="what else was seen of it: failed for another reason, keyed by hand",
        ),
    )
    op.add_column(
        "case_invoices",
        sa.Column(
            "choice",
            JSONB(none_as_null=True),
            nullable=True,
            comment="closed period: what the controller chose, who, why, when",
        ),
    )
    op.add_column(
        "messages",
        sa.Column(
            "turn_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="its reserved turn in the channel; none before it asked for one",
        ),
    )
    op.create_table(
        "channel_turns",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column(
            "next_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the next message may be posted there: Slack takes about one a second",
        ),
        sa.PrimaryKeyConstraint("channel", name=op.f("channel_turns_pkey")),
        comment="Whose turn it is to post in a channel, over all processes",
    )
    op.create_table(
        "seen_terms",
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("record_no", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False, comment="in words, as read"),
        sa.Column(
            "digest",
            sa.Text(),
            nullable=False,
            comment="SHA-256 over what was read of it: another one means that somebody changed it",
        ),
        sa.Column("description", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("modified_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("seen_terms_decision_id_fkey")),
        sa.PrimaryKeyConstraint("company", "record_no", name=op.f("seen_terms_pkey")),
        comment="Intacct's AR terms at the last look: what differs at the next was done by us or by somebody else",
    )
    op.create_index(op.f("journal_company_kind_seq_idx"), "journal", ["company", "kind", "seq"], unique=False)
