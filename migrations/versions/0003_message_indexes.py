"""What is due is found by channel, what is late by when it ends; events need no second index.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

QUEUED = sa.text("state = 'queued'")


def upgrade() -> None:
    """Make the indexes that the queue is read by."""
    op.drop_index("ix_message_due", "message")
    op.create_index("ix_message_due", "message", ["state", "channel", "next_at"])
    op.create_index(
        "ix_message_expires", "message", ["state", "expires_at"], sqlite_where=QUEUED, postgresql_where=QUEUED
    )
    # The unique one of message and key serves.
    op.drop_index("ix_message_event_message_id", "message_event")


def downgrade() -> None:
    """Make the old ones again."""
    op.create_index("ix_message_event_message_id", "message_event", ["message_id"])
    op.drop_index("ix_message_expires", "message")
    op.drop_index("ix_message_due", "message")
    op.create_index("ix_message_due", "message", ["state", "next_at"])
