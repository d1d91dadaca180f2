"""What code between fences costs: a worker's memory for all languages, ordinary code, and code made to be slow.

    python -m tests.bench.listings

Each language is given short pieces over and over, to the length that is still read, in lines as long as they may be.
"""

import time
from pathlib import Path

from blueprints.core import listings, markdown

PIECES = [
    *("a", "a ", "a\n", " ", "\n", "\n  ", "\t\n", "  a\n", "a \\\n", "a\\\n", "0", "1_", "1.", "1e", "0x", "é", "中"),
    *(
        "(",
        "[",
        "{",
        "<",
        "<a ",
        "<a b=",
        "<a b='",
        "<!--",
        "<![CDATA[",
        "<?",
        "<?php ",
        "<script>",
        "</a>",
        "<A<",
        "A<B",
    ),
    *('"', "'", '\\"', '"""', "'''", "`", "``", "`${", "${", "$(", "#{", "{{", "{%", "f'{", 'f"{{', "'a ", 'r#"', "$$"),
    *("/", "/*", "{/*", "/\\", "/[a", "#", "#|", "--[[", "(*", "=begin\n", "<<A\n", "<<", "%q(", "%w[", "qw(", "m{"),
    *(
        "=",
        "a=",
        "a: ",
        "a::",
        "a{b:",
        "a.b.",
        "a->",
        "?a",
        "? ",
        "&a",
        "&#",
        "%%",
        "@",
        "@a(",
        "@@ -1 +1 @@\n",
        "+a\n",
    ),
    *("int a", "class a ", "def a", "function a(", "fn a<", "public static ", "enum ", "type A<", "a b(", "(a) => "),
    *(
        "__END__",
        "_",
        "A",
        "[a]\n",
        "---\n",
        "|\n  ",
        "- ",
        "> ",
        "$ ",
        "\\begin{",
        "\\x",
        "a:b\n",
        "await ",
        "let a = ",
    ),
]


def filled(piece: str, *, whole: int = listings.LONGEST - 1, line: int = listings.LONGEST_LINE) -> str:
    """*piece* again and again, in lines and as a whole as long as is still read."""
    text = (piece * (whole // len(piece) + 1))[:whole]
    if "\n" not in piece:
        text = "\n".join(text[start : start + line] for start in range(0, whole, line))[:whole]
    return text


def seconds(language: str, code: str) -> float:
    """Processor time of drawing a comment that holds *code*."""
    start = time.process_time()
    markdown.comment_html(f"~~~~{language}\n{code}\n~~~~")
    return time.process_time() - start


def memory() -> float:
    """What this process holds, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4 / 1024


def main() -> None:
    """Print the tables."""
    seconds("", "x")
    before = memory()
    first = {language: seconds(language, "x") for language in sorted(listings.LANGUAGES)}
    print(f"all {len(first)} names: {memory() - before:.1f} MB, first use {max(first.values()) * 1000:.0f} ms at most")
    source = Path(markdown.__file__).read_text()[: listings.LONGEST - 200]
    print(f"ordinary Python, {len(source)} characters: {seconds('python', source) * 1000:.0f} ms")
    print("language       worst, ms   made of")
    for language in sorted(listings.LANGUAGES):
        worst = max((seconds(language, filled(piece)), piece) for piece in PIECES)
        print(f"{language:14} {worst[0] * 1000:9.0f}   {worst[1]!r}")


if __name__ == "__main__":
    main()
