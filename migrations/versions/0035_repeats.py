"""What was sent twice is found by how its words begin, not among all that an address wrote below a post.

Revision: 0035, after 0034
"""

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index('ix_comment_repeat', table_name='comment')
    op.create_index('ix_comment_repeat', 'comment', ['post_id', 'email', sa.text('substr(text, 1, 40)')])


def downgrade() -> None:
    op.drop_index('ix_comment_repeat', table_name='comment')
    op.create_index('ix_comment_repeat', 'comment', ['post_id', 'email', 'created_at'])
