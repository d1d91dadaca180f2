"""The cast: an editor, an author and an administrator, each signed in where a test asks for them."""

import pytest


@pytest.fixture
def editor(client, make):
    account = make.account("editor")
    make.sign_in(client, account)
    return account


@pytest.fixture
def author(client, make):
    account = make.account("author")
    make.sign_in(client, account)
    return account


@pytest.fixture
def administrator(client, make):
    account = make.account("administrator")
    make.sign_in(client, account)
    return account
