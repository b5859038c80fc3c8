"""Arguments of public functions, checked at the door: what was given, what was expected, how to mend it."""

import operator
from typing import Any

import numpy as np

from topolens.errors import TopolensError


def checked_array(values: Any, name: str) -> np.ndarray:
    """Real numbers as an array of float64: of arrays, nested lists, tables or torch tensors on any device.

    Raises:
        TopolensError: complex or masked entries, which would lose a part in silence; text, or rows of unequal length.
    """
    if type(values) is np.ndarray and values.dtype == np.float64:
        return values
    if isinstance(values, np.ma.MaskedArray):
        raise TopolensError(f"{name}: expected plain numbers, found a masked array; drop or fill the masked entries")
    if hasattr(values, "detach"):  # a torch tensor, without loading torch for those who have none
        values = values.detach().cpu()
        values = (values.to_dense() if values.is_sparse else values).resolve_conj()
        values = values.numpy() if values.is_complex() else values.double().numpy()
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise TopolensError(f"{name}: expected rows of equal length; {error}") from error
    if np.iscomplexobj(array):
        raise TopolensError(
            f"{name}: expected real numbers, found complex ones; stack real and imaginary parts, np.c_[z.real, z.imag]"
        )
    try:
        return array.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise TopolensError(f"{name}: expected numbers, found {array.dtype}; {error}") from error


def checked_diagram(diagram: Any) -> np.ndarray:
    """The bars of one degree as float64, (m, 2) of birth and death; an empty list has none.

    Raises:
        TopolensError: another shape, NaN, an infinite birth, or a death before its birth.
    """
    if hasattr(diagram, "by_degree"):
        raise TopolensError("diagram: expected the bars of one degree, found Diagrams; take one, diagrams[1]")
    bars = checked_array(diagram, "diagram")
    if bars.ndim == 2 and bars.shape[1] == 2 and (bars[:, 0] <= bars[:, 1]).all() and np.isfinite(bars[:, 0]).all():
        return bars
    if bars.size == 0 and bars.ndim < 2:
        return np.empty((0, 2))
    if bars.ndim != 2 or bars.shape[1] != 2:
        hint = "; transpose it" if bars.ndim == 2 and bars.shape[0] == 2 else ""
        raise TopolensError(f"diagram: expected (m, 2) of birth and death, found shape {bars.shape}{hint}")
    if np.isnan(bars).any():
        raise TopolensError(f"diagram: {np.isnan(bars).any(axis=1).sum()} of {len(bars)} bars hold NaN")
    wrong = ~np.isfinite(bars[:, 0]) | (bars[:, 1] < bars[:, 0])
    raise TopolensError(
        f"diagram: bar {int(wrong.argmax())} of {len(bars)} has an infinite birth or dies before it is born: "
        f"{bars[wrong][0].tolist()}"
    )


def checked_count(value: Any, name: str, least: int = 1, most: int | None = None) -> int:
    """A whole number in a range, of Python or numpy.

    Raises:
        TopolensError: no whole number (100.0 is none), or one out of range.
    """
    expected = f"at least {least}" if most is None else f"{least} to {most}"
    try:
        number = operator.index(value)
    except TypeError:
        raise TopolensError(f"{name}={value!r}: expected a whole number, {expected}") from None
    if isinstance(value, bool) or number < least or (most is not None and number > most):
        raise TopolensError(f"{name}={value!r}: expected a whole number, {expected}")
    return number


def checked_number(value: Any, name: str, expected: str) -> float:
    """A real number; `expected` says which, for the error.

    Raises:
        TopolensError: anything else, NaN included.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if np.isnan(number) or isinstance(value, bool | str):
        raise TopolensError(f"{name}={value!r}: expected {expected}")
    return number
