"""Subscriptions, letters that are composed when they are sent, and of which comments an account is told.

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('subscription',
    sa.Column('id', NUMBER, nullable=False),
    sa.Column('correspondent_id', NUMBER, nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('post_id', NUMBER, nullable=True),
    sa.Column('person_id', NUMBER, nullable=True),
    sa.Column('is_daily', sa.Boolean(), nullable=False),
    sa.Column('is_pending', sa.Boolean(), nullable=False),
    sa.Column('language', sa.String(length=35), nullable=False),
    sa.Column('asked_by', sa.String(length=64), nullable=False),
    sa.Column('told_number', NUMBER, nullable=False),
    sa.Column('told_at', sa.DateTime(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['correspondent_id'], ['correspondent.id'], name=op.f('fk_subscription_correspondent_id_correspondent'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_subscription_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_subscription_post_id_post'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscription')),
    sa.UniqueConstraint('correspondent_id', 'person_id', 'is_pending', name=op.f('uq_subscription_correspondent_id_person_id_is_pending')),
    sa.UniqueConstraint('correspondent_id', 'post_id', 'is_pending', name=op.f('uq_subscription_correspondent_id_post_id_is_pending')),
    sqlite_autoincrement=True,
    )
    with op.batch_alter_table('subscription', schema=None) as batch_op:
        batch_op.create_index('ix_subscription_daily', ['is_daily', 'told_at'], unique=False)
        batch_op.create_index('ix_subscription_pending', ['is_pending', 'created_at'], unique=False)
        batch_op.create_index('ix_subscription_person_id', ['person_id'], unique=False)
        batch_op.create_index('ix_subscription_post_id', ['post_id'], unique=False)
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('about', sa.JSON(), nullable=False, server_default='{}'))
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.alter_column('about', server_default=None)
    with op.batch_alter_table('correspondent', schema=None) as batch_op:
        batch_op.add_column(sa.Column('vouches_for', sa.String(length=64), nullable=False, server_default=''))
    with op.batch_alter_table('correspondent', schema=None) as batch_op:
        batch_op.alter_column('vouches_for', server_default=None)
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.add_column(sa.Column('comment_mail', sa.String(length=10), nullable=False, server_default='mine'))
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.alter_column('comment_mail', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.drop_column('comment_mail')
    with op.batch_alter_table('correspondent', schema=None) as batch_op:
        batch_op.drop_column('vouches_for')
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_column('about')
    op.drop_table('subscription')
