"""Former slugs of tags, and of those that were merged into others.

Revision: 0030, after 0029
"""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'tag_alias',
        sa.Column('slug', sa.String(length=200), nullable=False),
        sa.Column('tag_id', INTEGER, nullable=False),
        sa.ForeignKeyConstraint(['tag_id'], ['tag.id'], name=op.f('fk_tag_alias_tag_id_tag'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('slug', name=op.f('pk_tag_alias')),
    )
    op.create_index(op.f('ix_tag_alias_tag_id'), 'tag_alias', ['tag_id'])


def downgrade() -> None:
    op.drop_table('tag_alias')
