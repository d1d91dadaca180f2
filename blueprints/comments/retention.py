"""Retention: what is kept of readers' network addresses goes when its time is over."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from blueprints.comments import reports
from blueprints.comments.models import Comment
from blueprints.core import rows, settings
from blueprints.core.db import db, writing

# So many rows are changed while the write lock is held.
AT_ONCE = 500
_C = Comment.__table__.c
_OLD = (
    select(_C.id)
    .where(_C.address_hash != "", _C.created_at < bindparam("before"))
    .order_by(_C.created_at)
    .limit(bindparam("most"))
)


def erase(moment: datetime) -> int:
    """Forget the addresses of comments, and the reports that are settled, of more than ADDRESS_DAYS before *moment*;
    how many rows that were.
    """
    before = moment - timedelta(days=settings.current().address_days)
    erased = 0
    while rows.fetch(_OLD, before=before, most=1):
        with writing():
            numbers = [number for (number,) in rows.fetch(_OLD, before=before, most=AT_ONCE)]
            statement = update(Comment).where(Comment.id.in_(numbers)).values(address_hash="")
            db.session.execute(statement, execution_options={"synchronize_session": False})
        erased += len(numbers)
    if reports.any_to_forget(before):
        with writing():
            erased += reports.forget(before)
    return erased
