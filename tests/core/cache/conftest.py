"""A site whose pages tell where they come from."""

import pytest


@pytest.fixture
def environ(environ):
    return {**environ, "DEBUG": "1", "SITE_URL": "http://journal.example"}


@pytest.fixture
def post(make):
    return make.post("Essay", slug="essay", tags=["Ethics"], authors=[make.person("Ada")])


@pytest.fixture
def app(app):
    app.extensions["cache"].seconds_before_packing = 0
    return app
