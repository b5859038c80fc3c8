"""What names and seeds may look like: they become files, folders, rules, wildcards and arrays."""

from typing import Annotated

from pydantic import Field

# Of studies, runs, figures and data sets.
NAME_PATTERN = r"^[a-z][a-z0-9_]{0,63}$"
Name = Annotated[str, Field(pattern=NAME_PATTERN)]

# Of layers: letters and digits, parted by single spaces, dots, underscores or hyphens.
LABEL_PATTERN = r"^[A-Za-z0-9]+([ ._-][A-Za-z0-9]+)*$"
Label = Annotated[str, Field(pattern=LABEL_PATTERN, max_length=64)]

Seed = Annotated[int, Field(ge=0)]  # digits alone stand in the names of checkpoints
