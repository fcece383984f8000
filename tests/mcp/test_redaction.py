"""What is kept of arguments: no secrets, and not much."""

import json
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from millstream.mcp.shared.redaction import HIDDEN, Bounds, clip, fit_to_keep, without_secrets
from millstream.mcp.shared.secret_rules import MAX_SECRET, Rule, rules

LENGTH = 1_000
BOUNDS = Bounds(text=50, elements=5, depth=3, total=2_000)
WORD = "0123456789abcdefghijABCDEFGHIJklmnopqrstuvwxyzKLMNOPQRSTUVWXYZ" * 3
"""What tokens of tests are made of."""
SECRETS = {
    f"GITHUB_TOKEN=ghp_{WORD[:36]}": "GITHUB_TOKEN=[redacted]",
    f"pushed with ghp_{WORD[:36]}": "pushed with [redacted]",
    f"github_pat_{WORD[:82]} is mine": "[redacted] is mine",
    "https://me:hunter22@example.com/a.git": "https://[redacted]@example.com/a.git",
    "Authorization: Bearer abcdef.ghijkl": "Authorization: Bearer [redacted]",
    "curl -H 'authorization: basic dXNlcjpwYXNz'": "curl -H 'authorization: basic [redacted]'",
    "--password=hunter22 --verbose": "--password=[redacted] --verbose",
    'api_key: "k-1234"': 'api_key: "[redacted]"',
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl!": "[redacted]!",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest": "[redacted]\nrest",
    "-----BEGIN PRIVATE KEY-----\nMIIE cut off": "[redacted]",
    # tokens of known shapes, said without a name
    "with AKIAQ3EGRZ7XMPL5ABCD in it": "with [redacted] in it",
    f"sk-ant-api03-{WORD[:93]}AA": "[redacted]",
    f"sk-proj-{WORD[:74]}T3BlbkFJ{WORD[1:75]}": "[redacted]",
    f"AIza{WORD[:35]}": "[redacted]",
    f"glpat-{WORD[:20]}": "[redacted]",
    f"hf_{WORD[10:20]}{WORD[36:60]}": "[redacted]",
    f"npm_{WORD[:36]}": "[redacted]",
    f"pypi-{WORD[:160]}": "[redacted]",
    f"dckr_pat_{WORD[:27]}": "[redacted]",
    f"xoxb-123456789012-1234567890123-{WORD[:24]}": "[redacted]",
    f"https://hooks.slack.com/services/T12345678/B12345678/{WORD[:24]}": "https://hooks.slack.com/services[redacted]",
    f"dop_v1_{'0123456789abcdef' * 4}": "[redacted]",
    f"lin_api_{WORD[:40]}": "[redacted]",
}
PLAIN = [
    "kettle.c:3:12: error: ‘degrees’ undeclared (first use in this function)",
    "https://example.com:8080/path?query=1",
    "tokens: 1200",
    "git@github.com:acme/app.git",
    "4ae6e6084a14928aac807cda460ee55b9940a6d4",
    "01928c3e-7f20-7abc-8000-000000000000",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "see https://example.com/a/very/long/path/with/many/parts/and-a-Name_With.Signs?x=1",
    "error[E0382]: borrow of moved value: `sk-ant`",
]


@pytest.mark.parametrize(("text", "kept"), SECRETS.items())
def test_a_secret_in_a_text_is_hidden(text: str, kept: str) -> None:
    assert without_secrets(text, LENGTH) == kept


@pytest.mark.parametrize("text", PLAIN)
def test_a_text_without_secrets_stays(text: str) -> None:
    assert without_secrets(text, LENGTH) == text


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
    without_secrets(part * (300_000 // len(part)), LENGTH)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_no_rule_takes_longer_than_a_text_is_long(rule: Rule) -> None:
    """As above, for each rule: a text that almost has its tokens, over and over, as long as is ever looked at."""
    for telling in rule.telling:
        for part in (telling, f"{telling}a", f"{telling}A1-" * 20, f"1{telling}.", "aA0_" * 40 + telling):
            rule.hide(part * ((LENGTH + MAX_SECRET) // len(part)), HIDDEN)


def test_a_secret_is_hidden_where_it_is_cut_off() -> None:
    text = "x " * 250 + f"ghp_{WORD[:36]} " + "y" * 50_000
    kept = without_secrets(text, 503)
    assert kept.startswith("x " * 250 + "[re…")
    assert "ghp" not in kept


def test_a_clipped_text_tells_how_much_is_missing() -> None:
    assert clip("abc", 3) == "abc"
    assert clip("abcd", 3) == "abc… (1 more characters)"


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
