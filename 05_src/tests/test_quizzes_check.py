from dataclasses import replace
from pathlib import Path

import pytest

from course.curriculum import Chapter, Curriculum, Lab, Outcome, Session
from course.quizzes.bank import DIFFICULTIES, Bank, Option, Pair, Question
from course.quizzes.check import check, check_between

CURRICULUM = Curriculum(
    tuple(Outcome(f"LO{n}", "") for n in range(1, 6)),
    (Chapter(1, "", 1), Chapter(3, "", 2), Chapter(7, "", 6), Chapter(10, "", 7)),
    sessions=(Session(2, "", "", ("03_files",)), Session(6, "", "", ())),
    labs=(Lab("03_files", (3, 4), ("LO4",)), Lab("12_deploy", (8,), ("LO2",))),
)


def options(number: int, rights: str) -> tuple[Option, ...]:
    """Options of equal length; "x" in `rights` is a right one."""
    return tuple(
        Option(f"answer {letter}{number:02} of some words", mark == "x", f"Because of the fact {letter}{number}.")
        for letter, mark in zip("pqrst", rights, strict=False)
    )


def both(number: int, *, true: bool) -> tuple[Option, ...]:
    return (
        Option("True", true, f"Because of the fact t{number}."),
        Option("False", not true, f"Because of the fact f{number}."),
    )


def pairs(number: int, count: int = 3) -> tuple[Pair, ...]:
    return tuple(
        Pair(f"left{n}{number}", f"right{n}{number}", f"Because of the fact {n}{number}.") for n in range(count)
    )


def made(number: int, kind: str, **parts: object) -> Question:
    """A question whose words are its own."""
    text = " ".join(f"{word}{number}" for word in ("asked", "about", "something", "in", "words", "of", "its", "own"))
    outcome, difficulty = f"LO{number % 3 + 1}", DIFFICULTIES[number % 3]
    ending = " Choose all that are right." if kind == "selection" else ""
    return Question(f"2.{number:02}", kind, f"{text}?{ending}", outcome, 3, difficulty, **parts)


def good(**changes: object) -> Bank:
    keys = ("x---", "-x--", "--x-", "---x")
    selections = ("x--", "xx-", "-xx-", "x-x-", "xxx", "--x-")
    questions = [made(n, "multiple_choice", options=options(n, keys[n % 4])) for n in range(1, 9)]
    questions += [made(n, "true_false", options=both(n, true=n % 2 == 0)) for n in range(9, 15)]
    questions += [made(n, "selection", options=options(n, selections[n - 15])) for n in range(15, 21)]
    questions += [made(n, "matching", pairs=pairs(n)) for n in range(21, 27)]
    return replace(Bank("quiz_2", "Quiz 2", True, tuple(questions), Path("quiz_2.toml")), **changes)


def changed(number: int, **changes: object) -> Bank:
    """The good bank with one question changed."""
    bank = good()
    questions = [replace(each, **changes) if each.id == f"2.{number:02}" else each for each in bank.questions]
    return replace(bank, questions=tuple(questions))


def every(kind: str, make) -> Bank:
    """The good bank with each question of a kind changed by its number."""
    numbered = [(int(each.id[2:]), each) for each in good().questions]
    return good(questions=tuple(replace(each, **make(n)) if each.kind == kind else each for n, each in numbered))


def with_option(number: int, place: int, **changes: object) -> Bank:
    question = good().questions[number - 1]
    new = list(question.options)
    new[place] = replace(new[place], **changes)
    return changed(number, options=tuple(new))


def longer(option: Option, characters: int) -> Option:
    return replace(option, text=option.text + "y" * characters)


def stretched(question: Question, characters: int, *, right: bool) -> tuple[Option, ...]:
    return tuple(longer(each, characters) if each.right == right else each for each in question.options)


def only_finding(bank: Bank) -> str:
    found = check(bank, CURRICULUM)
    assert len(found) == 1, found
    return found[0]


def test_a_good_bank_has_no_findings():
    assert check(good(), CURRICULUM) == []


def test_a_finding_names_file_question_and_fix():
    assert only_finding(changed(5, outcome="LO1", difficulty="simple")) == (
        "quiz_2.toml, 2.05: there is no difficulty 'simple'. Fix: Write one of easy, medium, hard."
    )


BROKEN = {
    "multiple choice without a right option": (with_option(1, 1, right=False), "2.01: 0 right options"),
    "multiple choice with two": (with_option(1, 0, right=True), "2.01: 2 right options"),
    "true/false with two": (with_option(9, 0, right=True), "2.09: 2 right options"),
    "true/false with other words": (with_option(10, 0, text="Yes"), "2.10: the options are ['Yes', 'False']"),
    "a selection without any": (changed(15, options=options(15, "---")), "2.15: no right option"),
    "a selection that looks like one of many": (
        changed(15, text="Which of the following hold, so far as anybody knows?"),
        "2.15: the text does not say that several can be right",
    ),
    "two options only": (changed(1, options=options(1, "-x")), "2.01: 2 options"),
    "a selection of two": (changed(15, options=options(15, "x-")), "2.15: 2 options"),
    "two pairs": (changed(21, pairs=pairs(21, 2)), "2.21: 2 pairs"),
    "rights alike": (
        changed(21, pairs=(*pairs(21, 2), Pair("other", "right021", "Because of another fact."))),
        "2.21: the right side 'right021' stands there twice",
    ),
    "an extra like a pair's right": (
        changed(21, extra=(Option("Right021", False, "Because it is alike."),)),
        "2.21: the right side 'right021' stands there twice",
    ),
    "lefts alike": (
        changed(21, pairs=(*pairs(21, 2), Pair("left021", "other", "Because of another fact."))),
        "2.21: the left side 'left021' stands there twice",
    ),
    "a right extra": (
        changed(21, extra=(Option("extra", True, "Because it is right."),)),
        "2.21: an extra right side is marked as right",
    ),
    "no reason": (
        with_option(1, 0, reason="Correct."),
        "2.01: 'answer p01 of some words' has no reason but 'Corr",
    ),
    "one reason twice": (
        with_option(1, 0, reason="because of the fact  q1"),
        "2.01: two options have the reason 'because of the fact  q1'",
    ),
    "all of the above": (
        with_option(1, 1, text="All of the above, and so"),
        "2.01: 'All of the above, and so' is an option about other options",
    ),
    "none of them": (with_option(1, 0, text="None of them."), "2.01: 'None of them.' is an option about other"),
    "both A and B": (with_option(1, 1, text="Both A and B are right"), "is an option about other options"),
    "A, B and C": (with_option(1, 1, text="A, B and C"), "'A, B and C' is an option about other options"),
    "two options alike": (
        with_option(1, 0, text="Answer r01 of  some words."),
        "2.01: the option 'Answer r01 of  some words.' stands there twice",
    ),
    "a long key": (
        changed(1, options=stretched(good().questions[0], 12, right=True)),
        "2.01: the right option has 36 characters, the longest wrong one 24",
    ),
    "a selection's long keys": (
        changed(15, options=stretched(good().questions[14], 12, right=True)),
        "2.15: each right option is longer than all wrong ones",
    ),
    "a selection's short keys": (
        changed(15, options=stretched(good().questions[14], 12, right=False)),
        "2.15: each right option is shorter than all wrong ones",
    ),
    "HTML in the text": (changed(9, text="A <b>bold</b> statement of its own."), "2.09: HTML in 'A <b>bold</b>"),
    "HTML in a reason": (with_option(1, 0, reason="Because <script> is fine."), "2.01: HTML in 'Because <script>"),
    "no text": (changed(9, text=""), "2.09: an empty text"),
    "not in bold": (changed(1, text="Which of a hundred things is not a thing at all?"), '2.01: "not" stands in what'),
    "never in a statement": (changed(9, text="It never rains on a plain."), '2.09: "never" stands in what is asked'),
    "another quiz's id": (changed(9, id="3.09"), "3.09: an id of quiz_2 is not '3.09'"),
    "a short id": (changed(9, id="2.9"), "2.9: an id of quiz_2 is not '2.9'"),
    "another session's chapter": (changed(1, chapter=1), "2.01: chapter 1 is not of the session of quiz_2"),
    "an unknown chapter": (changed(1, chapter=99), "2.01: chapter 99 is not of the session of quiz_2"),
    "one id twice": (changed(2, id="2.01"), "quiz_2.toml: 2 questions have the id 2.01"),
    "another file's name": (good(path=Path("quiz_3.toml")), "quiz_3.toml: it is the bank of 'quiz_2'"),
    "twenty-three": (good(questions=good().questions[1:-2]), "quiz_2.toml: 23 questions"),
    "two of a kind": (
        good(questions=(*good().questions[:22], *(made(n, "selection", options=options(n, "-x--")) for n in (40, 41)))),
        "quiz_2.toml: 2 of kind matching",
    ),
    "mostly easy": (
        good(questions=tuple(replace(each, difficulty="easy") for each in good().questions)),
        "quiz_2.toml: 26 of 26 are easy",
    ),
    "two outcomes": (
        good(questions=tuple(replace(each, outcome=f"LO{n % 2 + 1}") for n, each in enumerate(good().questions))),
        "quiz_2.toml: its questions belong to 2 outcomes",
    ),
    "one of an outcome": (changed(1, outcome="LO5"), "quiz_2.toml: 1 of outcome LO5"),
    "mostly true": (every("true_false", lambda n: {"options": both(n, true=True)}), "6 of 6 true/false statements are"),
    "mostly false": (every("true_false", lambda n: {"options": both(n, true=n == 9)}), "1 of 6 true/false statements"),
    "every selection alike": (
        every("selection", lambda n: {"options": options(n, "xx--")}),
        "quiz_2.toml: every selection has 2 right options",
    ),
    "everything right": (
        every("selection", lambda n: {"options": options(n, "xxx" if n < 18 else "x--")}),
        "quiz_2.toml: in 3 of 6 selections everything is right",
    ),
    "mostly the longest": (
        every("multiple_choice", lambda n: {"options": stretched(good().questions[n - 1], 2, right=True)}),
        "in 8 of 8 multiple-choice questions the right option is the longest",
    ),
    "mostly the shortest": (
        every("multiple_choice", lambda n: {"options": stretched(good().questions[n - 1], 2, right=False)}),
        "in 8 of 8 multiple-choice questions the right option is the shortest",
    ),
    "selections by length": (
        every("selection", lambda n: {"options": stretched(good().questions[n - 1], 2, right=True)}),
        "in 5 of 5 selections the right options are longer on average",
    ),
    "selections by shortness": (
        every("selection", lambda n: {"options": stretched(good().questions[n - 1], 2, right=False)}),
        "in 5 of 5 selections the right options are shorter on average",
    ),
    "the same text": (
        changed(1, text="ASKED2 about2, something2 in2 words2 of2 its2 own2"),
        "quiz_2.toml, 2.01 and quiz_2.toml, 2.02: the same text",
    ),
    "nearly the same": (
        changed(9, text=good().questions[9].text.replace("own10", "own9")),
        "quiz_2.toml, 2.09 and quiz_2.toml, 2.10: 82% of the words in common",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_bank_that_breaks_one_rule_has_one_finding(name):
    bank, expected = BROKEN[name]
    assert expected in only_finding(bank)


def test_an_unknown_outcome_is_found_and_counted():
    found = check(changed(1, outcome="LO9"), CURRICULUM)
    assert "2.01: there is no outcome 'LO9'. Fix: Write one of LO1, LO2, LO3, LO4, LO5." in found[0]
    assert "1 of outcome LO9" in found[1]


def test_a_chapter_of_a_sessions_lab_can_be_asked_about():
    assert check(changed(1, chapter=4), CURRICULUM) == []
    assert "chapter 8 is not of the session of quiz_2. Fix: Write one of [3, 4]" in only_finding(changed(1, chapter=8))


def test_the_same_key_position_everywhere_is_found_at_each_position():
    found = check(every("multiple_choice", lambda n: {"options": options(n, "x---")}), CURRICULUM)
    assert len(found) == 4
    assert "in 8 of 8 multiple-choice questions the right option is number 1" in found[0]
    assert "Move options so that it is in 1 to 4 of them" in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "Which of a hundred things is **not** a thing at all?",
        "It does not rain. Which of a hundred things is dry?",
        "Which column of a hundred has `NOT NULL` written on it?",
    ],
)
def test_a_not_in_bold_in_code_or_before_the_question_is_fine(text):
    assert check(changed(1, text=text), CURRICULUM) == []


@pytest.mark.parametrize("text", ["Both of two replicas are read", "A and B-tree indexes here", "One for each of them"])
def test_options_that_speak_of_things_in_the_text_are_fine(text):
    assert check(with_option(1, 0, text=text), CURRICULUM) == []


def test_tags_in_backticks_are_fine():
    assert check(changed(1, text="What does a page make of `<script>` when 1 < 2?"), CURRICULUM) == []


def test_code_that_differs_by_a_sign_is_not_alike():
    signs = zip(options(1, "-x--"), "<>=+", strict=True)
    bank = changed(1, options=tuple(replace(each, text=f"`a {sign} b`") for each, sign in signs))
    assert check(bank, CURRICULUM) == []


def test_quiz_6_may_ask_about_the_seventh_session():
    questions = [replace(each, id=f"6{each.id[1:]}", chapter=7 + n % 2 * 3) for n, each in enumerate(good().questions)]
    assert check(Bank("quiz_6", "", True, tuple(questions), Path("quiz_6.toml")), CURRICULUM) == []


def test_a_question_that_two_banks_ask_is_found_in_both():
    other = good(path=Path("private/quiz_2.toml"), questions=good().questions[:1])
    assert check_between([good(questions=good().questions[1:]), other]) == []
    assert check_between([good(), other]) == [
        "quiz_2.toml, 2.01 and quiz_2.toml, 2.01: the same text. Fix: Drop one, or ask about another case in it."
    ]
