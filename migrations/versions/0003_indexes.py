"""Indexes of the desk's lists, and of what waits for a reader.

Revision: 0003, after 0002
"""

from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.create_index('ix_post_published_at', ['published_at', 'id'], unique=False)
        batch_op.create_index('ix_post_state_published_at', ['state', 'published_at', 'id'], unique=False)

    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.create_index('ix_comment_writer', ['writer_hash', 'post_id', 'state'], unique=False)
        batch_op.drop_index(batch_op.f('ix_comment_writer_hash'))


def downgrade() -> None:
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_comment_writer_hash'), ['writer_hash'], unique=False)
        batch_op.drop_index('ix_comment_writer')

    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.drop_index('ix_post_state_published_at')
        batch_op.drop_index('ix_post_published_at')
