"""On SQLite, the index of posts is emptied: it now knows which words are in titles (`migrations/env.py` has it filled).

Revision: 0041, after 0040
"""

from alembic import op

from blueprints.search import sqlite
from blueprints.search.found import POST

revision = '0041'
down_revision = '0040'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        sqlite.clear(op.get_bind(), POST)


def downgrade() -> None:
    """Nothing: what came before looks no words up that stand behind a sign."""
