"""A rubric as a blank spreadsheet that computes right, for marking a submission by hand."""

from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from .cells import fit, for_print, header, needed, put_entry, put_formula, put_text, title
from .hand import number
from .report import write_whole
from .rubric import Criterion, Rubric

__all__ = ["write"]


def write(rubric: Rubric, path: Path) -> None:
    """Write a blank sheet for marking one submission by hand: a level or points for each criterion make the total.

    Parameters
    ----------
    rubric : Rubric
        What is asked; its levels are lettered, A the best.
    path : Path
        An ``.xlsx`` file; one that is there is replaced.

    Raises
    ------
    WriteError
        If the file cannot be replaced.
    """
    book = Workbook()
    sheet: Worksheet = book.active  # type: ignore[assignment]
    sheet.title = "Marking"
    title(sheet, rubric.title)
    for row, name in ((2, "Learner"), (3, "Grader")):
        put_text(sheet, row, 1, name, bold=True)
        put_entry(sheet, row, 2, "")
    names = ["criterion", "what is asked", "levels", "points", "level", "or points", "mark", "comment"]
    header(sheet, 5, names, [25, 40, 62, 14, 7, 13, 12, 40])
    for row, criterion in enumerate(rubric.criteria, 6):
        _blank_row(sheet, row, criterion)
    last = len(rubric.criteria) + 5
    enough = needed(sheet, last, f"SUM(D6:D{last})", rubric.complete_from)
    marks, unmarked = f"SUM(G6:G{last})", f'COUNTIF(G6:G{last},"to mark")'
    result = f'IF(G{last + 1}>={enough}-0.000000001,"Complete",IF(G{last + 3}>0,"not yet","Incomplete"))'
    rows = {"total": marks, "share": f"G{last + 1}/D{last + 1}", "still to mark": unmarked, "result": result}
    for row, (name, formula) in enumerate(rows.items(), last + 1):
        put_text(sheet, row, 6, name, bold=True)
        put_formula(sheet, row, 7, f"={formula}", shape="0.0%" if name == "share" else "General")
    for_print(sheet)
    write_whole(path, book.save)


def _blank_row(sheet: Worksheet, row: int, criterion: Criterion) -> None:
    letters = [get_column_letter(n + 1) for n in range(len(criterion.levels))]
    levels = zip(letters, criterion.levels, strict=True)
    texts = [
        criterion.key,
        criterion.text,
        "\n".join(f"{a} ({number(level.points)}): {level.reason}" for a, level in levels),
    ]
    for column, text in enumerate(texts, 1):
        put_text(sheet, row, column, text)
    put_formula(sheet, row, 4, criterion.points)
    fit(sheet, row)
    for column in (5, 6, 8):
        put_entry(sheet, row, column, None)
    chosen = f"CHOOSE(CODE(UPPER(E{row}))-64,{','.join(number(level.points) for level in criterion.levels)})"
    valid = f"AND(ISNUMBER(F{row}),F{row}>=0,F{row}<=D{row})"
    put_formula(sheet, row, 7, f'=IF({valid},F{row},IFERROR({chosen},"to mark"))')
    one_of = DataValidation("list", formula1=f'"{",".join(letters)}"', allow_blank=True)
    between = DataValidation("decimal", operator="between", formula1="0", formula2=f"D{row}", allow_blank=True)
    for rule, cell in ((one_of, f"E{row}"), (between, f"F{row}")):
        rule.showErrorMessage = True
        rule.add(cell)
        sheet.add_data_validation(rule)
