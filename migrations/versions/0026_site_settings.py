"""The clock, the looks and the crawlers of the site.

Revision: 0026, after 0025
"""

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None

TEXTS = {'time_zone': 64, 'accent': 7, 'logo': 40, 'logo_alt': 200, 'banner': 40, 'banner_alt': 200}
CHOICES = ('is_listed', 'feeds_models')


def upgrade() -> None:
    for name, length in TEXTS.items():
        op.add_column('site', sa.Column(name, sa.String(length=length), server_default='', nullable=False))
    for name in CHOICES:
        op.add_column('site', sa.Column(name, sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        'site_picture',
        sa.Column('kind', sa.String(length=10), nullable=False),
        sa.Column('image', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('kind', name=op.f('pk_site_picture')),
    )


def downgrade() -> None:
    op.drop_table('site_picture')
    for name in (*CHOICES, *TEXTS):
        op.drop_column('site', name)
