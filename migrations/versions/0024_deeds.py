"""Who did what to which post, person, comment or setting.

Revision: 0024, after 0023
"""

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'deed',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('actor_id', INTEGER, nullable=True),
        sa.Column('actor', sa.String(length=120), nullable=False),
        sa.Column('verb', sa.String(length=20), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('noun_id', INTEGER, nullable=True),
        sa.Column('label', sa.String(length=300), nullable=False),
        sa.Column('post_id', INTEGER, nullable=True),
        sa.Column('changes', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_deed')),
    )
    op.create_index('ix_deed_at', 'deed', ['at'])
    op.create_index('ix_deed_noun', 'deed', ['kind', 'noun_id'])
    op.create_index('ix_deed_post_id', 'deed', ['post_id'])
    op.create_index('ix_deed_actor', 'deed', ['actor', 'actor_id'])


def downgrade() -> None:
    op.drop_table('deed')
