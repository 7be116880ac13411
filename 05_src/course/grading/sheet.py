"""The graders' sheet: all marks with their evidence, two columns for a person, and totals by formula.

Overview has a row for each submission, Marks one for each submission and criterion, Answers the learners' words with
the guide beside them, Rubric what is asked. Totals count a person's mark where there is one and the machine's
otherwise. They find their rows by name, so that a grader may sort and filter.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from .cells import colour, fit, for_print, header, needed, put_entry, put_formula, put_text, title
from .hand import HandMark, machine_side, number
from .marks import Mark, Submission
from .report import write_whole
from .rubric import Criterion, Rubric

__all__ = ["ENTRY_COLUMNS", "GRADER", "MARKS", "workbook", "write"]

MARKS = {  # heading: width
    "submission": 16.0,
    "criterion": 25.0,
    "what is asked": 30.0,
    "points": 7.0,
    "machine mark": 9.0,
    "cause": 11.0,
    "machine's reason": 34.0,
    "evidence": 40.0,
    "notes": 26.0,
    "your mark": 8.0,
    "your comment": 30.0,
    "final mark": 8.0,
    "status": 8.0,
    "check": 15.0,
}
ENTRY_COLUMNS = ("your mark", "your comment")
AT = {name: get_column_letter(n) for n, name in enumerate(MARKS, 1)}
OVERVIEW = {
    "submission": 22.0,
    "points": 8.0,
    "of": 6.0,
    "share": 8.0,
    "result": 18.0,
    "to mark": 9.0,
    "your marks": 8.0,
    "to check": 8.0,
    "not simply judged": 24.0,
    "box": 12.0,
    "seconds": 9.0,
    "peak MB": 9.0,
    "remarks": 50.0,
    "source": 40.0,
}
GRADER = "B3"  # on the sheet Overview: who fills the sheet in
TOP = 6  # the header row of Overview


def write(submissions: Sequence[Submission], rubric: Rubric, path: Path) -> None:
    """Write the graders' sheet, whole or not at all.

    Raises
    ------
    WriteError
        If the file cannot be replaced, as while it is open on Windows.
    """
    write_whole(path, workbook(submissions, rubric).save)


def workbook(submissions: Sequence[Submission], rubric: Rubric) -> Workbook:
    """The sheets Overview, Marks, Answers and Rubric.

    Parameters
    ----------
    submissions : sequence of Submission
        A person's marks and comments among them stand in the columns for a person again.
    rubric : Rubric
        Its total, and from where it is Complete.

    Returns
    -------
    openpyxl.Workbook
        Without results: a spreadsheet program computes the formulas when it opens the file.
    """
    book = Workbook()
    overview: Worksheet = book.active  # type: ignore[assignment]
    overview.title = "Overview"
    rows = [(submission, mark) for submission in submissions for mark in submission.marks]
    _marks(book.create_sheet("Marks"), rows, {criterion.key: criterion for criterion in rubric.criteria})
    _answers(book.create_sheet("Answers"), submissions, rubric)
    enough = _rubric(book.create_sheet("Rubric"), rubric)
    _overview(overview, submissions, rubric, enough, len(rows) + 1)
    for sheet in book.worksheets:
        for_print(sheet)
    return book


def _overview(sheet: Worksheet, submissions: Sequence[Submission], rubric: Rubric, enough: str, last: int) -> None:
    title(sheet, f"{rubric.title}: {len(submissions)} submissions")
    sheet["A2"] = f'="Complete from "&{enough}&" points. Give your marks on the sheet Marks, in the yellow columns."'
    put_text(sheet, 3, 1, "Your name", bold=True)
    put_entry(sheet, 3, 2, "")
    sheet.merge_cells("B3:D3")
    header(sheet, TOP, list(OVERVIEW), list(OVERVIEW.values()))
    for row, submission in enumerate(submissions, TOP + 1):
        _overview_row(sheet, row, submission, enough, last)
    sheet.auto_filter.ref = f"A{TOP}:{get_column_letter(len(OVERVIEW))}{TOP + max(len(submissions), 1)}"


def _overview_row(sheet: Worksheet, row: int, submission: Submission, enough: str, last: int) -> None:
    def column(name: str) -> str:
        return f"Marks!${AT[name]}$2:${AT[name]}${max(last, 2)}"

    def count(condition: str) -> str:
        return f"=SUMPRODUCT(({column('submission')}=$A{row})*({condition}))"

    def added(name: str) -> str:  # the comma passes over words, where * would make an error of them
        return f"=SUMPRODUCT(--({column('submission')}=$A{row}),{column(name)})"

    causes = Counter(mark.cause for mark in submission.marks if mark.cause not in ("judged", "waits"))
    result = f'IF(B{row}>={enough}-0.000000001,"Complete",IF(F{row}>0,"Incomplete so far","Incomplete"))'
    put_text(sheet, row, 1, submission.name, bold=True)
    put_formula(sheet, row, 2, added("final mark"))
    put_formula(sheet, row, 3, added("points"))
    put_formula(sheet, row, 4, f"=IF(C{row}>0,B{row}/C{row},0)", shape="0.0%")
    put_formula(sheet, row, 5, f"={result}")
    put_formula(sheet, row, 6, count(f'{column("final mark")}="waits"'))
    put_formula(sheet, row, 7, count(f'{column("your mark")}<>""'))
    put_formula(sheet, row, 8, count(f'{column("check")}<>""'))
    put_text(sheet, row, 9, ", ".join(f"{n} {cause}" for cause, n in causes.items()))
    put_text(sheet, row, 10, submission.box)
    put_formula(sheet, row, 11, round(submission.seconds, 2))
    put_formula(sheet, row, 12, round(submission.peak_mb))
    put_text(sheet, row, 13, "\n".join(submission.remarks))
    put_text(sheet, row, 14, submission.source)
    fit(sheet, row)


def _marks(sheet: Worksheet, rows: list[tuple[Submission, Mark]], asked: dict[str, Criterion]) -> None:
    header(sheet, 1, list(MARKS), list(MARKS.values()))
    sheet.freeze_panes = "C2"
    for row, (submission, mark) in enumerate(rows, 2):
        _marks_row(sheet, row, submission, mark, asked.get(mark.criterion))
    last = max(len(rows) + 1, 2)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(MARKS))}{last}"
    colour(sheet, f"{AT['final mark']}2:{AT['status']}{last}", f"${AT['status']}2")
    number_rule = DataValidation("decimal", operator="between", formula1="0", formula2=f"${AT['points']}2")
    number_rule.error, number_rule.errorTitle = "A number from 0 to the points of this criterion.", "Your mark"
    number_rule.showErrorMessage = True
    number_rule.add(f"{AT['your mark']}2:{AT['your mark']}{last}")
    words = DataValidation()
    words.prompt, words.promptTitle = "Say why, where your mark differs: the learner reads it.", "Your comment"
    words.showInputMessage = True
    words.add(f"{AT['your comment']}2:{AT['your comment']}{last}")
    sheet.add_data_validation(number_rule)
    sheet.add_data_validation(words)


def _marks_row(sheet: Worksheet, row: int, submission: Submission, mark: Mark, criterion: Criterion | None) -> None:
    machine = machine_side(mark)
    hand = mark if isinstance(mark, HandMark) else HandMark("", 0, None, "judged")
    points, by_machine, yours, comment, final = (
        f"{AT[name]}{row}" for name in ("points", "machine mark", *ENTRY_COLUMNS, "final mark")
    )
    put_text(sheet, row, 1, submission.name, bold=True)
    put_text(sheet, row, 2, mark.criterion)
    put_text(sheet, row, 3, criterion.text if criterion else "")
    put_formula(sheet, row, 4, mark.points)
    put_formula(sheet, row, 5, machine.mark)
    put_text(sheet, row, 6, machine.cause)
    put_text(sheet, row, 7, machine.reason)
    put_text(sheet, row, 8, _evidence(machine))
    put_text(sheet, row, 9, machine.notes)
    put_entry(sheet, row, 10, hand.given)
    put_entry(sheet, row, 11, hand.comment)
    valid = f"AND(ISNUMBER({yours}),{yours}>=0,{yours}<={points})"
    put_formula(sheet, row, 12, f'=IF({valid},{yours},IF(ISNUMBER({by_machine}),{by_machine},"waits"))')
    put_formula(
        sheet, row, 13, f'=IF({final}="waits","waits",IF({final}>={points},"full",IF({final}>0,"part","none")))'
    )
    ask = "please confirm" if criterion and criterion.judged == "prefilled" else ""
    why = f'IF(AND(ISNUMBER({by_machine}),{yours}<>{by_machine},{comment}=""),"say why","")'
    empty = f'IF({final}="waits","to mark","{ask}")'
    put_formula(sheet, row, 14, f'=IF({yours}="",{empty},IF(NOT({valid}),"0 to "&{points}&" only",{why}))')
    fit(sheet, row)


def _evidence(mark: Mark) -> str:
    return "\n".join(f"Cell {quote.cell}: {quote.text}" if quote.cell else quote.text for quote in mark.evidence)


def _answers(sheet: Worksheet, submissions: Sequence[Submission], rubric: Rubric) -> None:
    header(sheet, 1, ["submission", "for", "what to look for", "cell", "the learner's words"], [18, 22, 50, 7, 90])
    read = [criterion for criterion in rubric.criteria if criterion.judged == "person"]
    keys = "\n".join(criterion.key for criterion in read)
    guide = "\n\n".join(f"{criterion.text}\n{criterion.guide.strip()}" for criterion in read)
    row = 1
    for submission in submissions:
        for n, quote in enumerate(submission.answers if read else ()):
            row += 1
            put_text(sheet, row, 1, submission.name, bold=True)
            put_text(sheet, row, 2, keys)
            put_text(sheet, row, 3, "" if n else guide)
            put_formula(sheet, row, 4, quote.cell)
            put_text(sheet, row, 5, quote.text)
            fit(sheet, row)
    sheet.auto_filter.ref = f"A1:E{max(row, 2)}"


def _rubric(sheet: Worksheet, rubric: Rubric) -> str:
    """Fill the sheet and return the cell that holds the points needed."""
    names = ["criterion", "what is asked", "what it shows", "points", "who judges", "levels", "what a person looks for"]
    header(sheet, 1, names, [25, 44, 34, 14, 12, 60, 50])
    for row, each in enumerate(rubric.criteria, 2):
        levels = "\n".join(f"{number(level.points)}: {level.reason}" for level in each.levels)
        texts = {1: each.key, 2: each.text, 3: each.outcome, 5: each.judged, 6: levels, 7: each.guide.strip()}
        for column, text in texts.items():
            put_text(sheet, row, column, text)
        put_formula(sheet, row, 4, each.points)
        fit(sheet, row)
    last = len(rubric.criteria) + 1
    return needed(sheet, last, f"SUM(D2:D{last})", rubric.complete_from)
