import io
import json
import re
import shutil
import subprocess
import warnings
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jupyterquiz import display_quiz

from course.quizzes.bank import Bank, Option, Pair, Question, read_bank, rights_of
from course.quizzes.export_gift import gift
from course.quizzes.export_json import jupyterquiz
from course.quizzes.export_qti import qti
from course.quizzes.markup import as_html, as_inline_html, as_plain
from mlsd import settings
from mlsd.errors import DataError

from .real import browser

ROOT = settings.root()
QTI = "{http://www.imsglobal.org/xsd/ims_qtiasiv1p2}"
READ_GIFT = """
const text = require("fs").readFileSync(0, "utf8");
process.stdout.write(JSON.stringify(require("gift-pegjs").parse(text)));
"""


def nasty() -> Bank:
    """Texts with every sign that means something to GIFT, XML, HTML, JSON or Markdown."""
    sql = "`SELECT * FROM t WHERE a = 'b' AND c <> 1`"
    options = (
        Option(sql, True, 'It is right: `a = 1` & "so" ~ {on} # here.'),
        Option("`df[~mask]` and é, 漢, →", False, "No: 50 % of `<b>` is 1/2."),
        Option("a: b = c # d", True, "A reason, with C:\\new\\table."),
        Option("`{'a': 1}`", False, "No reason\n\nin two paragraphs."),
    )
    text = "What does `a < b` & `{x: 1}` ~ = # do?\n\n- one `\\n` of\n- two **not** [this](that)\n\nIt costs $5."
    both = (Option("True", False, "~ 1"), Option("False", True, "= 2"))
    pairs = tuple(Pair(f"`left={n}` ~ {{a}}", f"**right** #{n}: x=y", f"Reason ~{n}.") for n in "abc")
    return Bank(
        "quiz_2",
        "Quiz 2 <&>",
        True,
        (
            Question("2.01", "multiple_choice", text, "LO4", 3, "easy", (options[1], options[0], options[3])),
            Question("2.02", "selection", text + " All?", "LO4", 3, "medium", options),
            Question("2.03", "true_false", text + " True?", "LO1", 3, "hard", both),
            Question("2.04", "matching", text, "LO4", 3, "easy", pairs=pairs, extra=(Option("x = {4}", False, "No."),)),
        ),
        Path("quiz_2.toml"),
    )


BANKS = {
    "nasty": nasty(),
    **{path.stem: read_bank(path) for path in sorted((ROOT / "03_instructional_team/sources/quizzes").glob("*.toml"))},
}
every_bank = pytest.mark.parametrize("bank", BANKS.values(), ids=BANKS.keys())


def read_by_pegjs(text: str) -> list[dict]:
    node = shutil.which("node")
    if not node or subprocess.run([node, "-e", 'require("gift-pegjs")'], cwd=ROOT, capture_output=True).returncode:
        pytest.skip("needs node and `npm install gift-pegjs`")
    run = subprocess.run([node, "-e", READ_GIFT], cwd=ROOT, input=text.encode(), capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)


def expected_of_pegjs(question: Question) -> dict:
    key = [option for option in question.options if option.right]
    share = {"multiple_choice": (None, None), "selection": (1, -1)}.get(question.kind, (None, None))
    weight = round(100 / len(key), 5) if key else 0
    answers: object = [
        (
            option.text,
            option.right if question.kind == "multiple_choice" else False,
            share[not option.right] and share[not option.right] * weight,
            option.reason,
        )
        for option in question.options
    ]
    if question.kind == "true_false":
        wrong = next(option for option in question.options if not option.right)
        answers = (key[0].text == "True", wrong.reason, key[0].reason)
    if question.kind == "matching":
        rights = [as_plain(text) for text in rights_of(question)]
        lefts = [*(pair.left for pair in question.pairs), *("" for _ in question.extra)]
        answers = list(zip(lefts, rights, strict=True))
    return {
        "id": question.id,
        "tags": [question.outcome, f"chapter {question.chapter}", question.difficulty],
        "text": ("markdown", question.text),
        "answers": answers,
    }


def seen_by_pegjs(question: dict) -> dict:
    answers: object = [
        (each["text"]["text"], each["isCorrect"], each["weight"], each["feedback"]["text"])
        for each in question.get("choices", ())
    ]
    if question["type"] == "TF":
        answers = (question["isTrue"], question["trueFeedback"]["text"], question["falseFeedback"]["text"])
    if question["type"] == "Matching":
        answers = [(pair["subquestion"]["text"], unplaced(pair["subanswer"])) for pair in question["matchPairs"]]
    stem = question["stem"]
    return {
        "id": question["id"],
        "tags": question["tags"],
        "text": (stem["format"], stem["text"]),
        "answers": answers,
    }


def unplaced(text: str) -> str:
    """The parser leaves its own marks for escaped signs in plain text; this is what they stand for."""
    return re.sub(r"&&0?(\d+);", lambda found: chr(int(found[1])), text)


@every_bank
def test_another_reader_of_gift_finds_every_text_key_share_and_reason(bank):
    category, *questions = read_by_pegjs(gift(bank))
    assert category == {"type": "Category", "title": bank.quiz}
    assert [seen_by_pegjs(each) for each in questions] == [expected_of_pegjs(each) for each in bank.questions]


@every_bank
def test_another_reader_of_gift_finds_the_reasons_of_pairs(bank):
    matching = [each for each in read_by_pegjs(gift(bank)) if each["type"] == "Matching"]
    reasons = [
        [part.reason for part in (*question.pairs, *question.extra)]
        for question in bank.questions
        if question.kind == "matching"
    ]
    lines = [re.findall(r"^- .*: (.*)$", each["globalFeedback"]["text"], re.MULTILINE) for each in matching]
    assert len(lines) == len(reasons)
    for told, wanted in zip(lines, reasons, strict=True):
        assert all(reason.endswith(line) for reason, line in zip(wanted, told, strict=True))


def plain_gift(text: str) -> str:
    """What `gift` escaped, without its backslashes: the second reader leaves that to who shows it."""
    return re.sub(r"\\([\\~=#{}:])", r"\1", text)


@pytest.mark.parametrize("name", [name for name in BANKS if name != "nasty"])
def test_a_third_reader_of_gift_finds_the_same_questions_and_keys(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is from 2017
        parser = pytest.importorskip("pygiftparser.parser")
    bank = BANKS[name]
    read = parser.parseFile(io.StringIO(gift(bank)))
    assert [(each.title, plain_gift(each.text), each.markup) for each in read] == [
        (question.id, question.text, "markdown") for question in bank.questions
    ]
    for question, each in zip(bank.questions, read, strict=True):
        assert seen_by_pygiftparser(question.kind, each.answers) == expected_of_pygiftparser(question)


def seen_by_pygiftparser(kind: str, answers) -> list:
    if kind == "true_false":
        return [answers.answer, plain_gift(answers.feedbackWrong), plain_gift(answers.feedbackCorrect)]
    if kind == "matching":
        return [(plain_gift(each.question.strip()), plain_gift(each.answer.strip())) for each in answers.answers]
    return [(plain_gift(each.answer), each.fraction, plain_gift(each.feedback)) for each in answers.answers]


def expected_of_pygiftparser(question: Question) -> list:
    right = [option for option in question.options if option.right]
    wrong = [option for option in question.options if not option.right]
    if question.kind == "true_false":
        return [right[0].text == "True", wrong[0].reason, right[0].reason]
    if question.kind == "matching":
        lefts = [*(pair.left for pair in question.pairs), *("" for _ in question.extra)]
        return list(zip(lefts, map(as_plain, rights_of(question)), strict=True))
    share, loss = (round(100 / len(right), 5), True) if question.kind == "selection" else (100, False)
    return [(each.text, share if each.right else -share * loss, each.reason) for each in question.options]


def test_moodle_is_given_only_shares_that_it_takes():
    options = tuple(Option(f"o{n}", True, "Because.") for n in range(6))
    for count, share in {1: "100", 2: "50", 3: "33.33333", 4: "25", 5: "20", 6: "16.66667"}.items():
        asked = Question("2.01", "selection", "?", "LO4", 3, "easy", (*options[:count], Option("w", False, "No.")))
        text = gift(Bank("quiz_2", "", True, (asked,), Path("quiz_2.toml")))
        assert text.count(f"\t~%{share}%o") == count
        assert f"\t~%-{share}%w#No." in text


def test_seven_right_options_are_refused():
    options = tuple(Option(f"o{n}", True, "Because.") for n in range(7))
    asked = Question("2.01", "selection", "?", "LO4", 3, "easy", options)
    with pytest.raises(DataError, match=r"quiz_2\.toml, question 2\.01: Moodle has no share for one of 7"):
        gift(Bank("quiz_2", "", True, (asked,), Path("quiz_2.toml")))


def test_an_arrow_on_a_left_side_is_refused():
    asked = Question("2.01", "matching", "?", "LO4", 3, "easy", pairs=(Pair("a -> b", "c", "Because."),))
    with pytest.raises(DataError, match=r"question 2\.01: GIFT takes the arrow in 'a -> b'.*\nFix: Write →"):
        gift(Bank("quiz_2", "", True, (asked,), Path("quiz_2.toml")))


class _Words(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.seen: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag in ("code", "strong", "em", "b", "script"):
            self.seen.append(f"<{tag}>")

    def handle_data(self, data):
        self.seen.append(data)


def words_of(html: str) -> str:
    """The words and marks of HTML; curly quotes and dashes, which text2qti makes, as they were typed."""
    text = "".join(_Words(html).seen)
    for curly, typed in {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "--", "…": "..."}.items():
        text = text.replace(curly, typed)
    return " ".join(text.split())


def items_of(xml: str | bytes) -> list[ElementTree.Element]:
    return ElementTree.fromstring(xml).findall(f".//{QTI}item")


def bare(item: ElementTree.Element) -> list:
    """An item without the names that each program gives: what it is, what it shows, what is right, what is told."""
    labels = [each.get("ident") for each in item.iter(f"{QTI}response_label")]
    names = {name: f"choice {number}" for number, name in enumerate(labels)}
    names |= {f"{name}_fb": f"told of {number}" for number, name in enumerate(labels)}

    def walk(element: ElementTree.Element) -> tuple:
        text = (element.text or "").strip()
        text = words_of(text) if element.tag == f"{QTI}mattext" else names.get(text, text)
        attributes = {key: names.get(value, value) for key, value in element.attrib.items()}
        return element.tag.removeprefix(QTI), attributes, text, [walk(child) for child in element]

    fields = {each[0].text: each[1].text for each in item.iter(f"{QTI}qtimetadatafield")}
    parts = [walk(child) for child in item if child.tag != f"{QTI}itemmetadata"]
    return [fields["question_type"], fields["points_possible"], *parts]


def assessment_of(bank: Bank) -> bytes:
    return zipfile.ZipFile(io.BytesIO(qti(bank))).read(f"{bank.quiz}/{bank.quiz}.xml")


def as_text2qti(bank: Bank) -> str:
    lines = [f"Quiz title: {bank.title}"]
    for number, question in enumerate((each for each in bank.questions if each.kind != "matching"), 1):
        start = f"{number}.  "
        lines.append(start + question.text.replace("\n", "\n" + " " * len(start)))
        for letter, option in zip("abcdef", question.options, strict=False):
            right = "*" if option.right else " "
            mark = f"[{right}]" if question.kind == "selection" else f"{right.strip()}{letter})"
            lines += [f"{mark} {option.text}", "...  " + option.reason.replace("\n", "\n     ")]
    return "\n".join(lines)


@every_bank
def test_qti_is_element_for_element_what_text2qti_writes_of_the_same_questions(bank):
    text2qti = pytest.importorskip("text2qti.qti")
    from text2qti.config import Config
    from text2qti.quiz import Quiz

    theirs = text2qti.QTI(Quiz(as_text2qti(bank), config=Config(), source_name=bank.quiz)).assessment
    ours = [bare(item) for item in items_of(assessment_of(bank))]
    # text2qti has no matching questions
    assert [item for item in ours if item[0] != "matching_question"] == [bare(item) for item in items_of(theirs)]


@every_bank
def test_qti_matching_has_every_side_and_adds_up_to_the_mark(bank):
    asked = [question for question in bank.questions if question.kind == "matching"]
    items = [item for item in items_of(assessment_of(bank)) if bare(item)[0] == "matching_question"]
    for question, item in zip(asked, items, strict=True):
        lids = item.findall(f".//{QTI}response_lid")
        labelled = (*lids, *item.iter(f"{QTI}response_label"))
        names = {each.get("ident"): each.find(f"{QTI}material/{QTI}mattext").text for each in labelled}
        keyed = {names[each.get("respident")]: names[each.text] for each in item.iter(f"{QTI}varequal")}
        assert keyed == {as_plain(pair.left): as_plain(pair.right) for pair in question.pairs}
        assert all(len(lid.findall(f".//{QTI}response_label")) == len(rights_of(question)) for lid in lids)
        assert sum(float(each.text) for each in item.iter(f"{QTI}setvar")) == pytest.approx(100, abs=0.05)
        told = words_of(item.find(f"{QTI}itemfeedback").find(f".//{QTI}mattext").text)
        assert all(words_of(as_html(part.reason)) in told for part in (*question.pairs, *question.extra))


def test_the_same_bank_gives_the_same_archive_and_its_manifest_names_what_is_there():
    archive = zipfile.ZipFile(io.BytesIO(qti(nasty())))
    manifest = ElementTree.fromstring(archive.read("imsmanifest.xml"))
    files = {each.get("href") for each in manifest.iter() if each.tag.endswith("}file")}
    assert files | {"imsmanifest.xml"} == set(archive.namelist())
    assert qti(nasty()) == qti(nasty())
    assert b"<title>Quiz 2 &lt;&amp;&gt;</title>" in archive.read("quiz_2/assessment_meta.xml")


@every_bank
def test_jupyterquiz_gets_each_text_key_and_reason(bank):
    read = iter(json.loads(jupyterquiz(bank)))
    for question in bank.questions:
        if question.kind == "matching":
            for pair in question.pairs:
                each = next(read)
                assert [answer["answer"] for answer in each["answers"] if answer["correct"]] == [html(pair.right)]
            continue
        each = next(read)
        assert words_of(each["question"]) == words_of(as_html(question.text))
        assert each["type"] == ("many_choice" if question.kind == "selection" else "multiple_choice")
        assert [(a["answer"], a["correct"], a["feedback"]) for a in each["answers"]] == [
            (html(option.text), option.right, html(option.reason)) for option in question.options
        ]
    assert next(read, None) is None


def html(text: str) -> str:
    return as_inline_html(text).replace("$", "&#36;")


def test_jupyterquiz_takes_no_dollar_for_a_formula_and_no_code_for_a_link():
    both = (Option("True", True, "$"), Option("False", False, "`[x](y)`"))
    asked = Question("2.01", "true_false", "`a[0](b)` for $5 or $6?", "LO4", 3, "easy", both)
    written = jupyterquiz(Bank("quiz_2", "", True, (asked,), Path("quiz_2.toml")))
    assert "$" not in written
    assert "](" not in written


ANSWERED = r"""JSON.stringify([...document.querySelectorAll(".Quiz")].map(quiz => {
    const feedback = quiz.querySelector(".Feedback");
    const answers = [...quiz.querySelectorAll("label")].map(label => {
        label.click();
        return [label.innerText, feedback.classList.contains("correct"), feedback.innerText];
    });
    return [quiz.querySelector("[id^=quizQn]").innerText, answers];
}))"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    if not browser.chromium():
        pytest.skip("no Chromium here")
    with browser.opened(tmp_path_factory.mktemp("browser")) as page:
        yield page


def words(text: str) -> list[str]:
    return text.replace("\n- ", "\n").split()  # whoever shows a list may put dots before its items


@every_bank
def test_the_page_of_jupyterquiz_shows_every_question_answer_key_and_reason(bank, page, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr("jupyterquiz.dynamic.display.display", shown.append)
    display_quiz(json.loads(jupyterquiz(bank)), shuffle_answers=False)
    (tmp_path / "quiz.html").write_text(
        f"<!doctype html><meta charset=utf-8>{shown[0].data}<script>{shown[1].data}</script>", encoding="utf-8"
    )
    page.go((tmp_path / "quiz.html").as_uri())
    page.wait("document.querySelectorAll('.Quiz').length > 0")
    read = json.loads(page.ask(ANSWERED))
    wanted = [each for question in bank.questions for each in expected_of_jupyterquiz(question)]
    assert len(read) == len(wanted)
    for (text, answers), (text_wanted, answers_wanted) in zip(read, wanted, strict=True):
        assert words(text) == words(text_wanted)
        for (answer, right, reason), expected in zip(answers, answers_wanted, strict=True):
            assert (words(answer), right) == (words(expected[0]), expected[1])
            assert words(re.sub(r" \[\d+/\d+\]$", "", reason)) == words(expected[2])  # "[1/2]": found so far


def expected_of_jupyterquiz(question: Question) -> list:
    text = as_plain(question.text)
    if question.kind != "matching":
        answers = [(as_plain(each.text), each.right, as_plain(each.reason)) for each in question.options]
        return [(text, answers)]
    extra = [(as_plain(each.text), False, as_plain(each.reason)) for each in question.extra]
    return [
        (
            f"{text}\n{as_plain(left.left)}",
            [(as_plain(each.right), each is left, as_plain(left.reason)) for each in question.pairs] + extra,
        )
        for left in question.pairs
    ]
