"""Three texts made one."""

import pytest

from blueprints.posts.merge import Collision, merge, put

BASE = "One. Two. Three.\n\nFour. Five.\n\n六。七。\n"


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        (BASE, BASE.replace("Two", "2"), BASE.replace("Two", "2")),
        (BASE.replace("One", "1"), BASE.replace("Three", "3"), BASE.replace("One", "1").replace("Three", "3")),
        (BASE.replace("六", "6"), BASE.replace("Four. ", ""), BASE.replace("六", "6").replace("Four. ", "")),
        (BASE + "\nEnd.", "Start.\n\n" + BASE, "Start.\n\n" + BASE + "\nEnd."),
        (BASE.replace("Two", "2"), BASE.replace("Two", "2"), BASE.replace("Two", "2")),
        ("", BASE, ""),
    ],
)
def test_what_one_of_them_changed_stands(mine, theirs, both):
    assert merge(BASE, mine, theirs) == (both, [])


def test_what_both_changed_is_a_collision_with_mine_in_the_text():
    text, collisions = merge(BASE, BASE.replace("Two", "2"), BASE.replace("Two", "Deux").replace("Five", "5"))
    assert text == BASE.replace("Two", "2").replace("Five", "5")
    assert collisions == [Collision("One. ", "2. ", "Deux. ")]
    assert put(text, collisions[0], "theirs") == text.replace("2. ", "Deux. ")
    assert put(text, collisions[0], "both") == text.replace("2. ", "2. Deux. ")
    assert put(text.replace("2. ", ""), collisions[0], "theirs") is None


def test_what_one_took_out_and_the_other_changed_can_be_put_back():
    text, [collision] = merge(BASE, BASE.replace("Two. ", ""), BASE.replace("Two", "2"))
    assert (collision.mine, collision.theirs) == ("", "2. ")
    assert put(text, collision, "theirs") == BASE.replace("Two", "2")


def test_large_texts_are_merged_in_time():
    base = "".join(f"Sentence {number} of the text. " + ("\n\n" if number % 5 == 0 else "") for number in range(8000))
    mine, theirs = base.replace("tence 10 ", "tence ten "), base.replace("tence 7990 ", "tence x ")
    text, collisions = merge(base, mine, theirs)
    assert (collisions, "ten of" in text, "x of" in text) == ([], True, True)
