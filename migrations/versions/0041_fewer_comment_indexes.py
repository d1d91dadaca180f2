"""An ordinary comment stands in two indexes less: one holds addresses, and only answers are in that of answers.

Revision: 0041, after 0040
"""

import sqlalchemy as sa
from alembic import op

revision = '0041'
down_revision = '0040'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index('ix_comment_email', table_name='comment')
    op.drop_index('ix_comment_repeat', table_name='comment')
    op.create_index('ix_comment_repeat', 'comment', ['email', 'post_id', sa.text('substr(text, 1, 40)')])
    answers = sa.text('parent_id IS NOT NULL')
    op.drop_index(op.f('ix_comment_parent_id'), table_name='comment')
    op.create_index(
        op.f('ix_comment_parent_id'), 'comment', ['parent_id'], sqlite_where=answers, postgresql_where=answers
    )


def downgrade() -> None:
    op.drop_index(op.f('ix_comment_parent_id'), table_name='comment')
    op.create_index(op.f('ix_comment_parent_id'), 'comment', ['parent_id'])
    op.drop_index('ix_comment_repeat', table_name='comment')
    op.create_index('ix_comment_repeat', 'comment', ['post_id', 'email', sa.text('substr(text, 1, 40)')])
    op.create_index('ix_comment_email', 'comment', ['email', 'id'])
