"""The media library: files, the sizes of a picture, their bytes, and which posts use them.

Revision: 0027, after 0026
"""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'media_file',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('type', sa.String(length=100), nullable=False),
        sa.Column('size', INTEGER, nullable=False),
        sa.Column('width', INTEGER, nullable=False),
        sa.Column('height', INTEGER, nullable=False),
        sa.Column('hash', sa.String(length=16), nullable=False),
        sa.Column('sent_hash', sa.String(length=64), nullable=False),
        sa.Column('alt', sa.String(length=1000), nullable=False),
        sa.Column('is_decorative', sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column('caption', sa.Text(), nullable=False),
        sa.Column('credit', sa.String(length=300), nullable=False),
        sa.Column('person_id', INTEGER, nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('replaced_at', sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_media_file_person_id_person'), ondelete='SET NULL'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_media_file')),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f('ix_media_file_kind'), 'media_file', ['kind'])
    op.create_index(op.f('ix_media_file_person_id'), 'media_file', ['person_id'])
    op.create_index(op.f('ix_media_file_sent_hash'), 'media_file', ['sent_hash'])
    op.create_table(
        'media_rendition',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('file_id', INTEGER, nullable=False),
        sa.Column('purpose', sa.String(length=10), nullable=False),
        sa.Column('type', sa.String(length=100), nullable=False),
        sa.Column('size', INTEGER, nullable=False),
        sa.Column('width', INTEGER, nullable=False),
        sa.Column('height', INTEGER, nullable=False),
        sa.Column('hash', sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ['file_id'], ['media_file.id'], name=op.f('fk_media_rendition_file_id_media_file'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_media_rendition')),
    )
    op.create_index(op.f('ix_media_rendition_file_id'), 'media_rendition', ['file_id'])
    op.create_table(
        'media_piece',
        sa.Column('rendition_id', INTEGER, nullable=False),
        sa.Column('number', INTEGER, nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ['rendition_id'],
            ['media_rendition.id'],
            name=op.f('fk_media_piece_rendition_id_media_rendition'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('rendition_id', 'number', name=op.f('pk_media_piece')),
    )
    op.create_table(
        'media_use',
        sa.Column('file_id', INTEGER, nullable=False),
        sa.Column('post_id', INTEGER, nullable=False),
        sa.ForeignKeyConstraint(
            ['file_id'], ['media_file.id'], name=op.f('fk_media_use_file_id_media_file'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['post_id'], ['post.id'], name=op.f('fk_media_use_post_id_post'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('file_id', 'post_id', name=op.f('pk_media_use')),
    )
    op.create_index(op.f('ix_media_use_post_id'), 'media_use', ['post_id'])


def downgrade() -> None:
    for name in ('media_use', 'media_piece', 'media_rendition', 'media_file'):
        op.drop_table(name)
