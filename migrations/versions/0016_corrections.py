"""What readers are told was corrected in a post.

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('post', sa.Column('corrections_json', sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    op.drop_column('post', 'corrections_json')
