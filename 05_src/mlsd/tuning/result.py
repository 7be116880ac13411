"""What a search returns."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Search"]


@dataclass(frozen=True, repr=False)
class Search:
    """What a search found.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a candidate, the best first; the index is the candidate's number. Columns as of scikit-learn's
        ``cv_results_``, and ``error``: what went wrong where something failed.
    best : estimator
        The pipeline with the best parameters, fitted on all rows. None if the search was stopped.
    best_params : dict
        The best candidate.
    best_score : float
        Its mean score.
    metric : str
        The metric that chose it; ``score`` where there is only one.
    fits : int
        Candidates times folds that were fitted, also those that an earlier run left in the file.
    seconds : float
        How long this call took.
    step_fits, step_fits_alone : int
        How many steps were fitted in this call, and how many it would have been had each candidate been fitted alone.
    stopped : bool
        Whether Ctrl-C ended it. Then means and ranks are over the folds that all candidates in the table finished.
    kind : str
        The kind of search.
    """

    table: pd.DataFrame
    best: Any
    best_params: dict[str, Any]
    best_score: float
    metric: str
    fits: int
    seconds: float
    step_fits: int
    step_fits_alone: int
    stopped: bool = False
    kind: str = field(default="grid")

    def __repr__(self) -> str:
        splits = sum(
            name.startswith("split") and name.endswith(f"_test_{self.metric}") for name in map(str, self.table)
        )
        head = (
            f"{self.kind} search{', stopped' if self.stopped else ''}: {len(self.table)} candidates on {splits} folds"
        )
        spent = (
            f"{self.fits} fits in {self.seconds:.1f} s; {self.step_fits} steps fitted instead of {self.step_fits_alone}"
        )
        plain = {
            name: value.item() if isinstance(value, np.generic) else value for name, value in self.best_params.items()
        }
        params = ", ".join(f"{name}={value!r}" for name, value in plain.items()) or "the pipeline as it is"
        lines = [f"{head}, {spent}", f"best {self.metric}: {self.best_score:.6g} with {params}"]
        failed = self.table["error"].notna().sum()
        if failed:
            lines.append(f"{failed} failed; see the column `error` of the table")
        if self.stopped:
            lines.append("not refitted: run it again with the same `file`, or fit the best parameters yourself")
        return "\n".join(lines)
