"""Set-up, signing in and out, and what the links in letters open."""

from blueprints.accounts.views import links, signing_in
from blueprints.accounts.views.pages import bp

__all__ = ["bp", "links", "signing_in"]
