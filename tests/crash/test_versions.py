import pytest

from millstream.crash.versions import VersionReading, from_names, from_text


@pytest.mark.parametrize(
    ("os_version", "likelier"),
    [
        ("iPhone OS 13.3.1 (17D50)", ("3.0", "1")),
        ("iPhone OS 14.8 (18H17)", ("3.0", "1")),
        ("iOS 9.1 (13B143)", ("3.0", "1")),
        ("Apple TVOS 14.0 (18J386)", ("3.0", "1")),
        ("Watch OS 7.6 (18U63)", ("3.0", "1")),
        ("iPhone OS 15.0 (19A346)", ("1", "3.0")),
        ("iOS 18.6.2 (22G100)", ("1", "3.0")),
        ("Watch OS 8.0 (19R346)", ("1", "3.0")),
        ("Mac OS X 10.11.3 (15D21)", ("1", "3.0")),
        ("macOS 13.4 (22F66)", ("1", "3.0")),
        ("", ("1", "3.0")),
    ],
)
def test_both_orders_are_read_and_the_system_says_which_is_likelier(os_version: str, likelier: tuple[str, str]) -> None:
    first, second = from_text("1 (3.0)", os_version)
    assert first == likelier
    assert second == (likelier[1], likelier[0])


@pytest.mark.parametrize(
    ("value", "readings"),
    [
        ("", ()),
        ("???", ()),
        ("??? (???)", ()),
        ("1.3", (("1.3", ""),)),
        ("1.3 (???)", (("1.3", ""),)),
        ("1.0 (1.0)", (("1.0", "1.0"),)),
        ("1.0 (beta) (4)", (("1.0 (beta)", "4"), ("4", "1.0 (beta)"))),
        ("4.19.0-nightly210608 (6771)", (("4.19.0-nightly210608", "6771"), ("6771", "4.19.0-nightly210608"))),
        ("1.0 (4", (("1.0", "4"), ("4", "1.0"))),
        ("(4)", (("4", ""),)),
    ],
)
def test_versions_as_they_are_written(value: str, readings: tuple[tuple[str, str], ...]) -> None:
    assert from_text(value, "macOS 13.4 (22F66)") == readings


def test_what_has_names_is_read_in_one_way() -> None:
    assert from_names("2.1", "57") == (VersionReading("2.1", "57"),)
    assert from_names("2.1", "") == (VersionReading("2.1", ""),)
    assert from_names("", "57") == (VersionReading("57", ""),)
    assert from_names("", "???") == ()


@pytest.mark.parametrize(
    ("text", "number"),
    [("57", 57), ("0057", 57), ("", None), ("3.5.5.2", None), ("-1", None), ("٣", None), ("²", None), ("9" * 19, None)],
)
def test_a_build_number_is_a_whole_number_of_64_bits(text: str, number: int | None) -> None:
    assert VersionReading("1.0", text).number == number
