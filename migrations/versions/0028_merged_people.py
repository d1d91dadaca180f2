"""Where a record came from that was merged into another, so that its import knows it again.

Revision: 0028, after 0027
"""

import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('person_alias', sa.Column('source', sa.String(length=255), nullable=True))
    op.add_column('person_alias', sa.Column('source_id', sa.String(length=255), nullable=True))
    op.create_index('ix_person_alias_source', 'person_alias', ['source', 'source_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_person_alias_source', table_name='person_alias')
    op.drop_column('person_alias', 'source_id')
    op.drop_column('person_alias', 'source')
