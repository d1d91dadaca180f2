"""Posts in the trash: since when, and what they were before.

Revision: 0032, after 0031
"""

import sqlalchemy as sa
from alembic import op

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('post', sa.Column('trashed_at', sa.DateTime(), nullable=True))
    op.add_column('post', sa.Column('trashed_from', sa.String(length=10), server_default='', nullable=False))
    op.create_index(op.f('ix_post_trashed_at'), 'post', ['trashed_at'])


def downgrade() -> None:
    op.drop_index(op.f('ix_post_trashed_at'), 'post')
    op.execute("UPDATE post SET state = 'draft' WHERE state = 'trashed'")
    op.drop_column('post', 'trashed_from')
    op.drop_column('post', 'trashed_at')
