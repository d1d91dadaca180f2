"""Where a comment is found, for ever: /comments/<id>."""


def comment_url(number: int, verb: str = "") -> str:
    """The permalink of the comment with this id, or the address of one of its verbs ("reply").

    A thread draws three of them for each comment: written out, not looked up in the map of routes.
    """
    return f"/comments/{number}/{verb}" if verb else f"/comments/{number}"
