"""Where somebody signs in, in words: "Firefox on Linux". The words are kept, not what the browser said."""

import re

# How long a browser remembers, from the last sign-in on, whose it is; none keeps a cookie longer.
KNOWN_DAYS = 400

# The first that is found counts: most browsers call themselves by several names.
_BROWSERS = (
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Vivaldi", r"Vivaldi/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("ChromeOS", r"CrOS"),
    ("Windows", r"Windows"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("Linux", r"Linux|X11"),
)


def in_words(user_agent: str) -> str:
    """The browser and the system that *user_agent* names, as people call them."""
    browser = next((name for name, pattern in _BROWSERS if re.search(pattern, user_agent)), "A browser")
    system = next((name for name, pattern in _SYSTEMS if re.search(pattern, user_agent)), "")
    return f"{browser} on {system}" if system else browser
