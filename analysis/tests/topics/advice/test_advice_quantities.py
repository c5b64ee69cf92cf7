"""Quantities as people write them."""

from __future__ import annotations

import pytest

from parzen_study.topics.advice import quantities


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12us", 12e-6),
        ("12 \N{MICRO SIGN}s", 12e-6),
        ("12\N{GREEK SMALL LETTER MU}s", 12e-6),
        ("0.5ms", 0.5e-3),
        (".5ms", 0.5e-3),
        ("3s", 3.0),
        ("3.s", 3.0),
        ("1e-6s", 1e-6),
        (" 2 min ", 120.0),
        ("1h", 3600.0),
        ("250ns", 250e-9),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert quantities.duration(text) == pytest.approx(seconds, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("8", 8.0),
        ("0", 0.0),
        ("64KiB", 65536.0),
        ("16MiB", 2.0**24),
        ("16 MB", 16e6),
        ("1e3", 1e3),
        ("1.5KiB", 1536.0),
    ],
)
def test_sizes(text: str, size: float) -> None:
    assert quantities.size(text) == size


@pytest.mark.parametrize(("text", "count"), [("1000", 1000), ("1e6", 10**6), ("1e30", 10**30)])
def test_counts(text: str, count: int) -> None:
    assert quantities.count(text) == count


@pytest.mark.parametrize(("text", "share"), [("0", 0.0), ("0.1", 0.1), ("10%", 0.1), ("1", 1.0)])
def test_shares(text: str, share: float) -> None:
    assert quantities.share(text) == pytest.approx(share)


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        ("duration", "12", "has no unit; units of a time: ns, us,"),
        ("duration", "12 parsecs", "has the unknown unit 'parsecs'"),
        ("duration", "12US", "has the unknown unit 'US'"),
        ("duration", "0s", "not a time of at least 1e-12 s"),
        ("duration", "-3s", "is negative"),
        ("duration", "nan", "is not a time, such as 12us"),
        ("duration", "infs", "is not a time, such as 12us"),
        ("duration", "", "'' is not a time"),
        ("duration", "1,5ms", "is not a time"),
        ("duration", "12us13us", "is not a time"),
        ("duration", "1e99999s", "is above 1e+36"),
        ("duration", "1e9999999s", "is not a time"),
        ("duration", "1e-99999s", "not a time of at least 1e-12 s"),
        ("duration", "\N{ARABIC-INDIC DIGIT ONE}s", "is not a time"),
        ("duration", "1\x1b[31ms", r"\x1b"),
        ("size", "64KB", "has the unknown unit 'KB'; units of a size: B, kB"),
        ("size", "-1", "is negative"),
        ("size", "1.5", "'1.5' is not a whole number of bytes"),
        ("size", "0.1KiB", "'0.1KiB' is not a whole number of bytes"),
        ("count", "0", "is not a whole number of at least 1"),
        ("count", "-0", "is not a whole number of at least 1"),
        ("count", "-5", "is negative"),
        ("count", "1.5", "is not a whole number of at least 1"),
        ("count", "1e-3", "is not a whole number of at least 1"),
        ("count", "1e37", "is above 1e+36, the most that is supported"),
        ("count", "10k", "has the unknown unit 'k'; write a count such as 1000 or 1e6"),
        ("workers", "4097", "is above 4096, the most workers of a backend"),
        ("share", "1.01", "is not a share from 0 to 1"),
        ("share", "101%", "is not a share from 0 to 1"),
        ("share", "-1%", "is negative"),
        ("share", "half", "is not a share, such as 0.1 or 10%"),
    ],
)
def test_bad_quantities_say_what_is_wrong(read: str, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^'") as raised:
        getattr(quantities, read)(text)
    assert said in str(raised.value)
    assert str(raised.value).isprintable()
