"""How long an import takes and how much memory it needs: two synthetic exports, one ten times the other.

    python -m tests.bench.import_wordpress

Each size runs in a process of its own, so that its peak is its own.
"""

import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SIZES = ((300, 33), (3000, 33))
WORDS = "the quick reader answers at length and with reasons that others weigh before they reply in turn"
_HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Bench</title><link>https://bench.example</link><wp:wxr_version>1.2</wp:wxr_version>
<wp:base_blog_url>https://bench.example</wp:base_blog_url>
<wp:author><wp:author_id>1</wp:author_id><wp:author_login>ada</wp:author_login></wp:author>
"""


def export(posts: int, comments: int) -> Iterator[str]:
    """A WXR file of that many posts with that many comments each, in pieces."""
    draw = random.Random(1)  # noqa: S311 - the same text in every run
    words = WORDS.split()

    def text(length: int) -> str:
        return " ".join(draw.choices(words, k=length))

    yield _HEAD
    number = 0
    for post in range(1, posts + 1):
        day = f"20{10 + post * 10 // (posts + 1):02}-{post % 12 + 1:02}-{post % 28 + 1:02}"
        body = "\n\n".join(f"{text(60)} <em>{text(5)}</em>\n{text(40)}" for _ in range(12))
        yield (
            f"<item><title>Post {post}</title><link>https://bench.example/{day[:4]}/post-{post}/</link>"
            f"<dc:creator>ada</dc:creator><content:encoded><![CDATA[{body}]]></content:encoded>"
            f"<wp:post_id>{post}</wp:post_id><wp:post_date>{day} 12:00:00</wp:post_date>"
            f"<wp:post_date_gmt>{day} 11:00:00</wp:post_date_gmt><wp:post_name>post-{post}</wp:post_name>"
            "<wp:status>publish</wp:status><wp:post_type>post</wp:post_type>"
            f'<category domain="post_tag" nicename="tag-{post % 50}">Tag {post % 50}</category>'
        )
        first = number + 1
        for _ in range(comments):
            number += 1
            parent = draw.choice([0, draw.randint(first, number)])
            yield (
                f"<wp:comment><wp:comment_id>{number}</wp:comment_id>"
                f"<wp:comment_author>Reader {number % 997}</wp:comment_author>"
                f"<wp:comment_author_email>r{number % 997}@example.org</wp:comment_author_email>"
                f"<wp:comment_author_IP>192.0.2.{number % 250}</wp:comment_author_IP>"
                f"<wp:comment_date_gmt>{day} 12:{number % 60:02}:00</wp:comment_date_gmt>"
                f"<wp:comment_content><![CDATA[{text(30)} https://example.org/{number}\n\n{text(25)}]]>"
                "</wp:comment_content><wp:comment_approved>1</wp:comment_approved>"
                f"<wp:comment_parent>{0 if parent == number else parent}</wp:comment_parent></wp:comment>"
            )
        yield "</item>\n"
    yield "</channel></rss>\n"


def measure(path: Path, instance: Path) -> None:
    """Import *path* into a new site at *instance* and print one line of the table."""
    from app import create_app
    from blueprints.core.settings import Settings
    from blueprints.operations import upgrade
    from blueprints.transfer.wordpress import importer

    instance.mkdir()
    app = create_app(Settings.from_environ({"SECRET_KEY": "bench"}, instance))
    upgrade.run(app)
    with app.app_context():
        begun = time.perf_counter()
        report = importer.run([path], dry_run=False)
        seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    posts, comments = report.of("posts").imported, report.of("comments").imported
    size = path.stat().st_size / 2**20
    print(f"{posts:8}{comments:10}{size:9.1f}{seconds:10.1f}{(posts + comments) / seconds:10.0f}{peak:10.0f}")


def main() -> None:
    """Write the files, import each in a process of its own, print the table."""
    print(f"{'posts':>8}{'comments':>10}{'MB file':>9}{'seconds':>10}{'items/s':>10}{'MB peak':>10}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for posts, comments in SIZES:
            path = Path(folder) / f"bench-{posts}.xml"
            with path.open("w", encoding="utf-8") as file:
                file.writelines(export(posts, comments))
            command = [sys.executable, "-m", "tests.bench.import_wordpress", str(path), f"{folder}/{posts}"]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
