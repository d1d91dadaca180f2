"""How a post is shown: language, first publication, card, prominence, whose comments wait and until when; series.

Revision: 0031, after 0030
"""

import sqlalchemy as sa
from alembic import op

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None


INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
WORDS = {
    'language': 35,
    'canonical_url': 1000,
    'first_in': 300,
    'card_title': 300,
    'card_text': 500,
    'card_image': 1000,
    'prominence': 10,
    'hold': 10,
}


def upgrade() -> None:
    op.create_table(
        'series',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('slug', sa.String(length=200), nullable=False),
        sa.Column('title', sa.String(length=300), nullable=False),
        sa.Column('description', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_series')),
        sa.UniqueConstraint('slug', name=op.f('uq_series_slug')),
    )
    op.create_table(
        'series_alias',
        sa.Column('slug', sa.String(length=200), nullable=False),
        sa.Column('series_id', INTEGER, nullable=False),
        sa.ForeignKeyConstraint(
            ['series_id'], ['series.id'], name=op.f('fk_series_alias_series_id_series'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('slug', name=op.f('pk_series_alias')),
    )
    op.create_index(op.f('ix_series_alias_series_id'), 'series_alias', ['series_id'])
    for name, length in WORDS.items():
        op.add_column('post', sa.Column(name, sa.String(length=length), server_default='', nullable=False))
    op.add_column('post', sa.Column('closes_at', sa.DateTime(), nullable=True))
    op.add_column('post', sa.Column('modified_at', sa.DateTime(), nullable=True))
    op.add_column('post', sa.Column('series_number', INTEGER, nullable=True))
    op.add_column('post', sa.Column('series_id', INTEGER, nullable=True))
    op.create_index(op.f('ix_post_closes_at'), 'post', ['closes_at'])
    op.create_index(op.f('ix_post_series_id'), 'post', ['series_id'])
    op.create_index(
        'ix_post_prominence',
        'post',
        ['published_at', 'id'],
        sqlite_where=sa.text("prominence != ''"),
        postgresql_where=sa.text("prominence != ''"),
    )
    # What is known of changes until now: the versions that were kept, the first of which is what it said before.
    op.execute(
        "UPDATE post SET modified_at = (SELECT max(saved_at) FROM post_version WHERE post_version.post_id = post.id "
        "AND post_version.was_public AND post_version.number > 1) WHERE published_at IS NOT NULL"
    )


def downgrade() -> None:
    for name in ('ix_post_prominence', op.f('ix_post_series_id'), op.f('ix_post_closes_at')):
        op.drop_index(name, 'post')
    for name in (*WORDS, 'closes_at', 'modified_at', 'series_number', 'series_id'):
        op.drop_column('post', name)
    op.drop_table('series_alias')
    op.drop_table('series')
