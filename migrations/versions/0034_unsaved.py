"""Texts that somebody has begun and not saved.

Revision: 0034, after 0033
"""

import sqlalchemy as sa
from alembic import op

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'unsaved',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('account_id', INTEGER, nullable=False),
        sa.Column('post_id', INTEGER, nullable=True),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('standfirst', sa.Text(), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('was', sa.String(length=64), nullable=False),
        sa.Column('version', INTEGER, nullable=False),
        sa.Column('sent_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['account_id'], ['account.id'], name=op.f('fk_unsaved_account_id_account'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_unsaved_post_id_post'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_unsaved')),
    )
    op.create_index('ix_unsaved_account_id', 'unsaved', ['account_id', 'post_id'])
    op.create_index(op.f('ix_unsaved_post_id'), 'unsaved', ['post_id'])


def downgrade() -> None:
    op.drop_table('unsaved')
