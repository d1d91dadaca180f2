"""The rules of the house: who may know whom, how htmx is spelled, what is pinned. Each check can fail, and does."""

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORDER = ["core", "accounts", "posts", "comments", "media", "search", "feeds", "transfer", "operations", "admin"]
ABOVE = {"views", "cli", "guards", "__init__"}
ABOVE_IN_CORE = {"http", "htmx", "errors", "assets", "filters"}
WEB_WORDS = {"request", "session", "render_template", "url_for"}
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


def place(path: Path) -> tuple[str, str]:
    """(slice, module) of a file below blueprints/; a package's own modules belong to the package."""
    parts = path.relative_to(ROOT / "blueprints").with_suffix("").parts
    return parts[0], parts[1] if len(parts) > 1 else "__init__"


def is_above(slice_: str, module: str) -> bool:
    return module in ABOVE or slice_ == "admin" or (slice_ == "core" and module in ABOVE_IN_CORE)


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything that *tree* imports, wherever it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def offences(source: str, slice_: str, module: str) -> list[str]:
    """What a module says against the import rule and the waterline, with the line."""
    found = []
    tree = ast.parse(source)
    above = is_above(slice_, module)
    for line, name in imports(tree):
        parts = name.split(".")
        if parts[0] == "app":
            found.append(f"{line}: nothing imports app.py")
        if parts[0] == "flask" and parts[-1] in WEB_WORDS and not above:
            found.append(f"{line}: {parts[-1]} is not for modules below the waterline")
        if parts[0] != "blueprints" or len(parts) < 2 or parts[1] not in ORDER:
            continue
        other, their = parts[1], parts[2] if len(parts) > 2 else "__init__"
        if their == "views" and other != slice_:
            found.append(f"{line}: views of {other} are no other slice's business")
        if above:
            continue
        if ORDER.index(other) > ORDER.index(slice_):
            found.append(f"{line}: {slice_} comes before {other}")
        if is_above(other, their) and their != "__init__":
            found.append(f"{line}: {other}.{their} is above the waterline")
    if (slice_, module) != ("core", "db"):
        found += [
            f"{node.lineno}: only core/db.py commits"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr == "commit"
        ]
    return found


def template_offences(name: str, text: str) -> list[str]:
    """What a template or script says against htmx 4 and the policy."""
    found = []
    for pattern, instead in HTMX_2.items():
        found += [f"{line_of(text, match)}: {match[0]} ({instead})" for match in re.finditer(pattern, text)]
    if name.endswith(".html"):
        for pattern, why in (
            (r"<script(?![^>]*\bsrc=)[^>]*>", "inline script"),
            (r"\sstyle\s*=", "inline style"),
            (r"\son[a-z]+\s*=", "inline handler"),
            (r"<style\b", "inline style"),
        ):
            found += [f"{line_of(text, match)}: {why}" for match in re.finditer(pattern, text)]
        if Path(name).name.startswith("_") and not re.match(r"\{# .+ #\}\n", text):
            found.append("1: a partial names its inputs in its first line")
    return found


def line_of(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


MODULES = sorted((ROOT / "blueprints").rglob("*.py"))
TEMPLATES = sorted([*(ROOT / "templates").rglob("*.html"), *(ROOT / "static" / "js").glob("*.js")])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_keeps_the_order_of_the_house(path):
    if path.parent == ROOT / "blueprints":
        return
    assert offences(path.read_text(), *place(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_and_its_public_functions_say_what_they_are_for(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "the module says what lives here"
    silent = [
        f"{node.lineno}: {node.name}"
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_speaks_htmx_4_and_keeps_the_policy(path):
    assert template_offences(path.name, path.read_text()) == []


def test_safe_is_said_once():
    places = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.*")
        for _ in re.finditer(r"\|\s*safe\b", path.read_text())
    ]
    assert places == ["templates/core/_prose.html"]


def test_vendored_htmx_is_the_file_that_was_read():
    table = (ROOT / "static" / "vendor" / "README.md").read_text()
    name, digest = re.search(r"`(htmx-[\d.]+\.min\.js)`.*`([0-9a-f]{64})`", table).groups()
    assert hashlib.sha256((ROOT / "static" / "vendor" / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("name", ["requirements.lock", "tests/requirements.lock"])
def test_lock_file_pins_with_hashes_and_names_no_address(name):
    text = (ROOT / name).read_text()
    pins = re.split(r"\n(?=\S)", text.strip())
    assert len(pins) > 30
    assert [pin for pin in pins if not re.match(r"[\w.\[\]-]+==\S+.*--hash=sha256:[0-9a-f]{64}", pin, re.DOTALL)] == []
    assert "://" not in text


@pytest.mark.parametrize(
    ("source", "slice_", "module", "says"),
    [
        ("from blueprints.comments.models import Comment", "posts", "models", "posts comes before comments"),
        ("def f():\n    from blueprints.admin import posts", "posts", "queries", "2: posts comes before admin"),
        ("from flask import request", "comments", "thread", "request is not for modules below"),
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
    ],
)
def test_check_of_the_spelling_can_fail(text):
    assert template_offences("x.html", text) != []


def test_check_of_partials_can_fail():
    assert template_offences("_x.html", "<p></p>\n") != []
