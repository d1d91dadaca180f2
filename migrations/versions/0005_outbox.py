"""The outbox, whose turn it is to send, and the addresses that have a private link.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('outbox',
    sa.Column('id', NUMBER, nullable=False),
    sa.Column('message_id', sa.String(length=255), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('unasked', sa.Boolean(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('due_at', sa.DateTime(), nullable=False),
    sa.Column('expires_at', sa.DateTime(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('holder', sa.String(length=32), nullable=False),
    sa.Column('attempts', NUMBER, nullable=False),
    sa.Column('doubts', NUMBER, nullable=False),
    sa.Column('last_error', sa.String(length=300), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('message_id', name=op.f('uq_outbox_message_id')),
    sqlite_autoincrement=True,
    )
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_due', ['state', 'due_at'], unique=False)
        batch_op.create_index('ix_outbox_address', ['address', 'created_at'], unique=False)
        batch_op.create_index('ix_outbox_unasked', ['unasked', 'created_at'], unique=False)
    op.create_table('mail_turn',
    sa.Column('id', NUMBER, nullable=False),
    sa.Column('holder', sa.String(length=32), nullable=False),
    sa.Column('until', sa.DateTime(), nullable=False),
    sa.Column('paused_until', sa.DateTime(), nullable=False),
    sa.Column('failures', NUMBER, nullable=False),
    sa.Column('trouble', sa.String(length=300), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_turn'))
    )
    op.create_table('correspondent',
    sa.Column('id', NUMBER, nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('salt', sa.String(length=32), nullable=False),
    sa.Column('language', sa.String(length=35), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_correspondent')),
    sa.UniqueConstraint('email', name=op.f('uq_correspondent_email')),
    sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table('correspondent')
    op.drop_table('mail_turn')
    op.drop_table('outbox')
