"""An address is given, or comes from the environment, or is the default; a bad one is refused."""

import pytest

from millstream.transport.address import DEFAULT, resolve


def test_without_anything_it_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MILLSTREAM_ADDRESS", raising=False)
    assert resolve() == DEFAULT == "127.0.0.1:50551"


def test_the_environment_comes_before_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_ADDRESS", "127.0.0.1:7")
    assert resolve() == "127.0.0.1:7"
    assert resolve("localhost:8") == "localhost:8"


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_ADDRESS", "")
    assert resolve() == DEFAULT


@pytest.mark.parametrize("address", ["127.0.0.1:1", "a.b:65535", "[::1]:50551", "unix:/run/m.sock", "unix:m.sock"])
def test_good_addresses_are_taken_as_they_are(address: str) -> None:
    assert resolve(address) == address


@pytest.mark.parametrize(
    "address", ["", "localhost", "localhost:", ":50551", "localhost:0", "localhost:65536", "localhost:x", "unix:",
                "unix://", "http://localhost:50551", "::1:50551", "two words:1"],
)  # fmt: skip
def test_a_bad_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="the address must"):
        resolve(address)


def test_a_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_ADDRESS", "nonsense")
    with pytest.raises(ValueError, match="MILLSTREAM_ADDRESS must be HOST:PORT"):
        resolve()
