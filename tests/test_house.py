"""The rules of the house: who may know whom, how htmx is spelled, what is pinned. Each check can fail, and does."""

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORDER = [
    "core",
    "accounts",
    "posts",
    "comments",
    "editorial",
    "media",
    "search",
    "feeds",
    "transfer",
    "operations",
    "admin",
]
ABOVE = {"views", "cli", "guards", "__init__"}
ABOVE_IN_CORE = {"http", "htmx", "errors", "assets", "filters"}
WEB_WORDS = {"request", "session", "render_template", "url_for"}
# What the vendored 4.0.1 reads, and `partial`, the element; anything else is a slip of the pen.
HTMX_4 = re.compile(
    "action|boost|config|confirm|delete|disable|encoding|get|headers|history-elt|ignore|include|indicator|method|"
    "morph-skip|morph-skip-children|partial|patch|post|preserve|push-url|put|query|replace-url|select|select-oob|"
    "status|swap|sync|target|trigger|validate|vals"
)
HTMX_2 = {
    r"hx-disabled-elt": "hx-disable",
    r"hx-ext\b": "just load the script",
    r"hx-target-\w+": 'hx-status:422="target:…"',
    r"hx-(vars|params|request|inherit|disinherit|prompt|history-elt)\b": "gone in htmx 4",
    r"hx-on\b": "a listener in static/js",
    r"hx-swap-oob": "<hx-partial>",
    r"data-hx-": "the prefix is switched off",
    r"htmx:[a-z]+[A-Z]": "htmx:after:swap",
    r"js:": "static/js",
    r"hx-trigger=\"[^\"]*\[": "a trigger without a filter",
}
REMOTE = re.compile(r"<(?:img|link|script|iframe)\b|\bsrc\s*=|url\(|@import").finditer


def place(path: Path) -> tuple[str, str]:
    """(slice, module) of a file below blueprints/; a package's own modules belong to the package."""
    parts = path.relative_to(ROOT / "blueprints").with_suffix("").parts
    return parts[0], parts[1] if len(parts) > 1 else "__init__"


def is_above(slice_: str, module: str) -> bool:
    return module in ABOVE or slice_ == "admin" or (slice_ == "core" and module in ABOVE_IN_CORE)


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything that *tree* imports, wherever it does; `flask.request` counts as one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "flask":
            yield node.lineno, f"flask.{node.attr}"


def offences(source: str, slice_: str, module: str) -> list[str]:
    """What a module says against the import rule and the waterline, with the line."""
    found = []
    tree = ast.parse(source)
    above = is_above(slice_, module)
    for line, name in imports(tree):
        parts = name.split(".")
        if name.startswith("."):
            found.append(f"{line}: imports name the slice: from blueprints.{slice_} import …")
        if parts[0] == "app":
            found.append(f"{line}: nothing imports app.py")
        if parts[0] == "flask" and parts[-1] in WEB_WORDS and not above:
            found.append(f"{line}: {parts[-1]} is not for modules below the waterline")
        if parts[0] == "blueprints" and len(parts) > 1 and parts[1] in ORDER:
            other, their = parts[1], parts[2] if len(parts) > 2 else "__init__"
            found += [f"{line}: {why}" for why in out_of_order(slice_, other, their, above=above)]
    if (slice_, module) != ("core", "db"):
        found += [
            f"{node.lineno}: only core/db.py commits"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr == "commit"
        ]
    return found


def out_of_order(slice_: str, other: str, their: str, *, above: bool) -> Iterator[str]:
    """Why a module of *slice_* may not import *their* module of the slice *other*."""
    if their == "views" and other != slice_:
        yield f"views of {other} are no other slice's business"
    if not above and ORDER.index(other) > ORDER.index(slice_):
        yield f"{slice_} comes before {other}"
    if not above and their != "__init__" and is_above(other, their):
        yield f"{other}.{their} is above the waterline"


def template_offences(name: str, text: str) -> list[str]:
    """What a template or script says against htmx 4 and the policy."""
    found = []
    for match in re.finditer(r"(?<![\w-])hx-([a-z]+(?:-[a-z]+)*)", text):
        if not HTMX_4.fullmatch(match[1]):
            found.append(f"{line_of(text, match)}: {match[0]} is nothing in htmx 4")
    for pattern, instead in HTMX_2.items():
        found += [f"{line_of(text, match)}: {match[0]} ({instead})" for match in re.finditer(pattern, text)]
    if name.startswith("templates/mail/"):  # read by mail programs, to which no policy of ours reaches
        found += [f"{line_of(text, match)}: {match[0]} (a mail asks nothing of anybody)" for match in REMOTE(text)]
    elif name.endswith(".html"):
        for pattern, why in (
            # What is data and no script is run by nobody, and no policy asks after it.
            (r"<script(?![^>]*\b(?:src=|type=\"application/ld\+json\"))[^>]*>", "inline script"),
            (r"\sstyle\s*=", "inline style"),
            (r"\son[a-z]+\s*=", "inline handler"),
            (r"<style\b", "inline style"),
        ):
            found += [f"{line_of(text, match)}: {why}" for match in re.finditer(pattern, text)]
        found += [f"{line_of(text, match)}: unescaped" for match in re.finditer(r"autoescape\s+(?!true)\w+", text)]
        if Path(name).name.startswith("_") and not re.match(r"\{# .+ #\}\n", text):
            found.append("1: a partial names its inputs in its first line")
    return found


def silent(source: str) -> list[str]:
    """What is public in a module and does not say what it is for."""
    tree = ast.parse(source)
    found = [] if ast.get_docstring(tree) else ["1: the module says what lives here"]
    return found + [
        f"{node.lineno}: {node.name} says what it is for"
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]


def unescaped(folder: Path) -> list[str]:
    """The templates below *folder* that say `|safe`, once for each time."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*.*"))
        for _ in re.finditer(r"\|\s*safe\b", path.read_text())
    ]


def vendored(folder: Path) -> bool:
    """Whether the htmx file in *folder* is the one whose hash its README.md names."""
    found = re.search(r"`(htmx-[\d.]+\.min\.js)`.*`([0-9a-f]{64})`", (folder / "README.md").read_text())
    return found is not None and hashlib.sha256((folder / found[1]).read_bytes()).hexdigest() == found[2]


def loose(lock: str) -> list[str]:
    """What in a lock file is not `name==version` with a hash, or names an address."""
    pins = re.split(r"\n(?=\S)", lock.strip())
    fixed = r"[\w.\[\]-]+==[^\s\\]+(?: ; [^\\]+)?(?:\s*\\\s*--hash=sha256:[0-9a-f]{64})+"
    return [pin for pin in pins if not re.fullmatch(fixed, pin.strip())] + re.findall(r"\S*://\S*", lock)


def at(path: Path, offences: list[str]) -> list[str]:
    """The offences with the file that they are in, so that a terminal makes links of them."""
    return [f"{path.relative_to(ROOT)}:{offence}" for offence in offences]


def line_of(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


MODULES = sorted((ROOT / "blueprints").rglob("*.py"))
TEMPLATES = sorted([*(ROOT / "templates").rglob("*.*"), *(ROOT / "static" / "js").glob("*.js")])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_keeps_the_order_of_the_house(path):
    if path.parent == ROOT / "blueprints":
        return
    assert at(path, offences(path.read_text(), *place(path))) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_and_its_public_functions_say_what_they_are_for(path):
    assert at(path, silent(path.read_text())) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_speaks_htmx_4_and_keeps_the_policy(path):
    name = path.relative_to(ROOT).as_posix()
    assert at(path, template_offences(name, path.read_text())) == []


def test_safe_is_said_once():
    assert unescaped(ROOT / "templates") == ["core/_prose.html"]


def test_vendored_htmx_is_the_file_that_was_read():
    assert vendored(ROOT / "static" / "vendor")


@pytest.mark.parametrize("name", ["requirements.lock", "tests/requirements.lock"])
def test_lock_file_pins_with_hashes_and_names_no_address(name):
    text = (ROOT / name).read_text()
    assert text.count("==") > 30
    assert loose(text) == []


@pytest.mark.parametrize(
    ("source", "slice_", "module", "says"),
    [
        ("from blueprints.comments.models import Comment", "posts", "models", "posts comes before comments"),
        ("def f():\n    from blueprints.admin import posts", "posts", "queries", "2: posts comes before admin"),
        ("from flask import request", "comments", "thread", "request is not for modules below"),
        ("import flask\nflask.url_for('x')", "comments", "thread", "2: url_for is not for modules below"),
        ("from .models import Comment", "posts", "views", "imports name the slice"),
        ("from blueprints.core.htmx import answer", "comments", "thread", "core.htmx is above"),
        ("from blueprints.posts.views import show", "comments", "views", "views of posts"),
        ("import app", "operations", "cli", "nothing imports app.py"),
        ("db.session.commit()", "comments", "views", "only core/db.py commits"),
    ],
)
def test_check_of_the_order_can_fail(source, slice_, module, says):
    assert any(says in offence for offence in offences(source, slice_, module))


@pytest.mark.parametrize(
    "text",
    [
        '<form hx-disabled-elt="this">',
        '<a hx-on::after-swap="x()">',
        '<a hx-target-422="#x">',
        '<i hx-swap-oob="true">',
        "<script>x()</script>",
        '<p style="color: red">',
        '<p onclick="x()">',
        'document.addEventListener("htmx:afterSwap", f)',
        '<input hx-trigger="keyup[key==1]">',
        '<b hx-vars="a:1">',
        '<b hx-ext="morph">',
        '<b hx-params="*">',
        '<b hx-request="{}">',
        '<b data-hx-get="/">',
        '<b hx-vals="js:{a: 1}">',
        '<b hx-targett="#x">',
        "<style>p {}</style>",
        "{% autoescape false %}",
    ],
)
def test_check_of_the_spelling_can_fail(text):
    assert template_offences("x.html", text) != []


@pytest.mark.parametrize("text", ['<img alt="">', "<p style='background: url(x)'>", '<link rel="icon">', '<i src="x">'])
def test_check_of_mail_can_fail(text):
    assert template_offences("templates/mail/en/x.html", text) != []
    assert template_offences("templates/mail/en/x.html", "<style>p { color: red; }</style>") == []


def test_check_of_partials_can_fail():
    assert template_offences("_x.html", "<p></p>\n") != []
    assert template_offences("_x.html", "{# post #}\n<p></p>\n") == []


@pytest.mark.parametrize("source", ["x = 1", '"""A module."""\ndef f(): ...', '"""A module."""\nclass C: ...'])
def test_check_of_docstrings_can_fail(source):
    assert silent(source) != []


def test_check_of_safe_can_fail(tmp_path):
    (tmp_path / "a.html").write_text("{{ a|safe }} {{ b | safe }} {{ c|safety }}")
    assert unescaped(tmp_path) == ["a.html", "a.html"]


def test_check_of_the_vendored_file_can_fail(tmp_path):
    digest = hashlib.sha256(b"htmx").hexdigest()
    (tmp_path / "README.md").write_text(f"| `htmx-4.0.1.min.js` | 4.0.1 | `{digest}` |")
    (tmp_path / "htmx-4.0.1.min.js").write_bytes(b"htmx")
    assert vendored(tmp_path)
    (tmp_path / "htmx-4.0.1.min.js").write_bytes(b"htmx!")
    assert not vendored(tmp_path)


@pytest.mark.parametrize(
    "lock",
    [
        "a==1",
        "a>=1 \\\n    --hash=sha256:" + "0" * 64,
        "a==1 \\\n    --hash=sha256:12",
        "a==1 \\\n    --hash=sha256:" + "0" * 64 + "\nb==2",
        "--index-url https://example.org/\na==1 \\\n    --hash=sha256:" + "0" * 64,
        "a @ https://example.org/a.whl \\\n    --hash=sha256:" + "0" * 64,
    ],
)
def test_check_of_the_lock_can_fail(lock):
    assert loose(lock) != []


def test_every_table_is_audited_or_says_why_not():
    """A new table has words for its deeds in `admin/audit.py`, or a reason in `core/audit.py`; never both."""
    from blueprints.admin.audit import NOUNS
    from blueprints.core.audit import NOT_AUDITED
    from blueprints.core.db import Base

    tables = {table.name for table in Base.metadata.sorted_tables}
    assert tables - set(NOUNS) - set(NOT_AUDITED) == set()
    assert set(NOUNS) & set(NOT_AUDITED) == set()
