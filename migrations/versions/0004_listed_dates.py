"""The date of a post beside its tags and its people, so that their lists are read in order.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, owner in (('byline', 'person_id'), ('tagging', 'tag_id')):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column('published_at', sa.DateTime(), nullable=True))
        op.execute(
            f'UPDATE {table} SET published_at = (SELECT post.published_at FROM post WHERE post.id = {table}.post_id)'
        )
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(batch_op.f(f'ix_{table}_{owner}'))
            batch_op.create_index(f'ix_{table}_list', [owner, 'published_at', 'post_id'], unique=False)


def downgrade() -> None:
    for table, owner in (('byline', 'person_id'), ('tagging', 'tag_id')):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(f'ix_{table}_list')
            batch_op.create_index(batch_op.f(f'ix_{table}_{owner}'), [owner], unique=False)
            batch_op.drop_column('published_at')
