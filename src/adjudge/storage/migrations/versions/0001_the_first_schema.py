"""The first schema"""

import sqlalchemy as sa
from alembic import op

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "answer",
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("message_id", TEXT, nullable=False),
        sa.Column("response_id", TEXT, nullable=True),
        sa.Column("user_id", TEXT, nullable=True),
        sa.Column("user_group", TEXT, nullable=True),
        sa.Column("tenant_id", TEXT, nullable=True),
        sa.Column("session_id", TEXT, nullable=True),
        sa.Column("conversation_id", TEXT, nullable=True),
        sa.Column("turn", sa.Integer(), nullable=True),
        sa.Column("trace_id", TEXT, nullable=True),
        sa.Column("model", TEXT, nullable=True),
        sa.Column("model_version", TEXT, nullable=True),
        sa.Column("deployment", TEXT, nullable=True),
        sa.Column("prompt_version", TEXT, nullable=True),
        sa.Column("locale", TEXT, nullable=True),
        sa.Column("topic", TEXT, nullable=True),
        sa.Column("experiment", TEXT, nullable=True),
        sa.Column("variant", TEXT, nullable=True),
        sa.Column("latency_ms", sa.Double(), nullable=True),
        sa.Column("consent", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("text_id", TEXT, nullable=True),
        sa.Column("spans", TEXT, nullable=True),
        sa.Column("import_id", TEXT, nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.create_index("answer_user", ["user_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_answer_import_id"), ["import_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_answer_message_id"), ["message_id"], unique=False
        )

    op.create_table(
        "dataset",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("options", TEXT, nullable=False),
        sa.Column("counts", TEXT, nullable=False),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("placed", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "deed",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("act", TEXT, nullable=False),
        sa.Column("object", TEXT, nullable=False),
        sa.Column("payload", TEXT, nullable=False),
        sa.Column("mac", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "derived_text",
        sa.Column("text_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("text_id", "user_id"),
    )
    with op.batch_alter_table("derived_text", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_derived_text_user_id"), ["user_id"], unique=False
        )

    op.create_table(
        "fact",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "feedback",
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("message_id", TEXT, nullable=True),
        sa.Column("response_id", TEXT, nullable=True),
        sa.Column("user_id", TEXT, nullable=True),
        sa.Column("rater", TEXT, nullable=False),
        sa.Column("session_id", TEXT, nullable=True),
        sa.Column("polarity", sa.Integer(), nullable=True),
        sa.Column("reasons", TEXT, nullable=False),
        sa.Column("target", TEXT, nullable=True),
        sa.Column("has_words", sa.Integer(), nullable=False),
        sa.Column("consent", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("text_id", TEXT, nullable=True),
        sa.Column("spans", TEXT, nullable=True),
        sa.Column("import_id", TEXT, nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index("feedback_kind", ["kind", "message_id"], unique=False)
        batch_op.create_index(
            "feedback_rating",
            ["message_id", "rater"],
            unique=False,
            sqlite_where=sa.text("kind IN ('thumbs', 'stars')"),
            postgresql_where=sa.text("kind IN ('thumbs', 'stars')"),
        )
        batch_op.create_index("feedback_user", ["user_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_feedback_import_id"), ["import_id"], unique=False
        )

    op.create_table(
        "guideline",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("change", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("added_at", TEXT, nullable=False),
        sa.Column("added_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", "version"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_table(
        "import",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("queue", TEXT, nullable=True),
        sa.Column("file", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("counts", TEXT, nullable=False),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("started_at", TEXT, nullable=False),
        sa.Column("done_at", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "log_entry",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("act", TEXT, nullable=False),
        sa.Column("object", TEXT, nullable=False),
        sa.Column("payload", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "log_head",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column(
            "sealed",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("holes", TEXT, nullable=False),
        sa.Column("sealed_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "person",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("languages", TEXT, nullable=False),
        sa.Column("login", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("state_why", TEXT, nullable=True),
        sa.Column("meta", TEXT, nullable=False),
        sa.Column("added_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "queue",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("settings", TEXT, nullable=False),
        sa.Column("paused", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("added_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "refused_line",
        sa.Column("import_id", TEXT, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "line"),
    )
    op.create_table(
        "reopen_request",
        sa.Column("judgment_id", TEXT, nullable=False),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("answer", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("judgment_id"),
    )
    op.create_table(
        "review",
        sa.Column("judgment_id", TEXT, nullable=False),
        sa.Column("queue", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reviewer", TEXT, nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("clause", TEXT, nullable=True),
        sa.Column("note_id", TEXT, nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("at", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("judgment_id"),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index(
            "review_open",
            ["queue", "judgment_id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "rewrite_review",
        sa.Column("rewrite_id", TEXT, nullable=False),
        sa.Column("queue", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reviewer", TEXT, nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("clause", TEXT, nullable=True),
        sa.Column("text_id", TEXT, nullable=True),
        sa.Column("fixed_id", TEXT, nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("at", TEXT, nullable=True),
        sa.Column("import_id", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("rewrite_id"),
    )
    with op.batch_alter_table("rewrite_review", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_rewrite_review_import_id"), ["import_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_rewrite_review_queue"), ["queue"], unique=False
        )

    op.create_table(
        "rewrite_task",
        sa.Column("id", TEXT, nullable=False),
        sa.Column(
            "task_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("queue", TEXT, nullable=False),
        sa.Column("text_id", TEXT, nullable=False),
        sa.Column("message_id", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("events", TEXT, nullable=False),
        sa.Column("consent", TEXT, nullable=False),
        sa.Column("topic", TEXT, nullable=True),
        sa.Column("language", TEXT, nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("content_digest", TEXT, nullable=False),
        sa.Column("import_id", TEXT, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("task_id"),
    )
    with op.batch_alter_table("rewrite_task", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_rewrite_task_import_id"), ["import_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_rewrite_task_message_id"), ["message_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_rewrite_task_queue"), ["queue"], unique=False
        )

    op.create_table(
        "statement_act",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("month", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("line", TEXT, nullable=True),
        sa.Column("text_id", TEXT, nullable=True),
        sa.Column("digest", TEXT, nullable=True),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("statement_act", schema=None) as batch_op:
        batch_op.create_index("statement_act_month", ["person", "month"], unique=False)

    op.create_table(
        "statement_line",
        sa.Column("person", TEXT, nullable=False),
        sa.Column("month", TEXT, nullable=False),
        sa.Column("line", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("queue", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.Column("active", sa.Double(), nullable=False),
        sa.Column("idle", sa.Double(), nullable=False),
        sa.Column("research", sa.Double(), nullable=False),
        sa.Column("training", sa.Double(), nullable=False),
        sa.Column("review", sa.Double(), nullable=False),
        sa.Column("paid_seconds", sa.Double(), nullable=False),
        sa.Column("amount", TEXT, nullable=True),
        sa.Column("currency", TEXT, nullable=True),
        sa.Column("late", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("surplus", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("corrects", TEXT, nullable=True),
        sa.Column("why_id", TEXT, nullable=True),
        sa.Column("events", TEXT, nullable=False),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("added_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("person", "month", "line"),
    )
    op.create_table(
        "text",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=True),
        sa.Column("erased_at", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "covered",
        sa.Column("text_id", TEXT, nullable=False),
        sa.Column("whole_id", TEXT, nullable=False),
        sa.Column("kinds", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("text_id"),
    )
    op.create_table(
        "unmasking",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("text_id", TEXT, nullable=False),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("unmasking", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_unmasking_text_id"), ["text_id"], unique=False
        )

    op.create_table(
        "withdrawal",
        sa.Column("judgment_id", TEXT, nullable=False),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("why", TEXT, nullable=True),
        sa.Column("at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("judgment_id"),
    )
    op.create_table(
        "withdrawn_user",
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("import_id", TEXT, nullable=True),
        sa.Column("by_person", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("user_id"),
    )
    with op.batch_alter_table("withdrawn_user", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_withdrawn_user_import_id"), ["import_id"], unique=False
        )

    op.create_table(
        "pay_rule",
        sa.Column("queue", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("since", TEXT, nullable=False),
        sa.Column("policy", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["queue"],
            ["queue.name"],
        ),
        sa.PrimaryKeyConstraint("queue", "seq"),
    )
    op.create_table(
        "batch",
        sa.Column("queue", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("added_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["queue"],
            ["queue.name"],
        ),
        sa.PrimaryKeyConstraint("queue", "name"),
    )
    op.create_table(
        "clearance",
        sa.Column("person", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("until", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.name"],
        ),
        sa.PrimaryKeyConstraint("person", "label"),
    )
    op.create_table(
        "comparison",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("text_id", TEXT, nullable=False),
        sa.Column("content_digest", TEXT, nullable=False),
        sa.Column("judged_digest", TEXT, nullable=False),
        sa.Column("prompt_digest", TEXT, nullable=False),
        sa.Column("response_ids", TEXT, nullable=False),
        sa.Column("n_responses", sa.Integer(), nullable=False),
        sa.Column("models", TEXT, nullable=False),
        sa.Column("lengths", TEXT, nullable=False),
        sa.Column("topic", TEXT, nullable=True),
        sa.Column("language", TEXT, nullable=True),
        sa.Column("labels", TEXT, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("conversation_id", TEXT, nullable=True),
        sa.Column("consent", TEXT, nullable=False),
        sa.Column("gold", TEXT, nullable=True),
        sa.Column("import_id", TEXT, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["text_id"],
            ["text.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("comparison", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comparison_import_id"), ["import_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_comparison_prompt_digest"), ["prompt_digest"], unique=False
        )

    op.create_table(
        "dataset_lineage",
        sa.Column("dataset_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("config", TEXT, nullable=False),
        sa.Column("about", TEXT, nullable=False),
        sa.Column("from_id", TEXT, nullable=False),
        sa.Column("to_id", TEXT, nullable=False),
        sa.Column("row_ids", TEXT, nullable=False),
        sa.Column("lineage", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["dataset.id"],
        ),
        sa.PrimaryKeyConstraint("dataset_id", "number"),
    )
    with op.batch_alter_table("dataset_lineage", schema=None) as batch_op:
        batch_op.create_index(
            "dataset_lineage_about", ["about", "from_id", "to_id"], unique=False
        )

    op.create_table(
        "dataset_tombstone",
        sa.Column("dataset_id", TEXT, nullable=False),
        sa.Column("row_id", TEXT, nullable=False),
        sa.Column("config", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "row_id"),
    )
    with op.batch_alter_table("dataset_tombstone", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_dataset_tombstone_row_id"), ["row_id"], unique=False
        )

    op.create_table(
        "expertise",
        sa.Column("person", TEXT, nullable=False),
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.name"],
        ),
        sa.PrimaryKeyConstraint("person", "topic"),
    )
    op.create_table(
        "import_member",
        sa.Column("import_id", TEXT, nullable=False),
        sa.Column("comparison_id", TEXT, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["import.id"],
        ),
        sa.PrimaryKeyConstraint("import_id", "comparison_id"),
    )
    op.create_table(
        "message",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=True),
        sa.Column("queue", TEXT, nullable=True),
        sa.Column("text_id", TEXT, nullable=False),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.name"],
        ),
        sa.ForeignKeyConstraint(
            ["queue"],
            ["queue.name"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("message_person", ["person"], unique=False)
        batch_op.create_index("message_queue", ["queue"], unique=False)

    op.create_table(
        "opt_in",
        sa.Column("person", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("daily_cap", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.name"],
        ),
        sa.PrimaryKeyConstraint("person", "label"),
    )
    op.create_table(
        "person_step",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("why", TEXT, nullable=True),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.name"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("person_step", schema=None) as batch_op:
        batch_op.create_index("person_step_person", ["person"], unique=False)

    op.create_table(
        "rewrite",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("rewrite_task", TEXT, nullable=False),
        sa.Column("annotator", TEXT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("supersedes", TEXT, nullable=True),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("text_id", TEXT, nullable=True),
        sa.Column("edited_share", sa.Double(), nullable=True),
        sa.Column("started_from", TEXT, nullable=True),
        sa.Column("reasons", TEXT, nullable=False),
        sa.Column("spans", TEXT, nullable=False),
        sa.Column("sources", TEXT, nullable=False),
        sa.Column("fixed_by", TEXT, nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("at", TEXT, nullable=True),
        sa.Column("received_at", TEXT, nullable=False),
        sa.Column("guideline", TEXT, nullable=True),
        sa.Column("late", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("surplus", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("meta", TEXT, nullable=False),
        sa.Column("import_id", TEXT, nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rewrite_task"],
            ["rewrite_task.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("rewrite", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_rewrite_annotator"), ["annotator"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_rewrite_import_id"), ["import_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_rewrite_rewrite_task"), ["rewrite_task"], unique=False
        )

    op.create_table(
        "implicit_signal",
        sa.Column("comparison_id", TEXT, nullable=False),
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column(
            "task_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("rejected", TEXT, nullable=True),
        sa.Column("kept", TEXT, nullable=True),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["comparison_id"],
            ["comparison.id"],
        ),
        sa.PrimaryKeyConstraint("comparison_id", "event_id"),
    )
    op.create_table(
        "receipt",
        sa.Column("message_id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("read_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
        ),
        sa.PrimaryKeyConstraint("message_id", "person"),
    )
    op.create_table(
        "task",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("queue", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("comparison_id", TEXT, nullable=True),
        sa.Column("batch", TEXT, nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("topic", TEXT, nullable=True),
        sa.Column("language", TEXT, nullable=True),
        sa.Column("labels", TEXT, nullable=False),
        sa.Column("gold", TEXT, nullable=True),
        sa.Column("gold_why", TEXT, nullable=True),
        sa.Column(
            "gold_suspended", sa.SmallInteger(), server_default="0", nullable=False
        ),
        sa.Column(
            "source_task",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column(
            "needs_expert", sa.SmallInteger(), server_default="0", nullable=False
        ),
        sa.Column("frozen", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("sampled", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("import_id", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["comparison_id"],
            ["comparison.id"],
        ),
        sa.ForeignKeyConstraint(
            ["queue"],
            ["queue.name"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("queue", "comparison_id", "role", name="task_once"),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_task_import_id"), ["import_id"], unique=False
        )
        batch_op.create_index("task_comparison", ["comparison_id"], unique=False)
        batch_op.create_index("task_role", ["queue", "role"], unique=False)
        batch_op.create_index("task_source", ["source_task"], unique=False)

    op.create_table(
        "adjudication",
        sa.Column("id", TEXT, nullable=False),
        sa.Column(
            "task_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("ranking", TEXT, nullable=False),
        sa.Column(
            "none_acceptable", sa.SmallInteger(), server_default="0", nullable=False
        ),
        sa.Column("cause", TEXT, nullable=True),
        sa.Column("why_id", TEXT, nullable=True),
        sa.Column("blind", TEXT, nullable=True),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("supersedes", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["by_person"],
            ["person.name"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("adjudication", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_adjudication_task_id"), ["task_id"], unique=False
        )

    op.create_table(
        "draft",
        sa.Column("annotator", TEXT, nullable=False),
        sa.Column(
            "task_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("occasion", sa.Integer(), nullable=False),
        sa.Column("session", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("saved_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
        ),
        sa.PrimaryKeyConstraint("annotator", "task_id", "occasion", "session"),
    )
    op.create_table(
        "flag",
        sa.Column("id", TEXT, nullable=False),
        sa.Column(
            "task_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("annotator", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=False),
        sa.Column("text_id", TEXT, nullable=True),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["annotator"],
            ["person.name"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "guideline_ticket",
        sa.Column("id", TEXT, nullable=False),
        sa.Column(
            "task_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("guideline", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("text_id", TEXT, nullable=True),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("closed_at", TEXT, nullable=True),
        sa.Column("closed_by", TEXT, nullable=True),
        sa.Column("answer", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["by_person"],
            ["person.name"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("guideline_ticket", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_guideline_ticket_task_id"), ["task_id"], unique=False
        )

    op.create_table(
        "incident",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("flag_id", TEXT, nullable=True),
        sa.Column(
            "task_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("queue", TEXT, nullable=False),
        sa.Column("comparison_id", TEXT, nullable=True),
        sa.Column("category", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=True),
        sa.Column("due", TEXT, nullable=False),
        sa.Column("freezes", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("hides", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("outcome", TEXT, nullable=True),
        sa.Column("text_id", TEXT, nullable=True),
        sa.Column("opened_by", TEXT, nullable=False),
        sa.Column("opened_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["opened_by"],
            ["person.name"],
        ),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["person.name"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index("incident_comparison", ["comparison_id"], unique=False)
        batch_op.create_index("incident_state", ["state", "due"], unique=False)
        batch_op.create_index("incident_task", ["task_id"], unique=False)

    op.create_table(
        "judgment",
        sa.Column("id", TEXT, nullable=False),
        sa.Column(
            "task_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("comparison_id", TEXT, nullable=False),
        sa.Column("annotator", TEXT, nullable=False),
        sa.Column("occasion", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("supersedes", TEXT, nullable=True),
        sa.Column("ranking", TEXT, nullable=False),
        sa.Column("margin", sa.Integer(), nullable=True),
        sa.Column(
            "none_acceptable", sa.SmallInteger(), server_default="0", nullable=False
        ),
        sa.Column("reasons", TEXT, nullable=False),
        sa.Column("ratings", TEXT, nullable=False),
        sa.Column("note_id", TEXT, nullable=True),
        sa.Column("shown", TEXT, nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("guideline", TEXT, nullable=True),
        sa.Column("at", TEXT, nullable=True),
        sa.Column("received_at", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("judged_digest", TEXT, nullable=False),
        sa.Column("content_digest", TEXT, nullable=False),
        sa.Column("clock", TEXT, nullable=False),
        sa.Column("import_id", TEXT, nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("meta", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["annotator"],
            ["person.name"],
        ),
        sa.ForeignKeyConstraint(
            ["note_id"],
            ["text.id"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "task_id", "annotator", "occasion", "revision", name="judgment_revision"
        ),
    )
    with op.batch_alter_table("judgment", schema=None) as batch_op:
        batch_op.create_index(
            "judgment_author", ["annotator", "received_at"], unique=False
        )
        batch_op.create_index("judgment_import", ["import_id"], unique=False)

    op.create_table(
        "skip",
        sa.Column("annotator", TEXT, nullable=False),
        sa.Column(
            "task_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("text_id", TEXT, nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["annotator"],
            ["person.name"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
        ),
        sa.PrimaryKeyConstraint("annotator", "task_id"),
    )
    op.create_table(
        "slot",
        sa.Column(
            "task_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("queue", TEXT, nullable=False),
        sa.Column("precedence", sa.Integer(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("annotator", TEXT, nullable=True),
        sa.Column("occasion", sa.Integer(), nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("token", TEXT, nullable=True),
        sa.Column("guideline", TEXT, nullable=True),
        sa.Column("claimed_at", sa.Double(), nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("judgment_id", TEXT, nullable=True),
        sa.Column("late", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("surplus", sa.SmallInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("(state = 0) = (annotator IS NULL)", name="slot_holder"),
        sa.CheckConstraint(
            "(state = 1) = (lease_until IS NOT NULL)", name="slot_lease"
        ),
        sa.CheckConstraint("(state = 2) = (judgment_id IS NOT NULL)", name="slot_done"),
        sa.ForeignKeyConstraint(
            ["annotator"],
            ["person.name"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
        ),
        sa.PrimaryKeyConstraint("task_id", "slot"),
        sa.UniqueConstraint("annotator", "task_id", "occasion", name="slot_once"),
    )
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.create_index(
            "slot_held",
            ["annotator", "queue"],
            unique=False,
            sqlite_where=sa.text("lease_until IS NOT NULL"),
            postgresql_where=sa.text("lease_until IS NOT NULL"),
        )
        batch_op.create_index(
            "slot_leased",
            ["queue", "lease_until"],
            unique=False,
            sqlite_where=sa.text("state = 1"),
            postgresql_where=sa.text("state = 1"),
        )
        batch_op.create_index(
            "slot_open",
            ["queue", "precedence", "task_id", "slot"],
            unique=False,
            sqlite_where=sa.text("state = 0"),
            postgresql_where=sa.text("state = 0"),
        )

    op.create_table(
        "accuracy",
        sa.Column("queue", TEXT, nullable=False),
        sa.Column("annotator", TEXT, nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["annotator"],
            ["person.name"],
        ),
        sa.ForeignKeyConstraint(
            ["queue"],
            ["queue.name"],
        ),
        sa.PrimaryKeyConstraint("queue", "annotator"),
    )
    op.create_table(
        "turn",
        sa.Column(
            "task_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("annotator", TEXT, nullable=False),
        sa.Column("occasion", sa.Integer(), nullable=False),
        sa.Column("queue", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("why", TEXT, nullable=True),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["annotator"],
            ["person.name"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
        ),
        sa.PrimaryKeyConstraint("task_id", "annotator", "occasion"),
    )
    with op.batch_alter_table("turn", schema=None) as batch_op:
        batch_op.create_index(
            "turn_waiting", ["queue", "annotator", "state"], unique=False
        )

    op.create_table(
        "hidden",
        sa.Column("comparison_id", TEXT, nullable=False),
        sa.Column("incident_id", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["comparison_id"],
            ["comparison.id"],
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("comparison_id"),
    )
    op.create_table(
        "incident_step",
        sa.Column("incident_id", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("text_id", TEXT, nullable=True),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("incident_id", "seq"),
    )
    op.create_table(
        "appeal",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("judgment_id", TEXT, nullable=False),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("text_id", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["by_person"],
            ["person.name"],
        ),
        sa.ForeignKeyConstraint(
            ["judgment_id"],
            ["judgment.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_appeal_by_person"), ["by_person"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_appeal_judgment_id"), ["judgment_id"], unique=False
        )

    op.create_table(
        "appeal_answer",
        sa.Column("appeal_id", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("text_id", TEXT, nullable=False),
        sa.Column("by_person", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["appeal_id"],
            ["appeal.id"],
        ),
        sa.ForeignKeyConstraint(
            ["by_person"],
            ["person.name"],
        ),
        sa.PrimaryKeyConstraint("appeal_id"),
    )
    op.create_table(
        "count_block",
        sa.Column("queue", TEXT, nullable=False),
        sa.Column(
            "block",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("standing", sa.Integer(), nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["queue"],
            ["queue.name"],
        ),
        sa.PrimaryKeyConstraint("queue", "block"),
    )
    op.create_table(
        "count_shared",
        sa.Column("queue", TEXT, nullable=False),
        sa.Column(
            "comparisons",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "tasks",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("digests", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["queue"],
            ["queue.name"],
        ),
        sa.PrimaryKeyConstraint("queue"),
    )
    op.create_table(
        "recount",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "block",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("recount", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recount_block"), ["block"], unique=False)

    _keep_judgments()
    _keep_history()
    _begin_log()
    _mark_what_moved()


# Everything of a judgment but who made it: a person's name may have to be forgotten.
_SAID = (
    "id, task_id, comparison_id, occasion, revision, supersedes, ranking, margin, "
    "none_acceptable, reasons, ratings, note_id, shown, seconds, guideline, at, "
    "received_at, source, judged_digest, content_digest, clock, import_id, line, "
    "meta "
)
_FORGETTING = "(SELECT value FROM fact WHERE name = 'forgetting')"


def _keep_judgments() -> None:
    """Make judgments append-only; only an import that was never seen may be undone."""
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER judgment_unchanged BEFORE UPDATE OF {_SAID}ON judgment "
            "BEGIN SELECT RAISE(ABORT, 'a judgment is never changed'); END"
        )
        op.execute(
            "CREATE TRIGGER judgment_named BEFORE UPDATE OF annotator ON judgment "
            f"WHEN OLD.annotator IS NOT {_FORGETTING} "
            "BEGIN SELECT RAISE(ABORT, 'a judgment is never changed'); END"
        )
        op.execute(
            "CREATE TRIGGER judgment_kept BEFORE DELETE ON judgment "
            "WHEN OLD.import_id IS NULL OR NOT EXISTS (SELECT 1 FROM import i "
            "WHERE i.id = OLD.import_id AND i.state = 'open') BEGIN "
            "SELECT RAISE(ABORT, 'a judgment is never deleted'); END"
        )
        op.execute(
            "CREATE TRIGGER import_done BEFORE UPDATE OF state ON import "
            "WHEN OLD.state = 'done' AND NEW.state <> 'done' "
            "BEGIN SELECT RAISE(ABORT, 'a published import is never taken back'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION judgment_unchanged() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM import i "
        "WHERE i.id = OLD.import_id AND i.state = 'open') THEN RETURN OLD; END IF; "
        f"IF TG_OP = 'UPDATE' AND OLD.annotator = {_FORGETTING} "
        "AND to_jsonb(NEW) - 'annotator' = to_jsonb(OLD) - 'annotator' "
        "THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'a judgment is never changed' "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER judgment_unchanged BEFORE UPDATE OR DELETE ON judgment "
        "FOR EACH ROW EXECUTE FUNCTION judgment_unchanged()"
    )
    op.execute(
        "CREATE FUNCTION import_done() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'a published import is never taken back' "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER import_done BEFORE UPDATE OF state ON import FOR EACH ROW "
        "WHEN (OLD.state = 'done' AND NEW.state <> 'done') "
        "EXECUTE FUNCTION import_done()"
    )
    # The program's role may delete no judgment but through this (storage/engine/roles).
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(
        "CREATE FUNCTION discard_judgments(discarded text) RETURNS void "
        "LANGUAGE sql SECURITY DEFINER "
        f"SET search_path = {schema}, pg_temp AS $$ DELETE FROM judgment "
        "WHERE import_id = discarded AND EXISTS (SELECT 1 FROM import i "
        "WHERE i.id = discarded AND i.state = 'open') $$"
    )
    op.execute("REVOKE ALL ON FUNCTION discard_judgments(text) FROM PUBLIC")


# What was decided, said or paid is only ever added to; words stand apart in `text`.
# Named are the columns that give way while somebody is forgotten: who it was, and what
# signs or repeats the name.
HISTORY: dict[str, tuple[str, ...]] = {
    "adjudication": ("by_person",),
    "appeal": ("by_person",),
    "appeal_answer": ("by_person",),
    "incident_step": ("by_person", "detail"),
    "person_step": ("person", "by_person", "detail"),
    "receipt": ("person",),
    "pay_rule": (),
    "statement_line": ("person", "by_person"),
    "statement_act": ("person", "by_person"),
    "log_entry": ("actor", "object", "payload", "hash"),
    "deed": ("actor", "mac"),
}
_WHO = ("person", "by_person", "actor")  # only the name of the forgotten may go


def _keep_history() -> None:
    """Refuse changes to the tables that keep what happened."""
    if op.get_context().dialect.name == "sqlite":
        columns = sa.inspect(op.get_bind()).get_columns
        for table, opened in HISTORY.items():
            shut = [
                f"NEW.{c['name']} IS NOT OLD.{c['name']}"
                for c in columns(table)
                if c["name"] not in opened
            ]
            others = [
                f"(NEW.{c} IS NOT OLD.{c} AND OLD.{c} IS NOT {_FORGETTING})"
                for c in opened
                if c in _WHO
            ]
            changed = " OR ".join([f"{_FORGETTING} IS NULL", *shut, *others])
            for deed, when in (("UPDATE", f"WHEN {changed} "), ("DELETE", "")):
                op.execute(
                    f"CREATE TRIGGER {table}_{deed.lower()} BEFORE {deed} ON {table} "
                    f"{when}BEGIN "
                    "SELECT RAISE(ABORT, 'what happened is never changed'); END"
                )
        return
    who = ", ".join(f"'{c}'" for c in _WHO)
    op.execute(
        "CREATE FUNCTION history_unchanged() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF TG_OP = 'UPDATE' AND {_FORGETTING} IS NOT NULL "
        "AND to_jsonb(NEW) - TG_ARGV[0]::text[] = to_jsonb(OLD) - TG_ARGV[0]::text[] "
        f"AND NOT EXISTS (SELECT 1 FROM unnest(ARRAY[{who}]) c "
        "WHERE to_jsonb(NEW) ->> c IS DISTINCT FROM to_jsonb(OLD) ->> c "
        f"AND to_jsonb(OLD) ->> c IS DISTINCT FROM {_FORGETTING}) "
        "THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'what happened is never changed' "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table, opened in HISTORY.items():
        op.execute(
            f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION "
            f"history_unchanged('{{{', '.join(opened)}}}')"
        )


def _begin_log() -> None:
    """Begin the chain of the log."""
    op.execute(
        "INSERT INTO log_head (id, seq, hash, sealed, holes, sealed_at) "
        f"VALUES (1, 0, '{'0' * 64}', 0, '{{}}', 0)"
    )


# A judgment came to stand in a slot, or what it counts as changed, or it left.
_MOVED = {
    "INSERT": "NEW.judgment_id IS NOT NULL",
    "UPDATE OF judgment_id, purpose": (
        "OLD.judgment_id IS DISTINCT FROM NEW.judgment_id "
        "OR (NEW.judgment_id IS NOT NULL AND OLD.purpose <> NEW.purpose)"
    ),
    "DELETE": "OLD.judgment_id IS NOT NULL",
}


def _mark_what_moved() -> None:
    """Note the block of a task whose standing judgments change, to count it again.

    SQLite has one writer, so a block that is noted already needs no second note;
    on PostgreSQL the first note may be taken while somebody writes the second.
    """
    if op.get_context().dialect.name == "sqlite":
        for deed, moved in _MOVED.items():
            name = deed.partition(" ")[0].lower()
            row = "OLD" if name == "delete" else "NEW"
            op.execute(
                f"CREATE TRIGGER slot_{name}_counts AFTER {deed} ON slot "
                f"WHEN {moved.replace('IS DISTINCT FROM', 'IS NOT')} BEGIN "
                f"INSERT INTO recount (block) SELECT {row}.task_id / 1024 "
                "WHERE NOT EXISTS (SELECT 1 FROM recount r "
                f"WHERE r.block = {row}.task_id / 1024); END"
            )
        return
    op.execute(
        "CREATE FUNCTION slot_moved() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'DELETE' THEN INSERT INTO recount (block) "
        "VALUES (OLD.task_id / 1024); ELSE INSERT INTO recount (block) "
        "VALUES (NEW.task_id / 1024); END IF; RETURN NULL; END $$"
    )
    for deed, moved in _MOVED.items():
        name = deed.partition(" ")[0].lower()
        op.execute(
            f"CREATE TRIGGER slot_{name}_counts AFTER {deed} ON slot FOR EACH ROW "
            f"WHEN ({moved}) EXECUTE FUNCTION slot_moved()"
        )
