"""What the server is handed."""

from flask import Response
from werkzeug.test import EnvironBuilder


def test_page_is_handed_over_in_one_piece_and_what_is_made_on_the_way_is_not(app):
    """Granian asks for the pieces of anything but a list from another thread."""
    app.add_url_rule("/made", view_func=lambda: Response(iter([b"a", b"b"])))
    closed = []

    @app.get("/whole")
    def whole():
        response = Response(b"ab")
        response.call_on_close(lambda: closed.append(True))
        return response

    def answer(path, **how):
        return app.wsgi_app(EnvironBuilder(path, **how).get_environ(), lambda *_: None)

    assert answer("/whole") == [b"ab"]
    assert closed == [True]
    assert answer("/whole", method="HEAD") == []
    assert not isinstance(made := answer("/made"), list)
    assert list(made) == [b"a", b"b"]
