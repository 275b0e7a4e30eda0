"""The section "Your own script" of the Diagnosis page, driven without a browser."""

from streamlit.testing.v1 import AppTest

from dashboard.diagnosis import words
from mlp_core.doctor import KINDS
from mlp_core.doctor.records import EXAMPLE, opened

SECTION = "from dashboard.diagnosis import script\n\nscript.show()\n"


def test_the_example_has_a_card_for_each_finding() -> None:
    app = AppTest.from_string(SECTION).run()

    found = opened(EXAMPLE.read_text())
    texts = [markdown.value for markdown in app.markdown]
    assert not app.exception
    assert app.code[0].value == words.SCRIPT_COMMAND
    assert words.report(len(found), None) in texts
    for finding in found:
        assert f"**{words.kind(finding.kind)}**" in texts
    assert len([text for text in texts if text.startswith("**Instead.**")]) == len(found)


def test_every_kind_has_a_name_of_its_own() -> None:
    names = [words.kind(kind) for kind in KINDS]

    assert len(set(names)) == len(KINDS)
    assert words.kind("nonfinite_forward") == "NaN or infinity in the forward"
