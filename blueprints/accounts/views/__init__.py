"""Set-up, signing in and out, and what the links in letters open."""

from blueprints.accounts.views import links, second, signing_in
from blueprints.accounts.views.pages import bp

__all__ = ["bp", "links", "second", "signing_in"]
