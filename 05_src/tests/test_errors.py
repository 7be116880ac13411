import pickle

import pytest

from mlsd.errors import ColumnError, DataError, MlsdError, require_columns


def test_the_fix_is_the_last_line():
    assert str(DataError("Row 3 has no date.", "Drop it.")).splitlines() == ["Row 3 has no date.", "Fix: Drop it."]


def test_an_error_survives_the_way_back_from_another_process():
    error = pickle.loads(pickle.dumps(ColumnError("what", "fix")))
    assert (type(error), error.problem, error.fix) == (ColumnError, "what", "fix")
    assert isinstance(error, MlsdError)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [(["close"], "Did you mean 'Close'"), (["Clsoe"], "'Close'"), (["x", "y"], r"Columns \['x', 'y'\] are")],
)
def test_a_missing_column_names_what_it_may_have_meant(wanted, said):
    with pytest.raises(ColumnError, match=said):
        require_columns(["Date", "Close"], wanted)
