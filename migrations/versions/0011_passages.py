"""Passages of a post that comments answer, and whether they may.

Revision: 0011, after 0010
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

COLUMNS: tuple[tuple[str, sa.Column[Any]], ...] = (
    ('comment', sa.Column('passage', sa.Text(), server_default='', nullable=False)),
    ('comment', sa.Column('passage_before', sa.String(length=40), server_default='', nullable=False)),
    ('comment', sa.Column('passage_after', sa.String(length=40), server_default='', nullable=False)),
    ('comment', sa.Column('passage_lost', sa.Boolean(), server_default=sa.false(), nullable=False)),
    ('post', sa.Column('passages_open', sa.Boolean(), server_default=sa.true(), nullable=False)),
    ('post', sa.Column('passages', sa.Text(), server_default='', nullable=False)),
    ('site', sa.Column('passages_open', sa.Boolean(), server_default=sa.true(), nullable=False)),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, column)
    op.create_index(
        'ix_comment_passage',
        'comment',
        ['post_id'],
        sqlite_where=sa.text("passage <> ''"),
        postgresql_where=sa.text("passage <> ''"),
    )


def downgrade() -> None:
    op.drop_index('ix_comment_passage', table_name='comment')
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column.name)
