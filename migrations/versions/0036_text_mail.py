"""Whether somebody is told what becomes of their own texts, and which texts wait for review.

Revision: 0036, after 0035
"""

import sqlalchemy as sa
from alembic import op

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('account', sa.Column('text_mail', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column('account', sa.Column('review_mail', sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    op.drop_column('account', 'review_mail')
    op.drop_column('account', 'text_mail')
