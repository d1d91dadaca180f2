"""The thread and its form: every address serves a plain browser and htmx alike."""

from blueprints.comments.views import answering, editing, mailing, mine, reacting, reading
from blueprints.comments.views.answers import bp

__all__ = ["answering", "bp", "editing", "mailing", "mine", "reacting", "reading"]
