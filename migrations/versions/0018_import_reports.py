"""What could not be kept of the file that a draft was made of.

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'import_report',
        sa.Column('post_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('file_name', sa.Text(), nullable=False),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.Column('remarks_json', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ['post_id'], ['post.id'], name=op.f('fk_import_report_post_id_post'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('post_id', name=op.f('pk_import_report')),
    )


def downgrade() -> None:
    op.drop_table('import_report')
