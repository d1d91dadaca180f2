"""The same running site and the same watched browser as the browser tests have."""

from tests.browser.conftest import chromium, playwright, server, visit

__all__ = ["chromium", "playwright", "server", "visit"]
