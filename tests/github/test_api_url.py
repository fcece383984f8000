"""Which servers are asked."""

import pytest

from millstream.github.api_url import DEFAULT, check_url


def test_github_itself_unless_another_is_named() -> None:
    assert check_url(None) == check_url("") == DEFAULT


@pytest.mark.parametrize(
    "url", ["https://github.example.com/api/v3", "http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:1/api"]
)
def test_with_tls_or_on_this_machine(url: str) -> None:
    assert check_url(url) == check_url(f"{url}/") == url


@pytest.mark.parametrize(
    "url",
    [
        *("github.example.com", "ftp://github.example.com", "https://", "file:///etc/passwd"),
        *("http://github.example.com", "http://10.0.0.1", "http://localhost.example.com"),
        *("https://user:secret@github.example.com", "https://github.example.com/?x=1"),
    ],
)
def test_nothing_else(url: str) -> None:
    with pytest.raises(ValueError, match=r"API|TLS") as refused:
        check_url(url)
    assert "secret" not in str(refused.value)
