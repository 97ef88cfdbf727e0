"""From an action's result to an HTTP response, and from a request to parameters, as tables."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from starlette.datastructures import Headers

from owlab.pocket.openwhisk import web
from owlab.pocket.openwhisk.media import media
from owlab.pocket.openwhisk.refusals import WhiskError

HTTP = "Response is not valid 'message/http'."


def answered(result: Any, extension: str = ".http", *, failed: bool = False) -> web.WebResponse:
    return web.answer(result, extension, failed=failed)


@pytest.mark.parametrize(
    ("status", "wanted"),
    [(100, 100), (599, 599), ("404", 404), (201.0, 201), (302, 302)],
)
def test_statuses(status: Any, wanted: int) -> None:
    assert answered({"statusCode": status, "body": "x"}).status == wanted


@pytest.mark.parametrize("status", [99, 600, 0, -200, True, 200.5, "ok", None, [200], 1e400])
def test_statuses_that_are_none(status: Any) -> None:
    with pytest.raises(WhiskError, match=HTTP) as refused:
        answered({"statusCode": status, "body": "x"})
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({"X-A": "b"}, [("X-A", "b")]),
        ({"X-A": 5, "X-B": True}, [("X-A", "5"), ("X-B", "true")]),
        ({"Set-Cookie": ["a=1", "b=2"]}, [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]),
        ({"X-A": [["a", ["b"]], "c"]}, [("X-A", "a"), ("X-A", "b"), ("X-A", "c")]),
        ({"X-A": []}, []),
        # The server measures and frames by itself.
        ({"Content-Length": "9", "transfer-encoding": "x", "Connection": "x", "X": "1"},
         [("X", "1")]),
        ({"Location": "http://a.example/"}, [("Location", "http://a.example/")]),
    ],
)  # fmt: skip
def test_headers(headers: dict[str, Any], wanted: list[tuple[str, str]]) -> None:
    assert answered({"headers": headers, "body": "x"}).headers == wanted


@pytest.mark.parametrize(
    "headers",
    [
        5,
        ["X-A"],
        {"X-A": {"b": 1}},
        {"X-A": ["b", None]},
        {"X-A": None},
        {"X-A": "b\nX-Forged: 1"},
        {"X-A": "b\rX-Forged: 1"},
        {"X-Ä": "b"},
    ],
)
def test_headers_that_are_none(headers: Any) -> None:
    with pytest.raises(WhiskError, match=HTTP):
        answered({"headers": headers, "body": "x"})


@pytest.mark.parametrize(
    ("result", "status", "kind", "body", "negotiated"),
    [
        ({}, 204, None, b"", False),
        ({"body": ""}, 204, None, b"", False),
        ({"statusCode": 302, "body": None}, 302, None, b"", False),
        ({"body": 0}, 200, "application/json", b"0", True),
        ({"body": False}, 200, "application/json", b"false", True),
        ({"body": [1, "a"]}, 200, "application/json", b'[1, "a"]', True),
        ({"body": "ä"}, 200, "text/html; charset=UTF-8", "ä".encode(), False),
        ({"headers": {"Content-Type": "text/csv"}, "body": "a,b"}, 200,
         "text/csv; charset=UTF-8", b"a,b", False),
        ({"headers": {"content-type": "application/vnd.x+json"}, "body": {}}, 200,
         "application/vnd.x+json; charset=UTF-8", b"{\n\n}", False),
        # What looks like base64 is taken for it, where the type is JSON.
        ({"headers": {"content-type": "application/json"}, "body": "eyJhIjoxfQ=="}, 200,
         "application/json", b'{"a":1}', False),
        ({"headers": {"content-type": "application/json"}, "body": " eyJhIjoxfQ== "}, 200,
         "application/json", None, False),
        ({"headers": {"content-type": "application/json"}, "body": "abc"}, 200,
         "application/json", b"abc", False),
        ({"headers": {"content-type": "application/json"}, "body": "true!"}, 200,
         "application/json", b"true!", False),
        ({"headers": {"content-type": "text/plain"}, "body": "aGk="}, 200,
         "text/plain; charset=UTF-8", b"aGk=", False),
    ],
)  # fmt: skip
def test_http(
    result: dict[str, Any], status: int, kind: str | None, body: bytes | None, negotiated: bool
) -> None:
    if body is None:
        with pytest.raises(WhiskError, match="did not match"):
            answered(result)
        return
    got = answered(result)
    assert (got.status, got.content_type, got.body, got.negotiated) == (
        status, kind, body, negotiated,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("result", "extension", "body"),
    [
        ({"a": {"b": 1}, "A": 2}, ".json", '{\n  "A": 2,\n  "a": {\n    "b": 1\n  }\n}'),
        ([1, 2.50, {"a": None}], ".json", '[1, 2.5, {\n  "a": null\n}]'),
        ({"body": "<b>", "html": "<i>"}, ".html", "<b>"),
        ({"html": "<i>"}, ".html", "<i>"),
        ("<p>", ".html", "<p>"),
        ({"svg": "<svg/>"}, ".svg", "<svg/>"),
        ({"body": "a", "text": "b"}, ".text", "a"),
        ({"text": "b"}, ".text", "b"),
        ({"body": None}, ".text", "null"),
        ("a", ".text", "a"),
        ([1], ".text", "[1]"),
        (True, ".text", "true"),
    ],
)
def test_extensions(result: Any, extension: str, body: str) -> None:
    got = answered(result, extension)
    assert (got.status, got.body.decode()) == (200, body)
    assert (
        got.content_type
        == {
            ".json": "application/json",
            ".html": "text/html; charset=UTF-8",
            ".svg": "image/svg+xml",
            ".text": "text/plain; charset=UTF-8",
        }[extension]
    )
    # The client's Accept is looked at for what the extension alone decides.
    assert got.negotiated is (extension in (".json", ".text"))


@pytest.mark.parametrize(
    ("result", "extension", "status", "sentence"),
    [
        ("a", ".json", 400, "Response is not valid 'application/json'."),
        (5, ".http", 400, HTTP),
        ({"svg": 5}, ".svg", 400, "Response is not valid 'image/svg+xml'."),
        ({"text": "b"}, ".html", 400, "Response is not valid 'text/html'."),
        ({"a": 1}, ".text", 404, "Response does not include requested property."),
    ],
)
def test_extensions_that_do_not_fit(
    result: Any, extension: str, status: int, sentence: str
) -> None:
    with pytest.raises(WhiskError) as refused:
        answered(result, extension)
    assert (refused.value.status, refused.value.message) == (status, sentence)


def test_an_error_is_projected_alone() -> None:
    assert answered({"error": {"body": "tea"}}, failed=True).body == b"tea"
    assert answered({"error": "boom", "text": "x"}, ".text", failed=True).body == b"boom"
    assert answered("boom", ".text", failed=True).body == b"boom"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("hello", ("hello", ".http")),
        ("hello.json", ("hello", ".json")),
        ("hello.http", ("hello", ".http")),
        ("hello.svg.text", ("hello.svg", ".text")),
        ("hello.gif", ("hello.gif", ".http")),
        # An extension alone is a name.
        (".json", (".json", ".http")),
    ],
)
def test_extensions_are_split_off(name: str, wanted: tuple[str, str]) -> None:
    assert web.split_extension(name) == wanted


def asked(query: str = "", body: bytes = b"", kind: str = "", **more: Any) -> web.WebRequest:
    headers = {"Connection": "close", "X-B": "1", "Accept": "*/*"}
    headers |= {"Content-Type": kind} if kind else {}
    return web.WebRequest("POST", Headers(headers), "/p", query, body, **more)


def test_what_an_action_is_told_of_a_request() -> None:
    told = web.parameters(asked("a=1&b=&a=2", user="guest"), raw=False, fixed=set())
    assert told == {
        "a": "2",
        "b": "",
        "__ow_method": "post",
        "__ow_headers": {"accept": "*/*", "host": "controllers", "x-b": "1"},
        "__ow_path": "/p",
        "__ow_user": "guest",
    }
    assert list(told["__ow_headers"]) == ["accept", "host", "x-b"]
    assert "__ow_user" not in web.parameters(asked(), raw=False, fixed=set())


@pytest.mark.parametrize(
    ("query", "body", "fixed"),
    [
        ("__ow_user=root", b"", set()),
        ("__ow_body=x", b"", set()),
        ("", b'{"__ow_query": 1}', set()),
        ("unit=km", b"", {"unit"}),
        ("", b'{"unit": 1}', {"unit"}),
    ],
)
def test_what_a_request_may_not_set(query: str, body: bytes, fixed: set[str]) -> None:
    with pytest.raises(WhiskError, match="not allowed") as refused:
        web.parameters(asked(query, body, "application/json"), raw=False, fixed=fixed)
    assert refused.value.status == 400
    # A raw action parses the request by itself: there is nothing that could be set.
    assert web.parameters(asked(query, body), raw=True, fixed=fixed)["__ow_query"] == query


@pytest.mark.parametrize(
    ("kind", "body", "wanted"),
    [
        ("application/json", b'{"a": 1}', base64.b64encode(b'{"a": 1}').decode()),
        ("application/vnd.x+json", b"{}", base64.b64encode(b"{}").decode()),
        ("application/merge-patch+json", b"{}", "{}"),
        ("text/plain", b"hi \xff", "hi �"),
        ("", b"hi", base64.b64encode(b"hi").decode()),
        ("text/plain", b"", ""),
    ],
)
def test_a_raw_body(kind: str, body: bytes, wanted: str) -> None:
    assert web.parameters(asked("", body, kind), raw=True, fixed=set())["__ow_body"] == wanted


def test_a_body_that_is_no_json() -> None:
    with pytest.raises(WhiskError, match="malformed") as refused:
        web.parameters(asked("", b"{a", "application/json"), raw=False, fixed=set())
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("text", "binary", "json", "header"),
    [
        ("text/x-own", False, False, "text/x-own; charset=UTF-8"),
        ("TEXT/HTML;charset=ascii", False, False, "text/html; charset=UTF-8"),
        ("application/javascript", False, False, "application/javascript; charset=UTF-8"),
        ("application/json", False, True, "application/json"),
        ("application/problem+json", False, True, "application/problem+json"),
        ("application/x-www-form-urlencoded", False, False, "application/x-www-form-urlencoded"),
        ("audio/ogg; charset=utf-8", True, False, "audio/ogg"),
        ("application/pdf; charset=utf-8", True, False, "application/pdf"),
        ("application/x-own", True, False, "application/x-own"),
        ('application/x-own; charset="utf-8"; a=b', False, False,
         "application/x-own; charset=UTF-8"),
    ],
)  # fmt: skip
def test_media_types(text: str, binary: bool, json: bool, header: str) -> None:
    found = media(text)
    assert found is not None
    assert (found.binary, found.json, found.header) == (binary, json, header)


@pytest.mark.parametrize("text", ["", "text", "text/", "/html", "text/html; charset", "a b/c"])
def test_media_types_that_are_none(text: str) -> None:
    assert media(text) is None
