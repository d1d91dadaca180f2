"""The search index, empty: `migrations/env.py` has it filled after the last migration.

Revision: 0009, after 0008
"""

from alembic import op

from blueprints.search import index

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    index.create(op.get_bind())


def downgrade() -> None:
    index.drop(op.get_bind())
