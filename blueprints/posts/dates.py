"""The date of a post, as its bylines and taggings repeat it: their lists are in its order."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from blueprints.core.db import Base


def date_of_post(context: Any) -> datetime | None:
    """For a row that says where a post is listed: the post's date (the default of a column)."""
    post = Base.metadata.tables["post"].c
    post_id = context.get_current_parameters()["post_id"]
    date: datetime | None = context.connection.scalar(select(post.published_at).where(post.id == post_id))
    return date
