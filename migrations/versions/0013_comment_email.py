"""An index on the address of comments, for the private link that shows all of them.

Revision: 0013, after 0012
"""

from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_comment_email', 'comment', ['email', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_comment_email', table_name='comment')
