"""The tables that are wider than a phone."""

import numpy as np
import pandas as pd
import pytest

from dashboard.draw.wide import is_wide


@pytest.mark.parametrize("missing", [np.nan, None, pd.NA])
def test_a_column_of_missing_values_is_as_wide_as_its_name(missing: object) -> None:
    rows = pd.DataFrame({"run": ["a", "b"], "v1": [missing, missing]})

    assert not is_wide(rows, hide_index=True)
    assert is_wide(rows.rename(columns={"v1": "v" * 60}), hide_index=True)


def test_the_longest_cell_decides_but_for_numbers_which_are_rounded() -> None:
    assert is_wide(pd.DataFrame({"what": ["x" * 60]}), hide_index=True)
    assert not is_wide(pd.DataFrame({"share": [1 / 3] * 3}), hide_index=False)
    assert not is_wide(pd.DataFrame({"what": []}), hide_index=True)
