"""What an editor asks of a post before it is published, and whenever one was let pass as it was.

Revision: 0023, after 0022
"""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('site', sa.Column('gate', sa.Text(), server_default='', nullable=False))
    op.create_table(
        'gate_override',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('post_id', INTEGER, nullable=False),
        sa.Column('person_id', INTEGER, nullable=True),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('faults', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ['post_id'], ['post.id'], name=op.f('fk_gate_override_post_id_post'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_gate_override_person_id_person'), ondelete='SET NULL'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_gate_override')),
    )
    op.create_index(op.f('ix_gate_override_post_id'), 'gate_override', ['post_id'])


def downgrade() -> None:
    op.drop_table('gate_override')
    op.drop_column('site', 'gate')
