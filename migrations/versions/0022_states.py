"""Posts in review and withdrawn, and what is done at the minute of a scheduled one.

Revision: 0022, after 0021
"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
NOW = {'sqlite': "strftime('%Y-%m-%d %H:%M:%f000', 'now')", 'postgresql': "(now() AT TIME ZONE 'UTC')"}


def upgrade() -> None:
    op.add_column('post', sa.Column('withdrawn_at', sa.DateTime(), nullable=True))
    op.add_column('post', sa.Column('withdrawn_note', sa.Text(), server_default='', nullable=False))
    op.create_table(
        'appointment',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('post_id', INTEGER, nullable=False),
        sa.Column('due_at', sa.DateTime(), nullable=False),
        sa.Column('fired_at', sa.DateTime(), nullable=True),
        sa.Column('absent_since', sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ['post_id'], ['post.id'], name=op.f('fk_appointment_post_id_post'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_appointment')),
    )
    op.create_index('ix_appointment_due', 'appointment', ['fired_at', 'due_at'])
    op.create_index(op.f('ix_appointment_post_id'), 'appointment', ['post_id'])
    now = NOW[op.get_bind().dialect.name]
    # What had been taken down was a draft with a date in the past.
    op.execute(f"UPDATE post SET state = 'withdrawn' WHERE state = 'draft' AND published_at <= {now}")
    op.execute(
        'INSERT INTO appointment (post_id, due_at) '
        f"SELECT id, published_at FROM post WHERE state = 'published' AND published_at > {now}"
    )


def downgrade() -> None:
    op.execute("UPDATE post SET state = 'draft' WHERE state IN ('withdrawn', 'review')")
    op.drop_table('appointment')
    op.drop_column('post', 'withdrawn_note')
    op.drop_column('post', 'withdrawn_at')
