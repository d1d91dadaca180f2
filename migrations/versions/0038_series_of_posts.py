"""The posts of a series are found without reading all posts.

Revision: 0038, after 0037
"""

from alembic import op

revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f('ix_post_series_id'), table_name='post')
    op.create_index('ix_post_series', 'post', ['series_id', 'state', 'published_at'])


def downgrade() -> None:
    op.drop_index('ix_post_series', table_name='post')
    op.create_index(op.f('ix_post_series_id'), 'post', ['series_id'])
