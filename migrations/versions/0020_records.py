"""Sort names, former slugs, ORCID iDs, competing interests and funding.

Revision: 0020, after 0019
"""

import sqlalchemy as sa
from alembic import op

from blueprints.accounts.names import sort_key, sort_name_of

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


INTEGER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
PERSON = sa.table('person', *(sa.column(name) for name in ('id', 'name', 'sort_name', 'sort_key')))
LENGTHS = {'sort_name': 160, 'sort_key': 200, 'orcid': 19, 'portrait_alt': 300, 'competing_interests': 1000}


def upgrade() -> None:
    for name, length in LENGTHS.items():
        op.add_column('person', sa.Column(name, sa.String(length=length), server_default='', nullable=False))
    op.create_index(op.f('ix_person_sort_key'), 'person', ['sort_key'], unique=False)
    op.create_table(
        'person_alias',
        sa.Column('slug', sa.String(length=120), nullable=False),
        sa.Column('person_id', INTEGER, nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_person_alias_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('slug', name=op.f('pk_person_alias')),
    )
    op.create_index(op.f('ix_person_alias_person_id'), 'person_alias', ['person_id'], unique=False)
    op.add_column('post', sa.Column('competing_interests', sa.String(length=1000), nullable=True))
    op.add_column('post', sa.Column('funding', sa.String(length=1000), server_default='', nullable=False))
    connection = op.get_bind()
    for person_id, name in connection.execute(sa.select(PERSON.c.id, PERSON.c.name)).all():
        sort_name = sort_name_of(name)
        values = {'sort_name': sort_name, 'sort_key': sort_key(sort_name)}
        connection.execute(PERSON.update().where(PERSON.c.id == person_id).values(values))


def downgrade() -> None:
    op.drop_column('post', 'funding')
    op.drop_column('post', 'competing_interests')
    op.drop_table('person_alias')
    op.drop_index(op.f('ix_person_sort_key'), table_name='person')
    for name in LENGTHS:
        op.drop_column('person', name)
