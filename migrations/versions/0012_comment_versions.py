"""What a comment said before it was edited, and when it was.

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('comment', sa.Column('edited_at', sa.DateTime(), nullable=True))

    op.create_table('comment_version',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('comment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('text_format', sa.String(length=10), nullable=False),
    sa.Column('written_at', sa.DateTime(), nullable=False),
    sa.Column('by_editor', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('is_hidden', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_comment_version_comment_id_comment'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment_version'))
    )
    with op.batch_alter_table('comment_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_comment_version_comment_id'), ['comment_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('comment_version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_comment_version_comment_id'))

    op.drop_table('comment_version')
    op.drop_column('comment', 'edited_at')
