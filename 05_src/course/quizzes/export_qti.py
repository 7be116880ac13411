"""A bank as QTI 1.2 in a zip archive, as Canvas exports and imports it; other systems read QTI 1.2 as well.

The reasons are the feedback of each option. QTI 1.2 has no feedback for a pair, so those of a matching question become
its general feedback; its sides are plain text, as Canvas shows them.
"""

import io
import zipfile
from collections.abc import Callable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from .bank import Bank, Question, rights_of
from .markup import as_html, as_inline_html, as_plain

__all__ = ["qti"]

_QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
_MANIFEST = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
_CANVAS = "http://canvas.instructure.com/xsd/cccv1p0"
_TYPES = {
    "true_false": "true_false_question",
    "multiple_choice": "multiple_choice_question",
    "selection": "multiple_answers_question",
    "matching": "matching_question",
}
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first time that a zip archive knows; the same bank gives the same bytes


def qti(bank: Bank) -> bytes:
    """Write a bank as a QTI 1.2 archive, with key and reasons.

    Parameters
    ----------
    bank : Bank
        The questions.

    Returns
    -------
    bytes
        A zip archive of a manifest, the questions, and what Canvas wants to know of a quiz.

    Examples
    --------
    >>> from pathlib import Path
    >>> from course.quizzes.bank import Option
    >>> both = (Option("True", True, "It is."), Option("False", False, "It is not."))
    >>> asked = Question("2.01", "true_false", "Is it?", "LO4", 3, "easy", both)
    >>> archive = qti(Bank("quiz_2", "Quiz 2", True, (asked,), Path("quiz_2.toml")))
    >>> zipfile.ZipFile(io.BytesIO(archive)).namelist()
    ['imsmanifest.xml', 'quiz_2/quiz_2.xml', 'quiz_2/assessment_meta.xml']
    """
    files = {
        "imsmanifest.xml": _manifest(bank),
        f"{bank.quiz}/{bank.quiz}.xml": _assessment(bank),
        f"{bank.quiz}/assessment_meta.xml": _meta(bank),
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, root in files.items():
            text = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), text, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _manifest(bank: Bank) -> Element:
    root = Element("manifest", xmlns=_MANIFEST, identifier=f"{bank.quiz}_manifest")
    metadata = SubElement(root, "metadata")
    SubElement(metadata, "schema").text = "IMS Content"
    SubElement(metadata, "schemaversion").text = "1.1.3"
    SubElement(root, "organizations")
    resources = SubElement(root, "resources")
    quiz = SubElement(resources, "resource", identifier=bank.quiz, type="imsqti_xmlv1p2")
    SubElement(quiz, "file", href=f"{bank.quiz}/{bank.quiz}.xml")
    SubElement(quiz, "dependency", identifierref=f"{bank.quiz}_meta")
    kind, href = "associatedcontent/imscc_xmlv1p1/learning-application-resource", f"{bank.quiz}/assessment_meta.xml"
    meta = SubElement(resources, "resource", identifier=f"{bank.quiz}_meta", type=kind, href=href)
    SubElement(meta, "file", href=href)
    return root


def _meta(bank: Bank) -> Element:
    root = Element("quiz", xmlns=_CANVAS, identifier=bank.quiz)
    SubElement(root, "title").text = bank.title
    SubElement(root, "shuffle_answers").text = "true"
    SubElement(root, "quiz_type").text = "practice_quiz" if bank.practice else "assignment"
    SubElement(root, "points_possible").text = f"{len(bank.questions)}.0"
    SubElement(root, "allowed_attempts").text = "-1" if bank.practice else "1"
    return root


def _assessment(bank: Bank) -> Element:
    root = Element("questestinterop", xmlns=_QTI)
    assessment = SubElement(root, "assessment", ident=bank.quiz, title=bank.title)
    section = SubElement(assessment, "section", ident="root_section")
    for question in bank.questions:
        name = f"{bank.quiz}_{question.id.replace('.', '_')}"
        item = SubElement(section, "item", ident=name, title=question.id)
        _WRITERS[question.kind](item, question)
    return root


def _choice(item: Element, question: Question) -> None:
    idents = [f"{item.get('ident')}_{number}" for number in range(1, len(question.options) + 1)]
    many = question.kind == "selection"
    _itemdata(item, question, idents)
    presentation = SubElement(item, "presentation")
    _material(presentation, as_html(question.text))
    response = SubElement(
        presentation, "response_lid", ident="response1", rcardinality="Multiple" if many else "Single"
    )
    _labels(response, idents, [as_inline_html(option.text) for option in question.options])
    processing = _processing(item)
    for ident in idents:
        condition = _condition(processing, more=True)
        _equal(condition[0], "response1", ident)
        SubElement(condition, "displayfeedback", feedbacktype="Response", linkrefid=f"{ident}_fb")
    keyed = _condition(processing, more=False)
    every = SubElement(keyed[0], "and") if many else keyed[0]
    for ident, option in zip(idents, question.options, strict=True):
        if option.right:
            _equal(every, "response1", ident)
        elif many:
            _equal(SubElement(every, "not"), "response1", ident)
    SubElement(keyed, "setvar", action="Set", varname="SCORE").text = "100"
    for ident, option in zip(idents, question.options, strict=True):
        _feedback(item, f"{ident}_fb", as_html(option.reason))


def _matching(item: Element, question: Question) -> None:
    # Canvas names them so itself
    lefts = [f"response_{number}" for number in range(1, len(question.pairs) + 1)]
    rights = [f"choice_{number}" for number in range(1, len(rights_of(question)) + 1)]
    _itemdata(item, question, lefts)
    presentation = SubElement(item, "presentation")
    _material(presentation, as_html(question.text))
    for ident, pair in zip(lefts, question.pairs, strict=True):
        response = SubElement(presentation, "response_lid", ident=ident)
        _material(response, as_plain(pair.left), kind="text/plain")
        _labels(response, rights, [as_plain(text) for text in rights_of(question)], kind="text/plain")
    processing = _processing(item)
    general = _condition(processing, more=True)
    SubElement(general[0], "other")
    SubElement(general, "displayfeedback", feedbacktype="Response", linkrefid="general_fb")
    for left, right in zip(lefts, rights, strict=False):  # extra right sides belong to no left one
        condition = _condition(processing, more=True)
        _equal(condition[0], left, right)
        SubElement(condition, "setvar", action="Add", varname="SCORE").text = f"{100 / len(lefts):.2f}"
    reasons = [f"- {pair.left} → {pair.right}: {pair.reason}" for pair in question.pairs]
    reasons += [f"- {extra.text}: {extra.reason}" for extra in question.extra]
    _feedback(item, "general_fb", as_html("\n".join(reasons)))


_WRITERS: dict[str, Callable[[Element, Question], None]] = {
    "true_false": _choice,
    "multiple_choice": _choice,
    "selection": _choice,
    "matching": _matching,
}


def _itemdata(item: Element, question: Question, idents: list[str]) -> None:
    fields = {"question_type": _TYPES[question.kind], "points_possible": "1", "original_answer_ids": ",".join(idents)}
    metadata = SubElement(SubElement(item, "itemmetadata"), "qtimetadata")
    for label, entry in fields.items():
        field = SubElement(metadata, "qtimetadatafield")
        SubElement(field, "fieldlabel").text = label
        SubElement(field, "fieldentry").text = entry


def _material(parent: Element, text: str, *, kind: str = "text/html") -> None:
    SubElement(SubElement(parent, "material"), "mattext", texttype=kind).text = text


def _labels(response: Element, idents: list[str], texts: list[str], *, kind: str = "text/html") -> None:
    choices = SubElement(response, "render_choice")
    for ident, text in zip(idents, texts, strict=True):
        _material(SubElement(choices, "response_label", ident=ident), text, kind=kind)


def _processing(item: Element) -> Element:
    processing = SubElement(item, "resprocessing")
    outcomes = SubElement(processing, "outcomes")
    SubElement(outcomes, "decvar", maxvalue="100", minvalue="0", varname="SCORE", vartype="Decimal")
    return processing


def _condition(processing: Element, *, more: bool) -> Element:
    condition = SubElement(processing, "respcondition", {"continue": "Yes" if more else "No"})
    SubElement(condition, "conditionvar")
    return condition


def _equal(parent: Element, response: str, ident: str) -> None:
    SubElement(parent, "varequal", respident=response).text = ident


def _feedback(item: Element, ident: str, text: str) -> None:
    _material(SubElement(SubElement(item, "itemfeedback", ident=ident), "flow_mat"), text)
