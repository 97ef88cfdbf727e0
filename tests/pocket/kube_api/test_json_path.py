"""JSONPath as client-go has it: the words of its documentation, and where it gives up."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.kube.columns.json_path import JsonPathError, json_path

STORE: dict[str, Any] = {
    "metadata": {"labels": {"app.kubernetes.io/name": "shop", "app": "x"}, "name": "store"},
    "book": [
        {"title": "Sayings", "price": 8, "isbn": None, "sold": True},
        {"title": "Sword (of 'Honour')", "price": 12, "half": 1.5, "sold": False},
        {"title": "Moby", "isbn": "0-553", "tags": ["sea", "white"], "price": 9},
    ],
    "owner": {"title": "boss", "tags": ["first"]},
    "none": None,
    "empty": [],
}
TITLES = [book["title"] for book in STORE["book"]]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".metadata.name", ["store"]),
        ("$.metadata.name", ["store"]),
        (".metadata['name']", ["store"]),
        (r".metadata.labels.app\.kubernetes\.io/name", ["shop"]),
        (r".metadata.labels['app\.kubernetes\.io/name']", ["shop"]),
        (".metadata.labels['app.kubernetes.io/name']", []),
        (".missing.more", []),
        (".metadata.name.store", []),
        (".owner.tags.first", []),
        (".none.more", []),
        (".none[0]", []),
        (".empty[*]", []),
        (".book[0].title", TITLES[:1]),
        (".book[-1].title", TITLES[2:]),
        (".book[*].title", TITLES),
        (".book.*.title", TITLES),
        (".book[1:].title", TITLES[1:]),
        (".book[:2].title", TITLES[:2]),
        (".book[0:3:2].title", [TITLES[0], TITLES[2]]),
        (".book[:-1].title", TITLES[:2]),
        (".book[1:1].title", []),
        (".book[0,2].title", [TITLES[0], TITLES[2]]),
        (".owner['title','tags']", ["boss", ["first"]]),
        ("..tags", [["sea", "white"], ["first"]]),
        ("..tags[0]", ["sea", "first"]),
        (".owner..title", ["boss"]),
        ('.book[?(@.title=="Moby")].price', [9]),
        (".book[?(@.title=='Moby')].tags[1]", ["white"]),
        (".book[?(@.title == \"Sword (of 'Honour')\")].price", [12]),
        (".book[?(@.price>8)].title", TITLES[1:]),
        (".book[?(@.price<=9)].title", [TITLES[0], TITLES[2]]),
        (".book[?(@.price!=12)].title", [TITLES[0], TITLES[2]]),
        (".book[?(@.price<@.price)].title", []),
        (".book[?(@.sold==true)].title", TITLES[:1]),
        (".book[?(@.half>=1.5)].title", TITLES[1:2]),
        (".book[?(@.isbn)].title", [TITLES[0], TITLES[2]]),
        ('.book[?(@.tags[0]=="sea")].title', TITLES[2:]),
    ],
)
def test_what_a_path_finds(path, found):
    assert json_path(path)([STORE]) == found


@pytest.mark.parametrize(
    "path",
    [
        ".book[3]",
        ".book[-4]",
        ".book[0:9]",
        ".book[2:1]",
        ".book[0:2:0]",
        ".owner[0]",
        ".owner[?(@.x)]",
        '.book[?(@.price=="8")]',
        ".book[?(@.isbn=='x')]",
        ".book[?(@.sold==1)]",
        ".book[?(@.*==1)]",
        ".book[?(@.title==Moby)]",
        ".book[?(@.title='Moby')]",
    ],
)
def test_what_does_not_fit(path):
    find = json_path(path)
    with pytest.raises(JsonPathError):
        find([STORE])


@pytest.mark.parametrize(
    "path",
    [
        ".a[",
        ".a[b]",
        ".a[?(@.b]",
        '.a[?(@.b=="c)]',
        ".a[?(@.b=~'c')]",
        ".a[?(@.b==1.2.3)]",
        "'a",
    ],
)
def test_what_is_no_path(path):
    with pytest.raises(JsonPathError):
        json_path(path)
