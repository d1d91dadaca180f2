"""Slugs."""

import pytest

from blueprints.core.slugs import MAX_SLUG, slugify


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("On Paper", "on-paper"),
        ("Über’s Öl & Gas!", "ubers-ol-gas"),
        ("你好，世界", "你好-世界"),
        ("مرحبا بالعالم", "مرحبا-بالعالم"),
        ("हिन्दी", "हिन्दी"),
        ("---", ""),
        ("1984", "1984"),
        ("C++ / Rust", "c-rust"),
    ],
)
def test_slug_reads_like_the_title(title, slug):
    assert slugify(title) == slug


def test_slug_is_cut_between_words():
    slug = slugify("word " * 100)
    assert len(slug) <= MAX_SLUG
    assert slug.endswith("word")
