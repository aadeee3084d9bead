"""The pictures: those in the repository are what their tool makes, and the plots say what the data say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from tests.docs import pictures
from tests.docs.front import SECONDS, files
from tests.required import required

if not required("docs"):
    pytest.importorskip("matplotlib", reason="needs the extra docs")


def test_the_pictures_of_the_front_are_what_their_tool_makes() -> None:
    for place, text in files().items():
        assert place.read_text() == text, "run tools/make-pictures"
        assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_recording_lasts_twenty_seconds() -> None:
    assert SECONDS == 20
    (recording,) = (text for place, text in files().items() if place.name == "terminal.svg")
    shares = [float(share) for share in re.findall(r"([0-9.]+)% \{ opacity: 1; \} 100%", recording)]
    assert shares == sorted(shares)
    assert shares[-1] < 100


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_plot_is_the_same_each_time_and_differs_in_the_dark(name: str) -> None:
    light, dark = (pictures.draw(name, dark=dark) for dark in (False, True))
    assert ET.fromstring(light).tag == ET.fromstring(dark).tag == "{http://www.w3.org/2000/svg}svg"
    assert light != dark
    assert light == pictures.draw(name, dark=False)


def test_the_proof_matrix_shows_every_cell() -> None:
    statuses = list(pictures.proof_statuses().values())
    drawn = re.findall(r"(?:uri|channels) (.)</text>", pictures.draw("proof", dark=False))
    assert sorted(drawn) == sorted(pictures._LETTERS[status] for status in statuses)


def test_the_plots_name_every_contender() -> None:
    for name, title in (("plain", "tcp:HOST:PORT, distinct"), ("wire", "one addr object")):
        drawn = pictures.draw(name, dark=False)
        (table,) = (table for table in pictures.reading()["tables"] if table["title"] == title)
        for contender, seconds in table["seconds"].items():
            assert f">{contender}</text>" in drawn
            assert f"{seconds * 1e6:.2f} µs" in drawn
