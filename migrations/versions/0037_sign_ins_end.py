"""Every sign-in ends: until this version a kept page could hand the session of whoever drew it to its readers.

Revision: 0037, after 0036
"""

from alembic import op

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('DELETE FROM sign_in')


def downgrade() -> None:
    """Those that have ended stay so."""
