"""Where people work and worked, and what stands beside their names on each post.

Revision: 0019, after 0018

What stood beside a name until now had no date; it becomes an affiliation without one, and each post keeps it.
"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
PERSON = sa.table('person', sa.column('id'), sa.column('affiliation'))
AFFILIATION = sa.table(
    'affiliation',
    *(sa.column(name) for name in ('id', 'person_id', 'place', 'institution', 'position', 'since', 'until')),
)
BYLINE = sa.table('byline', sa.column('person_id'), sa.column('affiliations', sa.JSON()))


def upgrade() -> None:
    op.create_table(
        'affiliation',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('person_id', INTEGER, nullable=False),
        sa.Column('place', INTEGER, nullable=False),
        sa.Column('institution', sa.String(length=200), nullable=False),
        sa.Column('position', sa.String(length=200), nullable=False),
        sa.Column('since', sa.String(length=10), nullable=False),
        sa.Column('until', sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_affiliation_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_affiliation')),
    )
    op.create_index(op.f('ix_affiliation_person_id'), 'affiliation', ['person_id'], unique=False)
    op.add_column('byline', sa.Column('own_affiliation', sa.String(length=300), server_default='', nullable=False))
    op.add_column('byline', sa.Column('affiliations', sa.JSON(), server_default='[]', nullable=False))
    connection = op.get_bind()
    for person_id, affiliation in connection.execute(sa.select(PERSON).where(PERSON.c.affiliation != '')).all():
        values = {'place': 0, 'institution': affiliation, 'position': '', 'since': '', 'until': ''}
        connection.execute(AFFILIATION.insert().values(person_id=person_id, **values))
        shown = BYLINE.update().where(BYLINE.c.person_id == person_id)
        connection.execute(shown.values(affiliations=[[affiliation, '']]))
    op.drop_column('person', 'affiliation')


def downgrade() -> None:
    op.add_column('person', sa.Column('affiliation', sa.String(length=200), server_default='', nullable=False))
    connection = op.get_bind()
    former = AFFILIATION.c
    # The last one stays: that which has no end, else that which is first in its list.
    rows = connection.execute(sa.select(former.person_id, former.institution).order_by(former.until != '', former.place))
    for person_id, institution in reversed(rows.all()):
        connection.execute(PERSON.update().where(PERSON.c.id == person_id).values(affiliation=institution))
    op.drop_column('byline', 'affiliations')
    op.drop_column('byline', 'own_affiliation')
    op.drop_table('affiliation')
