"""On SQLite, the index of posts is emptied: it now knows which words are in titles (`migrations/env.py` has it filled).

Revision: 0042, after 0041
"""

from alembic import op

from blueprints.search import sqlite
from blueprints.search.found import POST

revision = '0042'
down_revision = '0041'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        sqlite.clear(op.get_bind(), POST)


def downgrade() -> None:
    """Nothing: what came before looks no words up that stand behind a sign."""
