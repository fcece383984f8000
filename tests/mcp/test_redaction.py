"""What is kept of arguments: no secrets, and not much."""

import json
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from millstream.mcp.redaction import HIDDEN, Bounds, clipped, fit_to_keep, without_secrets

BOUNDS = Bounds(text=50, elements=5, depth=3, total=2_000)
SECRETS = {
    "GITHUB_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ": "GITHUB_TOKEN=[redacted]",
    "pushed with ghp_0123456789abcdefghijABCDEFGHIJ": "pushed with [redacted]",
    "github_pat_0123456789abcdefghijAB is mine": "[redacted] is mine",
    "https://me:hunter22@example.com/a.git": "https://[redacted]@example.com/a.git",
    "Authorization: Bearer abcdef.ghijkl": "Authorization: Bearer [redacted]",
    "curl -H 'authorization: basic dXNlcjpwYXNz'": "curl -H 'authorization: basic [redacted]'",
    "--password=hunter22 --verbose": "--password=[redacted] --verbose",
    'api_key: "k-1234"': 'api_key: "[redacted]"',
    "AKIAABCDEFGHIJKLMNOP": "[redacted]",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl!": "[redacted]!",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest": "[redacted]\nrest",
    "-----BEGIN PRIVATE KEY-----\nMIIE cut off": "[redacted]",
}
PLAIN = [
    "kettle.c:3:12: error: ‘degrees’ undeclared (first use in this function)",
    "https://example.com:8080/path?query=1",
    "tokens: 1200",
    "git@github.com:acme/app.git",
]


@pytest.mark.parametrize(("text", "kept"), SECRETS.items())
def test_a_secret_in_a_text_is_hidden(text: str, kept: str) -> None:
    assert without_secrets(text) == kept


@pytest.mark.parametrize("text", PLAIN)
def test_a_text_without_secrets_stays(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize("name", ["password", "GITHUB_TOKEN", "apiKey", "api-key", "client_secret", "Authorization"])
def test_a_value_that_is_named_a_secret_is_hidden(name: str) -> None:
    assert fit_to_keep({"headers": {name: "plain words"}}, BOUNDS) == {"headers": {name: HIDDEN}}


def test_what_is_too_long_is_cut_and_says_so() -> None:
    kept = fit_to_keep({"text": "x" * 60, "list": list(range(8)), "deep": {"a": {"b": {"c": 1}}}}, BOUNDS)
    assert kept == {
        "text": "x" * 50 + "… (10 more characters)",
        "list": [0, 1, 2, 3, 4, "… (3 more)"],
        "deep": {"a": {"b": "(too deep to be kept)"}},
    }
    assert fit_to_keep({str(number): number for number in range(7)}, BOUNDS)["…"] == "(2 more)"


def test_of_what_is_too_much_in_all_the_names_are_kept() -> None:
    kept = fit_to_keep({"a": [["x" * 50] * 5] * 5, "b": [["y" * 50] * 5] * 5}, BOUNDS)
    assert kept == {"a": "(too large to be kept)", "b": "(too large to be kept)"}


def test_numbers_that_a_double_can_not_hold_are_kept_as_texts() -> None:
    values = {"big": 2**60 + 1, "small": 7, "nan": float("nan"), "yes": True, "none": None}
    assert fit_to_keep(values, BOUNDS) == {"big": str(2**60 + 1), "small": 7, "nan": "nan", "yes": True, "none": None}


@pytest.mark.parametrize(
    "part", ["x", "token", "eyJ-", "://a:", "password= ", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "bearer "]
)
def test_a_long_text_takes_no_longer_than_its_length(part: str) -> None:
    # where time grew with the square of the length, this would take hours
    without_secrets(part * (300_000 // len(part)))


def test_a_clipped_text_tells_how_much_is_missing() -> None:
    assert clipped("abc", 3) == "abc"
    assert clipped("abcd", 3) == "abc… (1 more characters)"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=80),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=60), inner, max_size=8),
    max_leaves=60,
)


@given(st.dictionaries(st.text(max_size=60), JSON, max_size=8))
def test_whatever_comes_is_small_and_can_be_stored(values: dict[str, Any]) -> None:
    kept = fit_to_keep(values, BOUNDS)
    assert len(json.dumps(kept, ensure_ascii=False).encode()) <= BOUNDS.total
    stored = Struct()
    stored.update(kept)
    assert b"\0" not in str(stored).encode()
    assert Struct.FromString(stored.SerializeToString()) == stored
