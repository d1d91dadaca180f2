"""What each save made of a post.

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'post_version',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('post_id', INTEGER, nullable=False),
        sa.Column('number', INTEGER, nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('standfirst', sa.Text(), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('body_format', sa.String(length=10), nullable=False),
        sa.Column('saved_at', sa.DateTime(), nullable=False),
        sa.Column('person_id', INTEGER, nullable=True),
        sa.Column('was_public', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_post_version_person_id_person'), ondelete='SET NULL'
        ),
        sa.ForeignKeyConstraint(
            ['post_id'], ['post.id'], name=op.f('fk_post_version_post_id_post'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_post_version')),
        sa.UniqueConstraint('post_id', 'number', name=op.f('uq_post_version_post_id_number')),
    )


def downgrade() -> None:
    op.drop_table('post_version')
