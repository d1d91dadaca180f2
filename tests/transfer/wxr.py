"""Builds small WXR files: what a test is about is written in it, the rest is filled in."""

from pathlib import Path

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/{version}/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="{scheme}://wordpress.org/export/{version}/">
<channel><title>Site</title><link>https://site.example</link>
<wp:wxr_version>{version}</wp:wxr_version>
"""
FOOT = "</channel>\n</rss>\n"


def comment(number: int, *, parent: int = 0, content: str = "Words", **fields: object) -> str:
    """A `wp:comment`; *fields* without their prefix (`author`, `approved` …)."""
    values = {"date_gmt": f"2020-01-01 10:{number % 60:02}:00", "approved": 1, "author": f"Reader {number}", **fields}
    inner = "".join(f"<wp:comment_{name}>{value}</wp:comment_{name}>" for name, value in values.items())
    return (
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_parent>{parent}</wp:comment_parent>"
        f"<wp:comment_content><![CDATA[{content}]]></wp:comment_content>{inner}</wp:comment>"
    )


def item(number: int = 1, *, title: str = "A post", body: str = "Text", inner: str = "", **fields: object) -> str:
    """An `item`; *fields* are its `wp:` elements, None leaves one out."""
    values = {
        "post_id": number,
        "post_date_gmt": "2020-01-01 09:00:00",
        "post_name": f"post-{number}",
        "status": "publish",
        "post_type": "post",
        **fields,
    }
    link = values.pop("link", f"https://site.example/2020/post-{number}/")
    wp = "".join(f"<wp:{name}>{value}</wp:{name}>" for name, value in values.items() if value is not None)
    return (
        f"<item><title>{title}</title><link>{link}</link>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded>{wp}{inner}</item>\n"
    )


def write(path: Path, *parts: str, version: str = "1.2", scheme: str = "http") -> Path:
    """A file of these parts between head and foot."""
    head = HEAD.replace("{version}", version).replace("{scheme}", scheme)
    path.write_text(head + "".join(parts) + FOOT, encoding="utf-8")
    return path
