"""The decks' sources: every image has a text, every cue its cell, every built file its source; and how to draw."""

import shutil

import pytest

from course.cli import main
from course.slides import build, drawing, images
from course.slides.check import check
from course.slides.deck import decks, read_deck
from mlsd import settings
from mlsd.errors import DataError, ServiceError

ROOT = settings.root()
DECKS = decks(ROOT)
SVG = "![A box with one word and an arrow](../../../01_materials/slides/images/factory_line.svg)"
CUE = "Lab 03, section 1. {}, cell `{}`"
NOTES = "<!-- " + "word " * 20 + "-->"


def written(folder, *slides):
    path = folder / "deck.md"
    path.write_text("---\nmarp: true\n---\n" + "\n---\n".join(slides), encoding="utf-8")
    return read_deck(path)


def about_slide(folder, slide):
    return [line for line in check(written(folder, slide), ROOT) if "slide 1 " in line]


@pytest.mark.parametrize("path", DECKS, ids=lambda path: path.stem)
def test_a_deck_is_complete(path):
    assert check(read_deck(path), ROOT) == []


def test_there_are_seven_decks_built_from_the_sources_that_are_there():
    assert len(DECKS) == 7
    assert build.stale(ROOT) == [], "run `make slides`"


def test_every_drawing_is_shown_and_every_shown_image_is_drawn():
    shown = {
        target.rsplit("/", 1)[1] for path in DECKS for slide in read_deck(path).slides for _, target in slide.images
    }
    made = [f"{name}.svg" for file in images.drawn(ROOT) for name in images.drawings(file)]
    kept = {path.name for path in images.images_folder(ROOT).iterdir()}
    assert sorted(made) == sorted(kept)
    assert len(made) == len(set(made))
    assert shown - kept == set()
    assert kept - shown == set()


def test_speaker_notes_are_comments_and_directives_are_not(tmp_path):
    slide = written(tmp_path, "<!-- _class: demo -->\n## Title\n\n<!--\nSay this.\n-->").slides[0]
    assert (slide.heading, slide.notes) == ("Title", "Say this.")


def test_a_line_of_dashes_in_code_is_no_new_slide(tmp_path):
    deck = written(tmp_path, "## One\n\n```\n---\n```", "## Two")
    assert [slide.heading for slide in deck.slides] == ["One", "Two"]
    assert "---" in deck.slides[0].text


def test_a_deck_without_front_matter_is_refused(tmp_path):
    (tmp_path / "bare.md").write_text("# Title\n")
    with pytest.raises(DataError, match="no front matter"):
        read_deck(tmp_path / "bare.md")


def test_a_slide_without_heading_and_notes_is_named(tmp_path):
    found = about_slide(tmp_path, "just words")
    assert [line.split("): ")[1] for line in found] == ["no heading", "fewer than 15 words for the speaker"]


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        ("![](missing.svg)", "no alt text"),
        ("![A box](missing.svg)", "no alt text"),
        ("![a b c d](no.svg)", "not there"),
    ],
)
def test_an_image_without_text_or_file_is_named(tmp_path, image, problem):
    assert any(problem in line for line in about_slide(tmp_path, f"## Title\n\n{image}\n{NOTES}"))


def test_a_cue_names_a_cell_that_the_lab_has(tmp_path):
    lab = (ROOT / "03_instructional_team" / "sources" / "labs" / "03_files_and_dask.py").read_text(encoding="utf-8")
    section = lab.split("# ## 1. ")[1]
    title, line = section.split("\n")[0], section.split("# %%\n")[1].split("\n")[0]
    assert about_slide(tmp_path, f"## T\n\n> {CUE.format(title, line[:20])}\n{NOTES}") == []
    assert "no line" in about_slide(tmp_path, f"## T\n\n> {CUE.format(title, 'not_there')}\n{NOTES}")[0]
    assert "no section" in about_slide(tmp_path, f"## T\n\n> {CUE.format('Nowhere', line[:20])}\n{NOTES}")[0]


def test_a_deck_of_one_slide_lacks_what_a_session_needs(tmp_path):
    found = "\n".join(check(written(tmp_path, "## Title"), ROOT))
    assert "1 slides, 30 to 45 are wanted" in found
    assert "0 slides of the class pause" in found
    assert "no slide with the heading 'References'" in found
    assert "front matter: title is missing" in found


def test_the_digest_changes_with_the_text_but_not_with_line_ends(tmp_path):
    shutil.copy(DECKS[0].parent / "mlsd.css", tmp_path)
    before = build.digest(written(tmp_path, "## One"), tmp_path)
    (tmp_path / "deck.md").write_bytes((tmp_path / "deck.md").read_bytes().replace(b"\n", b"\r\n"))
    assert build.digest(read_deck(tmp_path / "deck.md"), tmp_path) == before
    assert build.digest(written(tmp_path, "## Two"), tmp_path) != before


DRAWING = """
from course.slides.drawing import arrow, box, canvas

def two_boxes():
    figure, axes = canvas(4, 2)
    arrow(axes, box(axes, 0, 0, "a", width=1), box(axes, 3, 0, "b", width=1), "to")
    return figure

def _helper():
    raise AssertionError
"""


def test_a_drawing_gives_the_same_bytes_each_time(tmp_path):
    (tmp_path / "1_deck.py").write_text(DRAWING)
    (first,) = images.draw(tmp_path / "1_deck.py", tmp_path / "one")
    (second,) = images.draw(tmp_path / "1_deck.py", tmp_path / "two")
    assert first.name == "two_boxes.svg"
    assert first.read_bytes() == second.read_bytes()


def test_a_drawing_that_gives_no_figure_is_refused_and_leaves_nothing(tmp_path):
    (tmp_path / "1_deck.py").write_text("def nothing():\n    return None\n")
    with pytest.raises(DataError, match=r"1_deck.py, nothing returned NoneType"):
        list(images.draw(tmp_path / "1_deck.py", tmp_path / "out"))
    assert list((tmp_path / "out").iterdir()) == []


CUT = """
from course.slides.drawing import box, canvas, label

def wide():
    figure, axes = canvas(4, 2)
    {}
    return figure
"""


@pytest.mark.parametrize("words", ['box(axes, 0, 0, "wider than its box", width=1)', 'label(axes, 3.9, 1, "cut off")'])
def test_words_that_leave_their_box_or_the_sheet_are_refused(tmp_path, words):
    (tmp_path / "1_deck.py").write_text(CUT.format(words))
    with pytest.raises(DataError, match=r"1_deck.py, wide: '(wider|cut).*' runs over its edge"):
        list(images.draw(tmp_path / "1_deck.py", tmp_path / "out"))


def test_an_arrow_leaves_a_box_at_its_edge():
    figure, axes = drawing.canvas(10, 4)
    left = drawing.box(axes, 0, 0, "a", width=2, height=2)
    drawing.arrow(axes, left, (9, 1))
    assert axes.patches[-1].get_path().vertices[0] == pytest.approx([2, 1], abs=0.1)
    assert figure.get_size_inches().tolist() == [10, 4]


def test_without_node_the_fix_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServiceError, match=r"Node\.js 20"):
        build.marp(ROOT)


def test_a_deck_that_is_not_there_is_named_with_those_that_are(capsys):
    assert main(["slides", "01", "99", "--check"]) == 2
    assert "There is no deck 99.\nFix: There are: 01_ml_system_design," in capsys.readouterr().err
