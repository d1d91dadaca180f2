"""What programs ask for: feeds, what a search engine wants to know first, and the addresses that feeds once had."""

from blueprints.feeds.views import crawlers, former, syndication
from blueprints.feeds.views.answers import bp

__all__ = ["bp", "crawlers", "former", "syndication"]
