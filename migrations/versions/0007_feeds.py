"""What feeds need: ids that stay, and when a comment was first published.

Revision: 0007, after 0006
"""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

HOUSE = sa.text('person_id IS NOT NULL')


def upgrade() -> None:
    with op.batch_alter_table('site', schema=None) as batch_op:
        batch_op.add_column(sa.Column('uuid', sa.String(length=36), nullable=True))
    op.get_bind().execute(sa.text('UPDATE site SET uuid = :uuid'), {'uuid': str(uuid4())})

    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.add_column(sa.Column('guid', sa.String(length=500), nullable=True))

    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('published_at', sa.DateTime(), nullable=True))
    # When a comment that waited was let through is not known of the old ones.
    op.execute('UPDATE comment SET published_at = created_at WHERE number IS NOT NULL')
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.create_index('ix_comment_newest', ['state', 'published_at', 'id'], unique=False)
        batch_op.create_index(
            'ix_comment_person',
            ['post_id', 'person_id', 'number'],
            unique=False,
            sqlite_where=HOUSE,
            postgresql_where=HOUSE,
        )


def downgrade() -> None:
    op.drop_index('ix_comment_person', 'comment')
    op.drop_index('ix_comment_newest', 'comment')
    # Not in a batch: that makes the table anew, and with the old one of posts go all comments.
    op.drop_column('comment', 'published_at')
    op.drop_column('post', 'guid')
    op.drop_column('site', 'uuid')
