"""On PostgreSQL, titles have an index of their own: a search for common words asks for them first.

Revision: 0039, after 0038
"""

from alembic import op

from blueprints.search import postgresql
from blueprints.search.found import KINDS

revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        for kind in KINDS:
            postgresql.index_titles(op.get_bind(), kind)


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        for kind in KINDS:
            op.execute(f'DROP INDEX ix_search_{kind}_titles')
