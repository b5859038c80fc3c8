"""The tables of a run as they are compared, and the settings behind them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from topolens.artifacts import read_table
from topolens.config.study import Study
from topolens.results import READING
from topolens.verification.gold import CLAIMS


def read_tables(folder: Path, studies: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The tables of a run by study, and `claims`."""
    options = READING["statistics.csv"]
    tables = {name: read_table(folder / f"{name}.csv", **options) for name in studies}
    return tables | {CLAIMS: read_table(folder / f"{CLAIMS}.csv")}


def settings_of(studies: Mapping[str, Study]) -> dict[str, Any]:
    """The settings that decide numbers, by study; captions and figures do not."""
    return {name: study.model_dump(mode="json", include={"runs"}) for name, study in studies.items()}
