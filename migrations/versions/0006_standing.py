"""Marks, picks, reports, house rules, reasons, and who is imitated.

Revision: 0006, after 0005
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from blueprints.core.lookalikes import skeleton

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
# Name, table, columns, and of which rows.
INDEXES: list[tuple[str, str, list[str], str | None]] = [
    ('ix_person_skeleton', 'person', ['skeleton'], None),
    ('ix_person_email', 'person', ['email'], None),
    ('ix_comment_marks', 'comment', ['post_id', 'marks'], None),
    ('ix_comment_picked', 'comment', ['post_id'], 'picked_at IS NOT NULL'),
    ('ix_comment_address', 'comment', ['created_at'], "address_hash <> ''"),
]


def columns() -> dict[str, list[sa.Column[Any]]]:
    """What each table gets."""
    return {
        'person': [sa.Column('skeleton', sa.String(500), nullable=False, server_default='')],
        'site': [
            sa.Column('rules', sa.Text(), nullable=False, server_default=''),
            sa.Column('rules_html', sa.Text(), nullable=False, server_default=''),
            sa.Column('shows_faces', sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column('takes_marks', sa.Boolean(), nullable=False, server_default=sa.true()),
        ],
        'post': [
            sa.Column('closed_because', sa.String(300), nullable=False, server_default=''),
            sa.Column('rules', sa.Text(), nullable=False, server_default=''),
            sa.Column('rules_html', sa.Text(), nullable=False, server_default=''),
            sa.Column('picks', NUMBER, nullable=False, server_default='0'),
        ],
        'comment': [
            sa.Column('removed_because', sa.String(300), nullable=False, server_default=''),
            sa.Column('marks', NUMBER, nullable=False, server_default='0'),
            sa.Column('picked_at', sa.DateTime(), nullable=True),
        ],
    }


def upgrade() -> None:
    for table, added in columns().items():
        for column in added:
            op.add_column(table, column)
    people = sa.table('person', sa.column('id'), sa.column('name'), sa.column('skeleton'))
    connection = op.get_bind()
    for number, name in connection.execute(sa.select(people.c.id, people.c.name)).all():
        connection.execute(people.update().where(people.c.id == number).values(skeleton=skeleton(name)))
    op.execute('UPDATE person SET email = lower(email)')
    for name, table, indexed, condition in INDEXES:
        only = sa.text(condition) if condition else None
        op.create_index(name, table, indexed, sqlite_where=only, postgresql_where=only)
    op.create_table(
        'mark',
        sa.Column('comment_id', NUMBER, nullable=False),
        sa.Column('reader_hash', sa.String(64), nullable=False),
        sa.Column('is_taken_back', sa.Boolean(), nullable=False),
        sa.Column('is_counted', sa.Boolean(), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['comment_id'], ['comment.id'], name=op.f('fk_mark_comment_id_comment'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('comment_id', 'reader_hash', name=op.f('pk_mark')),
    )
    only = sa.text('NOT is_counted')
    op.create_index('ix_mark_uncounted', 'mark', ['comment_id'], sqlite_where=only, postgresql_where=only)
    op.create_table(
        'report',
        sa.Column('id', NUMBER, nullable=False),
        sa.Column('comment_id', NUMBER, nullable=False),
        sa.Column('reason', sa.String(20), nullable=False),
        sa.Column('note', sa.String(1000), nullable=False),
        sa.Column('email', sa.String(254), nullable=False),
        sa.Column('address_hash', sa.String(32), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('closed_at', sa.DateTime(), nullable=True),
        sa.Column('outcome', sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(
            ['comment_id'], ['comment.id'], name=op.f('fk_report_comment_id_comment'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_report')),
    )
    only = sa.text('closed_at IS NULL')
    op.create_index('ix_report_comment', 'report', ['comment_id', 'closed_at'])
    op.create_index('ix_report_open', 'report', ['comment_id'], sqlite_where=only, postgresql_where=only)
    op.create_index('ix_report_closed_at', 'report', ['closed_at'])
    op.create_table(
        'likeness',
        sa.Column('comment_id', NUMBER, nullable=False),
        sa.Column('person_id', NUMBER, nullable=False),
        sa.Column('by', sa.String(10), nullable=False),
        sa.Column('answer', sa.String(3), nullable=False),
        sa.Column('answered_at', sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ['comment_id'], ['comment.id'], name=op.f('fk_likeness_comment_id_comment'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_likeness_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('comment_id', name=op.f('pk_likeness')),
    )
    op.create_index('ix_likeness_person_id', 'likeness', ['person_id'])


def downgrade() -> None:
    for table in ('likeness', 'report', 'mark'):
        op.drop_table(table)
    for name, table, _columns, _condition in INDEXES:
        op.drop_index(name, table)
    for table, added in columns().items():
        for column in added:
            # In place: a table that others point at cannot be replaced by a copy while there are rows in it.
            op.drop_column(table, column.name)
