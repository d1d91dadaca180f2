"""How often posts and feeds were read, and from which hosts readers came.

Revision: 0025, after 0024
"""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'post_reads',
        sa.Column('post_id', INTEGER, nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('number', INTEGER, nullable=False),
        sa.ForeignKeyConstraint(
            ['post_id'], ['post.id'], name=op.f('fk_post_reads_post_id_post'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('post_id', 'day', name=op.f('pk_post_reads')),
    )
    op.create_index('ix_post_reads_day', 'post_reads', ['day', 'post_id', 'number'])
    op.create_table(
        'feed_reads',
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('number', INTEGER, nullable=False),
        sa.PrimaryKeyConstraint('kind', 'day', name=op.f('pk_feed_reads')),
    )
    op.create_table(
        'referrer',
        sa.Column('post_id', INTEGER, nullable=False),
        sa.Column('host', sa.String(length=100), nullable=False),
        sa.Column('number', INTEGER, nullable=False),
        sa.ForeignKeyConstraint(
            ['post_id'], ['post.id'], name=op.f('fk_referrer_post_id_post'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('post_id', 'host', name=op.f('pk_referrer')),
    )


def downgrade() -> None:
    for table in ('referrer', 'feed_reads', 'post_reads'):
        op.drop_table(table)
