"""The file of rules of thumb: what is in it has a source, and what is not of its form is rejected
with the item that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from parzen_study.common.errors import UnusableData
from parzen_study.topics.rules_of_thumb.published import FILE, UNITS, read, rules_of_thumb
from places import ANALYSIS, ROOT

PUBLISHED = ROOT / "results" / "published" / "rules_of_thumb.json"
Document = dict[str, Any]


def document() -> Document:
    found: Document = json.loads(PUBLISHED.read_bytes())
    return found


def test_the_package_carries_the_rules_unchanged() -> None:
    copy = ANALYSIS / "parzen_study" / FILE
    assert copy.read_bytes() == PUBLISHED.read_bytes()


def test_every_rule_has_a_source_and_one_sentence_of_it() -> None:
    for rule in rules_of_thumb().rules:
        assert rule.source.title
        assert any(character.isdigit() for character in rule.source.version)
        assert rule.source.address.startswith("https://")
        assert rule.quote.endswith(".")
        assert ". " not in rule.quote
        assert rule.unit in {"", *UNITS}
        assert (rule.threshold > 0.0) == bool(rule.unit)
        assert len(rule.text.split()) <= 12


def first(found: Document) -> Document:
    rule: Document = found["rules"][0]
    return rule


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"rules": [' + b"9" * 10_000 + b"]}",
        b"[]",
        b"null",
        b'"rules"',
        b"{}",
        b'{"rules": {}, "fastest_clock": {}}',
        b'{"rules": [], "fastest_clock": {"mhz": 6200, "of": "x"}}',
        b'{"rules": [7], "fastest_clock": {"mhz": 6200, "of": "x"}}',
    ],
)
def test_what_is_no_file_of_rules_is_rejected(content: bytes) -> None:
    with pytest.raises(UnusableData, match="rules of thumb: ") as error:
        read(content)
    assert "do:    correct results/published/rules_of_thumb.json" in str(error.value)
    assert str(error.value).isascii()


@pytest.mark.parametrize(
    ("place", "spoil"),
    [
        ("rules[0].id", lambda d: first(d).pop("id")),
        ("rules[0].id", lambda d: first(d).update(id="../../etc")),
        ("rules[0].rule", lambda d: first(d).update(rule="")),
        ("rules[0].rule", lambda d: first(d).update(rule="two\nlines")),
        ("rules[0].rule", lambda d: first(d).update(rule="\x1b[2J")),
        ("rules[0].rule", lambda d: first(d).update(rule="\u202egnorw")),
        ("rules[0].rule", lambda d: first(d).update(rule="\ud800")),
        ("rules[0].rule", lambda d: first(d).update(rule=7)),
        ("rules[0].quote", lambda d: first(d).update(quote="x" * 10_000)),
        ("rules[0].read_as", lambda d: first(d).pop("read_as")),
        ("rules[0].threshold", lambda d: first(d).update(threshold=None)),
        ("rules[0].threshold.unit", lambda d: first(d)["threshold"].update(unit="miles")),
        ("rules[0].source", lambda d: first(d).update(source=[])),
        ("rules[0].source.version", lambda d: first(d)["source"].pop("version")),
        *(
            ("rules[0].source.address", lambda d, a=address: first(d)["source"].update(address=a))
            for address in (
                "javascript:alert(1)",
                "http://example.org/",
                'https://example.org/"><script>',
                "https://user@example.org/",
                "",
            )
        ),
        *(
            ("rules[0].threshold.value", lambda d, v=value: first(d)["threshold"].update(value=v))
            for value in (0, -1, True, "1e6", None, float("nan"), float("inf"), 10**400, [1])
        ),
        ("fastest_clock", lambda d: d.pop("fastest_clock")),
        ("fastest_clock.mhz", lambda d: d["fastest_clock"].update(mhz=0)),
        ("fastest_clock.of", lambda d: d["fastest_clock"].update(of=None)),
        ("rules", lambda d: d["rules"].append(first(d))),
    ],
)
def test_the_item_that_is_wrong_is_named(place: str, spoil: Callable[[Document], object]) -> None:
    found = document()
    spoil(found)
    with pytest.raises(UnusableData) as error:
        read(json.dumps(found).encode("utf-8"))
    assert error.value.what.startswith(f"rules of thumb: {place} ")
    assert str(error.value).isprintable() or "\n" in str(error.value)
    assert "\x1b" not in str(error.value)
