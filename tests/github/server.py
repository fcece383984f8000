"""GitHub's list of a repository's issues, on the loopback interface, as its documentation says that it behaves.

https://docs.github.com/rest/issues/issues#list-repository-issues, and the guides on pagination, rate limits and
conditional requests beside it.
"""

import hashlib
import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

Answer = tuple[int, Mapping[str, str], Any]


class Asked(NamedTuple):
    """A request that came."""

    path: str
    parameters: dict[str, str]
    headers: dict[str, str]


@dataclass
class FakeGitHub:
    """One repository, `octocat/Hello-World`, and how GitHub feels today.

    `planned` are answers to give before all others. `remaining` requests are let through until `reset`, in seconds
    since 1970; conditional requests that end in 304 are free. With a `token` the repository is a private one.
    """

    token: str = ""
    remaining: int = 5000
    reset: int = 0
    elements: dict[int, dict[str, Any]] = field(default_factory=dict)
    planned: "deque[Answer]" = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    moved_from: str = ""
    next_page_host: str = ""

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """What to give as the address of the API."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def change(self, number: int, updated_at: datetime, **fields: Any) -> None:
        """Make an issue, or change one."""
        before = self.elements.get(number) or _element(self.url, number, updated_at)
        self.elements[number] = before | {"updated_at": _written(updated_at)} | fields

    def answer(self, asked: Asked) -> Answer:
        """Return status, headers and body."""
        self.asked.append(asked)
        if self.planned:
            return self.planned.popleft()
        if asked.path == self.moved_from:
            url = f"{self.url}/repositories/1296269/issues?{urlencode(asked.parameters)}"
            return 301, {"location": url}, {"message": "Moved Permanently", "url": url}
        given = asked.headers.get("authorization", "")
        if self.token and given not in {"", f"token {self.token}", f"Bearer {self.token}"}:
            return 401, self._limits(), {"message": "Bad credentials"}
        if asked.path.lower() not in {"/repos/octocat/hello-world/issues", "/repositories/1296269/issues"}:
            return 404, self._limits(), {"message": "Not Found"}
        if self.token and not given:
            return 404, self._limits(), {"message": "Not Found"}  # a private one: its existence is secret
        return self._list(asked)

    def _list(self, asked: Asked) -> Answer:
        elements = self._wanted(asked.parameters)
        size = min(int(asked.parameters.get("per_page", "30")), 100)
        page = int(asked.parameters.get("page", "1"))
        body = elements[(page - 1) * size : page * size]
        etag = f'W/"{hashlib.sha256(json.dumps(body).encode()).hexdigest()}"'
        if asked.headers.get("if-none-match") == etag:
            return 304, self._limits() | {"etag": etag}, None
        if self.remaining <= 0:
            message = "API rate limit exceeded for user ID 1. (But here's the good news: …)"
            return 403, self._limits(), {"message": message}
        self.remaining -= 1
        links = self._links(asked.parameters, page, -(-len(elements) // size))
        return 200, self._limits() | {"etag": etag} | ({"link": links} if links else {}), body

    def _wanted(self, parameters: Mapping[str, str]) -> list[dict[str, Any]]:
        state, since = parameters.get("state", "open"), parameters.get("since", "")
        order = {"created": "created_at", "updated": "updated_at"}[parameters.get("sort", "created")]
        found = [
            element
            for element in self.elements.values()
            if state in {"all", element["state"]}
            and (not since or datetime.fromisoformat(element["updated_at"]) >= datetime.fromisoformat(since))
        ]
        falling = parameters.get("direction", "desc") == "desc"
        return sorted(found, key=lambda element: (element[order], element["number"]), reverse=falling)

    def _links(self, parameters: Mapping[str, str], page: int, pages: int) -> str:
        wanted = {"prev": page - 1, "next": page + 1, "last": pages, "first": 1}
        host = self.next_page_host or self.url
        base = f"{host}/repositories/1296269/issues"
        here = {"prev": page > 1, "next": page < pages, "last": page < pages, "first": page > 1}
        return ", ".join(
            f'<{base}?{urlencode({**parameters, "page": number})}>; rel="{rel}"'
            for rel, number in wanted.items()
            if here[rel]
        )

    def _limits(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": str(max(self.remaining, 0)),
            "x-ratelimit-used": str(5000 - max(self.remaining, 0)),
            "x-ratelimit-reset": str(self.reset or int(time.time()) + 3600),
            "x-ratelimit-resource": "core",
        }


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _element(url: str, number: int, updated_at: datetime) -> dict[str, Any]:
    """Return an issue, with those of its many fields that tell something."""
    return {
        "id": 1_000_000 + number,
        "node_id": f"I_{number}",
        "url": f"{url}/repos/octocat/Hello-World/issues/{number}",
        "repository_url": f"{url}/repos/octocat/Hello-World",
        "number": number,
        "state": "open",
        "title": f"Issue {number}",
        "body": f"The text of {number}.",
        "user": {"login": "octocat", "id": 1, "type": "User"},
        "labels": [{"id": 1, "name": "bug", "color": "f29513", "default": True}],
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "locked": False,
        "comments": 0,
        "closed_at": None,
        "created_at": _written(updated_at),
        "updated_at": _written(updated_at),
        "author_association": "OWNER",
    }


def _handler(github: FakeGitHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, extra, body = github.answer(Asked(parts.path, dict(parse_qsl(parts.query)), headers))
            data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("content-type", "application/json; charset=utf-8")
            if status != 304:
                self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library calls it so
            pass

    return Handler
