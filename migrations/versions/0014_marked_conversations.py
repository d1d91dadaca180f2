"""The conversations of a post in the order of their marks, to their end by an index.

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

ALIVE = sa.text('living > 0')


def upgrade() -> None:
    op.drop_index('ix_comment_marks', table_name='comment')
    op.create_index(
        'ix_comment_marked',
        'comment',
        ['post_id', 'marks', 'number'],
        sqlite_where=ALIVE,
        postgresql_where=ALIVE,
    )


def downgrade() -> None:
    op.drop_index('ix_comment_marked', table_name='comment')
    op.create_index('ix_comment_marks', 'comment', ['post_id', 'marks'])
