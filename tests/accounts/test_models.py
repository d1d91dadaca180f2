"""Passwords as they are kept."""

import subprocess
import sys


def test_password_costs_64_mb_and_three_passes_to_try():
    """RFC 9106, 4; asked of another process, because this one hashes quickly."""
    said = "from blueprints.accounts.models import _hasher; print(_hasher.type.name, _hasher.memory_cost, _hasher.time_cost)"
    told = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["ID", "65536", "3"]
