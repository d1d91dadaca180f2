"""What a person at the desk does: open a page, fill in a form of it, press a button."""

from bs4 import BeautifulSoup, Tag

WORLDS = ("plain", "htmx")


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def partials(response) -> dict[str, Tag]:
    """The parts of an htmx answer by the place they go to."""
    return {part["hx-target"]: part for part in soup(response).find_all("hx-partial")}


def values(form: Tag) -> dict[str, str]:
    """What a browser would send if nothing in *form* were changed and no button had a name."""
    found: dict[str, str] = {}
    for field in form.select("[name]:not([type=submit])"):
        name = field["name"]
        if field.name == "textarea":
            found[name] = _typed(field)
        elif field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            found[name] = chosen["value"]
        elif field.name == "input" and (field.get("type") not in ("checkbox", "radio") or field.has_attr("checked")):
            found[name] = field.get("value", "")
    return found


def _typed(area: Tag) -> str:
    """A browser leaves out one line end at the beginning of a text area."""
    return area.get_text().replace("\r\n", "\n").removeprefix("\n")


def form_of(client, path: str, selector: str) -> Tag:
    response = client.get(path)
    assert response.status_code == 200, response.get_data(as_text=True)
    form = soup(response).select_one(selector)
    assert form is not None, f"{path} has no {selector}"
    return form


def press(client, form: Tag, world: str = "plain", *, without: tuple[str, ...] = (), **changes: str):
    """Send *form* with *changes* as a plain browser or as htmx does."""
    data = {**values(form), **changes}
    for name in without:
        data.pop(name, None)
    if world == "htmx":
        return client.htmx("POST", form["hx-post"], data=data)
    return client.post(form["action"], data=data)


def fill(client, path: str, selector: str, world: str = "plain", **changes):
    """Open *path* and send its form with *changes*."""
    return press(client, form_of(client, path, selector), world, **changes)
