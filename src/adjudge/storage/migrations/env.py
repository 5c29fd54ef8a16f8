"""Run migrations on the connection that the store hands over."""

from alembic import context
from sqlmodel import SQLModel

from adjudge.storage import (  # noqa: F401 - defining the tables is the point
    tables_appeals,
    tables_campaign,
    tables_content,
    tables_counts,
    tables_feedback,
    tables_incidents,
    tables_judgments,
    tables_log,
    tables_people,
    tables_queue,
    tables_rewrites,
    tables_statements,
    tables_store,
)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
