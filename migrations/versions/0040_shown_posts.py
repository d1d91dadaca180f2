"""Whether a post is public, and from when, is read from an index: its row has that behind its texts.

Revision: 0040, after 0039
"""

from alembic import op

revision = '0040'
down_revision = '0039'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f('ix_post_shown'), 'post', ['id', 'state', 'published_at'])


def downgrade() -> None:
    op.drop_index(op.f('ix_post_shown'), table_name='post')
