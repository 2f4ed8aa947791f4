"""The site file's text: values change, comments and what else people wrote stay."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from radiograde.service.config.site_text import rewritten

SITE = """\
# The site of St. Anna
keep_days = 30  # by the works council

[node]
aet = "RG"   # as the PACS knows it

# The archive
[[destination]]
name = "pacs"
type = "dicom"
aet = "PACS"  # not PACS2
host = "10.0.0.1"
port = 104
tls = { ca = "/ca.pem" } # theirs

# The ward's folder
[[destination]]
name = "ward"
type = "folder"
path = "/srv/ward"

# What the RIS gets
[[destination]]
name = "ris"
type = "hl7"
host = "ris"
port = 2575

# Only grave ones
[[rules]]
to = ["ris"]
severity = ["severe"] # by the model

# Everything
[[rules]]
to = ["pacs"]

[reading]
# nobody yet
first = false
"""


def changed(**wanted: Any) -> str:
    """Return the text with changes, which say what they are to say."""
    text = rewritten(SITE, wanted)
    expected = tomllib.loads(SITE) | wanted
    assert tomllib.loads(text) == {name: one for name, one in expected.items() if one is not None}
    return text


def plain() -> dict[str, Any]:
    return tomllib.loads(SITE)


@pytest.mark.parametrize("wanted", [{}, plain()])
def test_what_does_not_change_stays_to_the_letter(wanted: dict[str, Any]) -> None:
    assert rewritten(SITE, wanted) == SITE


def test_a_value_changes_in_its_line() -> None:
    text = changed(keep_days=90, reading={"first": True, "readers": ["kim"]})
    assert "keep_days = 90  # by the works council\n" in text
    assert '[reading]\n# nobody yet\nfirst = true\nreaders = ["kim"]\n' in text
    assert text.splitlines()[:8] == [
        line.replace("30", "90", 1) if "keep_days" in line else line
        for line in SITE.splitlines()[:8]
    ]


def test_a_new_key_stands_above_the_tables() -> None:
    text = changed(identifiers="id")
    assert text.index('identifiers = "id"') < text.index("[node]")
    commented = '# First\n\n# The PACS\n[[destination]]\nname = "a"\n'
    assert rewritten(commented, {"keep_days": 3}) == (
        '# First\nkeep_days = 3\n\n# The PACS\n[[destination]]\nname = "a"\n'
    )


def test_a_table_of_a_list_is_known_by_its_name() -> None:
    pacs, _, ris = plain()["destination"]
    text = changed(destination=[ris, {**pacs, "port": 11112, "tls": {"ca": "/new.pem"}}])
    assert '# What the RIS gets\n[[destination]]\nname = "ris"' in text
    assert '# The archive\n[[destination]]\nname = "pacs"' in text
    assert 'aet = "PACS"  # not PACS2' in text
    assert "port = 11112\n" in text
    assert "# theirs" in text
    assert "ward" not in text.lower()


def test_a_rule_that_goes_takes_its_own_comment() -> None:
    text = changed(rules=plain()["rules"][1:])
    assert "# Everything\n[[rules]]" in text
    assert "# Only grave ones" not in text


def test_a_rule_that_changes_keeps_its_comment() -> None:
    grave, everything = plain()["rules"]
    text = changed(rules=[{**grave, "severity": ["severe", "moderate"]}, everything])
    assert '# Only grave ones\n[[rules]]\nto = ["ris"]\n' in text
    assert 'severity = ["severe", "moderate"] # by the model' in text


def test_new_tables_come_last_and_all_may_go() -> None:
    text = changed(
        notify=[{"name": "chief", "type": "mail", "host": "mail", "to": ["x@y"]}],
        destination=None,
        rules=None,
    )
    assert text.endswith('to = ["x@y"]\n')
    assert "# The site of St. Anna" in text
    assert "# nobody yet" in text


def test_an_empty_file_is_filled() -> None:
    tables = {"keep_days": 3, "destination": [{"name": "a", "tls": {"ca": "/a"}}]}
    assert tomllib.loads(rewritten("", tables)) == tables
