"""A server that a test may end."""

from collections.abc import Iterator

import pytest

from tests import postgresql
from tests.conftest import POSTGRESQL


@pytest.fixture
def own_server() -> Iterator[postgresql.Server]:
    """A PostgreSQL of the test's own; it forces what it stores to the disk."""
    if not POSTGRESQL:
        pytest.skip("PostgreSQL: not installed")
    server = postgresql.Server()
    postgresql.wait(server.url("postgres")).close()
    yield server
    server.stop()
