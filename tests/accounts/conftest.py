"""A site that sends mail, and a bag in which its letters land."""

import re

import pytest

from blueprints.core.postman import Postman
from tests.comments.mail.letterbox import SITE, Bag, words


@pytest.fixture
def bag() -> Bag:
    return Bag()


@pytest.fixture
def letters(app, bag):
    """Sends what is due; (address, subject, the path of its link) of each letter."""

    def send() -> list[tuple[str, str, str]]:
        Postman(app, bag).round()
        found = [
            (letter["To"], letter["Subject"], re.search(rf"{SITE}(\S+)", words(letter))[1]) for letter in bag.letters
        ]
        bag.letters = []
        return found

    return send
