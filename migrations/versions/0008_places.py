"""The place of each comment in its thread, the size of each conversation, and when a comment was changed.

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

LEVELS = 10
NUMBER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
COUNTS = (('comment', 'size'), ('comment', 'living'), ('comment', 'changed'), ('post', 'changes'))
PARTIAL = {
    'ix_comment_begun': ('living > 0', ['post_id', 'number']),
    'ix_comment_replied': ('living > 0', ['post_id', 'living', 'number']),
    'ix_comment_changed': ('changed > 0', ['post_id', 'changed']),
    'ix_comment_mention': ("kind = 'mention'", ['post_id']),
}


def upgrade() -> None:
    op.add_column('comment', sa.Column('place', sa.String(length=120), nullable=True))
    for table, name in COUNTS:
        op.add_column(table, sa.Column(name, NUMBER, server_default='0', nullable=False))
    connection = op.get_bind()
    for (post_id,) in connection.execute(sa.text('SELECT id FROM post WHERE last_number > 0')).all():
        lay(connection, post_id)
    op.drop_index('ix_comment_thread', table_name='comment')
    op.create_index('ix_comment_thread', 'comment', ['post_id', 'root_id', 'place'])
    for name, (condition, columns) in PARTIAL.items():
        where = sa.text(condition)
        op.create_index(name, 'comment', columns, sqlite_where=where, postgresql_where=where)


def lay(connection: sa.Connection, post_id: int) -> None:
    """The places below one post: each comment's numbers from the top down, led by how many digits they have."""
    query = sa.text(
        'SELECT id, parent_id, number, state FROM comment '
        "WHERE post_id = :post_id AND number IS NOT NULL AND kind = 'comment' ORDER BY number"
    )
    found = {row.id: row for row in connection.execute(query, {'post_id': post_id})}
    below: dict[int | None, list[int]] = {}
    for row in found.values():
        below.setdefault(row.parent_id if row.parent_id in found else None, []).append(row.id)
    laid: list[dict[str, object]] = []
    for root_id in below.get(None, ()):
        first, conversation = len(laid), 0
        living = 0
        stack: list[tuple[int, list[str]]] = [(root_id, [])]
        while stack:
            own, above = stack.pop()
            digits = str(found[own].number)
            steps = [*above[:LEVELS], f'{len(digits)}{digits}']
            laid.append({'own': own, 'root': root_id, 'place': ''.join(steps), 'size': 0, 'living': 0})
            conversation += 1
            living += found[own].state == 'approved'
            stack += [(child, steps) for child in below.get(own, ())]
        laid[first] |= {'size': conversation, 'living': living}
    if laid:
        connection.execute(
            sa.text(
                'UPDATE comment SET root_id = :root, place = :place, size = :size, living = :living WHERE id = :own'
            ),
            laid,
        )


def downgrade() -> None:
    for name in PARTIAL:
        op.drop_index(name, table_name='comment')
    op.drop_index('ix_comment_thread', table_name='comment')
    op.create_index('ix_comment_thread', 'comment', ['post_id', 'kind', 'root_id', 'number', 'state'])
    # By itself, not in a batch: that would make the table of posts anew, and what hangs on it would go with the old one.
    for table, name in (*COUNTS, ('comment', 'place')):
        op.drop_column(table, name)
