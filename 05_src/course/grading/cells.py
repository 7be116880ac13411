"""How a grader's sheets look: text that stays text, headers that stay in sight, colours that also work in grey."""

import math
from collections.abc import Sequence
from typing import Any, cast

from openpyxl.cell.cell import Cell
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from .harmless import FORMULA, clean, shorten

__all__ = ["colour", "fit", "for_print", "header", "needed", "put_entry", "put_formula", "put_text", "title"]

FONT = "Calibri"
LONGEST = 32_000  # characters that a cell holds, with some to spare
THIN = Side(style="thin", color="BFBFBF")
GRID = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
HEAD = PatternFill("solid", fgColor="1F3864")
ENTRY = PatternFill("solid", fgColor="FFF9DB")
# Each has a word beside it, and another shade of grey on paper.
FILLS = {"part": "FCE8B2", "none": "E8A87C", "waits": "C9DDF2", "confirm": "C9DDF2"}


def put_text(sheet: Worksheet, row: int, column: int, text: str, *, bold: bool = False) -> Cell:
    """Write text that stays text: whatever it begins with, it is no formula and no error value."""
    cell = cast(Cell, sheet.cell(row, column))
    shown = shorten(clean(text, lines=True).strip("\n"), LONGEST)
    if shown:  # an empty text is no empty cell
        cell.value = shown
        cell.data_type = "s"
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    cell.border, cell.font = GRID, Font(FONT, 11, bold=bold)
    cell.quotePrefix = shown.startswith(FORMULA)
    return cell


def put_formula(sheet: Worksheet, row: int, column: int, value: str | float | None, *, shape: str = "General") -> Cell:
    """Write a number or a formula of ours, never one with a stranger's text in it."""
    cell = sheet.cell(row, column, value)
    cell.alignment = Alignment(vertical="top", horizontal="right")
    cell.border, cell.number_format, cell.font = GRID, shape, Font(FONT, 11)
    return cell


def put_entry(sheet: Worksheet, row: int, column: int, value: str | float | None) -> Cell:
    """A cell that a person fills: light yellow, with what was filled in before."""
    cell = put_text(sheet, row, column, value) if isinstance(value, str) else put_formula(sheet, row, column, value)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    cell.fill = ENTRY
    return cell


def header(sheet: Worksheet, row: int, names: Sequence[str], widths: Sequence[float]) -> None:
    """Write column names that stay in sight while one scrolls, and can filter what is below."""
    for column, (name, width) in enumerate(zip(names, widths, strict=True), 1):
        cell = put_text(sheet, row, column, name)
        cell.font, cell.fill = Font(FONT, 11, bold=True, color="FFFFFF"), HEAD
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.row_dimensions[row].height = 32
    sheet.freeze_panes = f"B{row + 1}"
    sheet.print_title_rows = f"{row}:{row}"


def fit(sheet: Worksheet, row: int) -> None:
    """Make a row as high as its longest text needs: not every program does that by itself."""
    most = 1
    for cell in cast(Any, sheet)[row]:
        if isinstance(cell.value, str) and cell.data_type == "s":
            wide = max(sheet.column_dimensions[cell.column_letter].width - 1, 1)
            most = max(most, sum(math.ceil(max(len(line), 1) / wide) for line in cell.value.split("\n")))
    sheet.row_dimensions[row].height = min(15.0 * most + 2, 409)


def needed(sheet: Worksheet, last: int, points: str, share: float) -> str:
    """Three rows below a table, all points, the share that is needed and what that makes; returns its cell.

    Parameters
    ----------
    sheet : Worksheet
        With the points of each criterion in column D.
    last : int
        The last row of its table.
    points : str
        The formula of all points, such as ``"SUM(D2:D13)"``.
    share : float
        From which it is Complete.
    """
    rows: dict[str, str | float] = {"all points": f"={points}", "Complete from": share}
    rows["points needed"] = f"=D{last + 1}*D{last + 2}"
    for row, (name, value) in enumerate(rows.items(), last + 1):
        put_text(sheet, row, 3, name, bold=True)
        put_formula(sheet, row, 4, value, shape="0.0%" if name == "Complete from" else "General")
    return f"{sheet.title}!$D${last + 3}"


def title(sheet: Worksheet, text: str) -> None:
    """A large first line."""
    cell = put_text(sheet, 1, 1, text)
    cell.font, cell.border = Font(FONT, 14, bold=True), Border()
    cell.alignment = Alignment(wrap_text=False)


def colour(sheet: Worksheet, cells: str, words: str) -> None:
    """Colour cells by the word that stands in the column `words` of their row.

    Parameters
    ----------
    sheet : Worksheet
        Where.
    cells : str
        Such as ``"L2:M13"``.
    words : str
        The first row's word, with its column fixed: ``"$M2"``.
    """
    for word, shade in FILLS.items():
        rule = FormulaRule(formula=[f'{words}="{word}"'], fill=PatternFill("solid", bgColor=shade))
        sheet.conditional_formatting.add(cells, rule)


def for_print(sheet: Any) -> None:
    """A4 across, as wide as the page, with page numbers."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = "&A, page &P of &N"
    for side in ("left", "right", "top", "bottom"):
        setattr(sheet.page_margins, side, 0.4)
