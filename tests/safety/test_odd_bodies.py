"""Bodies that are too large or no bodies at all, sent to a real server byte by byte."""

import socket
from contextlib import closing

import pytest

from blueprints.core.http import MAX_BODY
from tests.safety.asking import encode, form_fields


def raw(server, request: bytes) -> bytes:
    """The beginning of the answer to these bytes."""
    with closing(socket.create_connection(("127.0.0.1", server.port), 10)) as connection:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer and (part := connection.recv(65_536)):
            answer += part
        return answer


def head(server, post, *lines: str) -> bytes:
    words = (
        f"POST /posts/{post.slug}/comments HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Content-Type: application/x-www-form-urlencoded",
        *(("Sec-Fetch-Site: same-origin",) if not any("Sec-Fetch" in line for line in lines) else ()),
        *lines,
        "",
        "",
    )
    return "\r\n".join(words).encode()


def test_body_over_the_limit_is_413_before_it_is_read(server):
    post = server.post()
    answer = raw(server, head(server, post, f"Content-Length: {10**11}"))
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(("site", "status"), [("same-origin", 413), ("cross-site", 413)])
def test_chunked_body_over_the_limit_is_refused(server, site, status):
    post = server.post()
    body = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    chunks = body * (2 * MAX_BODY // 0x10000) + b"0\r\n\r\n"
    answer = raw(server, head(server, post, "Transfer-Encoding: chunked", f"Sec-Fetch-Site: {site}") + chunks)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:200]


def test_chunked_body_is_read_like_any_other(server):
    post = server.post()
    with server.app.app_context():
        body = encode(form_fields(post) | {"key": ""})
    chunks = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    answer = raw(server, head(server, post, "Transfer-Encoding: chunked") + chunks)
    assert answer.startswith(b"HTTP/1.1 303 "), answer[:200]
    assert [comment.text for comment in server.comments(post)] == ["A thought."]


def test_server_answers_raw_nonsense_without_a_fault(server):
    for line in (
        b"GET /%00",
        b"GET /%ED%A0%80?page=%FF",
        b"GET /" + b"a" * 60_000,
        b"TRACE /",
        b"FOO /",
        b"GET //evil/..//",
    ):
        for host in (b"x", b"a b<script>", b"evil.example:99999", b"[::1"):
            answer = raw(server, line + b" HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
            status = int(answer.split(b" ", 2)[1])
            assert 200 <= status < 500, (line[:40], host, status)
