"""Passwords as they are kept."""

import subprocess
import sys


def test_password_costs_64_mb_and_three_passes_to_try():
    """RFC 9106, 4; asked of another process, because this one hashes quickly."""
    ask = "from blueprints.accounts.models import _hasher as h; print(h.type.name, h.memory_cost, h.time_cost)"
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["ID", "65536", "3"]
