"""Links that are sent to who signs in, accounts that are switched off, and in which browser somebody signed in.

Revision: 0021, after 0020
"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('account', sa.Column('is_off', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('sign_in', sa.Column('device', sa.String(length=100), server_default='', nullable=False))
    op.add_column('sign_in', sa.Column('seen_at', sa.DateTime(), nullable=True))
    op.create_table(
        'account_link',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('account_id', INTEGER, nullable=False),
        sa.Column('purpose', sa.String(length=12), nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('email', sa.String(length=254), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('expires_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['account_id'], ['account.id'], name=op.f('fk_account_link_account_id_account'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_account_link')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_account_link_token_hash')),
    )
    op.create_index(op.f('ix_account_link_account_id'), 'account_link', ['account_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_account_link_account_id'), table_name='account_link')
    op.drop_table('account_link')
    op.drop_column('sign_in', 'seen_at')
    op.drop_column('sign_in', 'device')
    op.drop_column('account', 'is_off')
