"""A comparison of reminders remembers more than the steps it leaves out.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

EXPERIMENT = sa.table("experiment", sa.column("id", sa.Integer), sa.column("plan", sa.JSON))


def upgrade() -> None:
    """Put the list of steps into the plan."""
    with op.batch_alter_table("experiment") as batch:
        batch.alter_column(
            "skipped", new_column_name="plan", existing_type=sa.JSON(), existing_nullable=False
        )
    for row in op.get_bind().execute(sa.select(EXPERIMENT)).all():
        keep(row.id, {"skipped": row.plan})


def downgrade() -> None:
    """Keep the list of steps alone."""
    for row in op.get_bind().execute(sa.select(EXPERIMENT)).all():
        keep(row.id, row.plan.get("skipped", []))
    with op.batch_alter_table("experiment") as batch:
        batch.alter_column(
            "plan", new_column_name="skipped", existing_type=sa.JSON(), existing_nullable=False
        )


def keep(experiment_id: int, plan: object) -> None:
    """Store what a comparison remembers."""
    op.get_bind().execute(sa.update(EXPERIMENT).where(EXPERIMENT.c.id == experiment_id).values(plan=plan))
