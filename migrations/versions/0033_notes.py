"""Private links to drafts, and notes on texts: of the staff, of invited readers, and reports of an error.

Revision: 0033, after 0032
"""

import sqlalchemy as sa
from alembic import op

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'draft_link',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('post_id', INTEGER, nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('label', sa.String(length=120), nullable=False),
        sa.Column('person_id', INTEGER, nullable=True),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.Column('expires_at', sa.DateTime(), nullable=False),
        sa.Column('revoked_at', sa.DateTime(), nullable=True),
        sa.Column('opened_at', sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_draft_link_person_id_person'), ondelete='SET NULL'
        ),
        sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_draft_link_post_id_post'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_draft_link')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_draft_link_token_hash')),
    )
    op.create_index(op.f('ix_draft_link_post_id'), 'draft_link', ['post_id'])
    op.create_table(
        'note',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('post_id', INTEGER, nullable=False),
        sa.Column('parent_id', INTEGER, nullable=True),
        sa.Column('kind', sa.String(length=10), nullable=False),
        sa.Column('person_id', INTEGER, nullable=True),
        sa.Column('link_id', INTEGER, nullable=True),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('email', sa.String(length=254), nullable=False),
        sa.Column('language', sa.String(length=35), nullable=False),
        sa.Column('address_hash', sa.String(length=32), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('passage', sa.Text(), nullable=False),
        sa.Column('passage_before', sa.String(length=200), nullable=False),
        sa.Column('passage_after', sa.String(length=200), nullable=False),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.Column('resolved_at', sa.DateTime(), nullable=True),
        sa.Column('outcome', sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ['link_id'], ['draft_link.id'], name=op.f('fk_note_link_id_draft_link'), ondelete='SET NULL'
        ),
        sa.ForeignKeyConstraint(['parent_id'], ['note.id'], name=op.f('fk_note_parent_id_note'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_note_person_id_person'), ondelete='SET NULL'
        ),
        sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_note_post_id_post'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_note')),
    )
    op.create_index('ix_note_post', 'note', ['post_id', 'resolved_at'])
    op.create_index(op.f('ix_note_parent_id'), 'note', ['parent_id'])
    op.create_index(op.f('ix_note_link_id'), 'note', ['link_id'])


def downgrade() -> None:
    op.drop_table('note')
    op.drop_table('draft_link')
