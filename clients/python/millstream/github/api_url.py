"""Where GitHub's API is: GitHub itself, or a server of one's own."""

import ipaddress
from urllib.parse import urlsplit

DEFAULT = "https://api.github.com"


def check_url(url: str | None) -> str:
    """Return the URL, without a slash at its end; GitHub's own for None. Raises ValueError where it is none.

    A token that travels in the clear is lost: without TLS only this machine is talked to.
    """
    if not url:
        return DEFAULT
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is not the address of an API: give it as https://HOST/api/v3")
    if parts.username or parts.password:
        raise ValueError("the address of an API has no user and no password: set github.token")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError(f"{parts.hostname} is asked with TLS only: https://{parts.hostname}")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
