"""Anything that is a table of numbers can be fitted, and gives what its plain copy gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gaussmix
import problems
import reference
import views
from comparing import assert_same_fit

if TYPE_CHECKING:
    from conftest import RunPython


class OnlyDLPack:
    """Has DLPack's protocol and nothing else."""

    def __init__(self, array: reference.Array) -> None:
        self._array = array

    def __dlpack__(self, **options: Any) -> Any:
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self._array.__dlpack_device__()


class OnlyArrayInterface:
    """Has NumPy's array interface and nothing else."""

    def __init__(self, array: reference.Array) -> None:
        self.__array_interface__ = array.__array_interface__
        self._array = array


class OnlyArray:
    """Has `__array__` and nothing else."""

    def __init__(self, array: reference.Array) -> None:
        self._array = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self._array if dtype is None else self._array.astype(dtype)


def table() -> reference.Array:
    """Forty rows of two features that any type here holds exactly."""
    return np.round(problems.problem(121, n=40, n_components=2).X * 4) / 4


FORMS: dict[str, Callable[[reference.Array], Any]] = {
    "list": lambda X: X.tolist(),
    "tuple_of_tuples": lambda X: tuple(map(tuple, X.tolist())),
    "list_of_arrays": list,
    "frame": pd.DataFrame,
    "frame_of_several_types": lambda X: pd.DataFrame(X).astype({0: "float32"}),
    "dlpack": OnlyDLPack,
    "dlpack_float32": lambda X: OnlyDLPack(X.astype(np.float32)),
    "dlpack_sliced": lambda X: OnlyDLPack(views.LAYOUTS["sliced"](X)),
    "array_interface": OnlyArrayInterface,
    "array": OnlyArray,
    "memoryview": memoryview,
    "matrix_of_objects": lambda X: X.astype(object),
    "long_double": lambda X: X.astype(np.longdouble),
    "big_endian": lambda X: X.astype(">f8"),
    "big_endian_float32": lambda X: X.astype(">f4"),
    "little_endian": lambda X: X.astype("<f8"),
    "masked_nowhere": np.ma.masked_array,
    "subclass": lambda X: X.view(type("Mine", (np.ndarray,), {})),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_gives_the_fit_and_scores_of_the_plain_one(form: str) -> None:
    # Numbers of float32 that are read in place are computed on as such.
    X = table().astype(np.float32 if form == "dlpack_float32" else np.float64)
    other = FORMS[form](X)
    expected = gaussmix.fit(X, 2, random_state=0)
    actual = gaussmix.fit(other, 2, random_state=0)
    assert_same_fit(actual, expected)
    np.testing.assert_array_equal(actual.predict(other), expected.predict(X))
    np.testing.assert_array_equal(actual.predict_proba(other), expected.predict_proba(X))
    assert actual.bic(other) == expected.bic(X)


@pytest.mark.parametrize("dtype", [">i2", ">u4", ">i8", "<u2", ">f2"])
def test_integers_and_halves_of_any_byte_order_are_read(dtype: str) -> None:
    X = views.small_numbers(122, 40, 2, "int16")
    assert_same_fit(
        gaussmix.fit(X.astype(dtype), 2, random_state=0), gaussmix.fit(X, 2, random_state=0)
    )


def test_hidden_numbers_of_a_masked_array_are_not_silently_used() -> None:
    X = np.ma.masked_array(table(), mask=np.zeros((40, 2), dtype=bool))
    X[3, 1] = np.ma.masked
    with pytest.raises((ValueError, TypeError), match=r"\bX\b"):
        gaussmix.fit(X, 2)


def test_numbers_missing_from_a_frame_are_named() -> None:
    frame = pd.DataFrame(table(), columns=["a", "b"]).astype("Float64")
    assert_same_fit(
        gaussmix.fit(frame, 2, random_state=0), gaussmix.fit(table(), 2, random_state=0)
    )
    frame.loc[3, "b"] = pd.NA
    with pytest.raises(ValueError, match=r"\bX\b.*row 3, column 1 \('b'\)"):
        gaussmix.fit(frame, 2)


def test_the_names_of_a_frames_columns_stay_with_the_model() -> None:
    frame = pd.DataFrame(table(), columns=["eruptions", "waiting"])
    model = gaussmix.fit(frame, 2)
    assert model.feature_names == ("eruptions", "waiting")


@pytest.mark.parametrize("form", ["list", "dlpack", "frame"])
def test_columns_without_names_have_none(form: str) -> None:
    assert gaussmix.fit(FORMS[form](table()), 2).feature_names is None


def test_a_series_of_labels_or_weights_is_read_as_an_array() -> None:
    X, labels = table(), np.arange(40) % 2
    index = np.arange(40)[::-1]
    w = np.linspace(1, 2, 40)
    assert_same_fit(
        gaussmix.fit(
            X,
            2,
            init=pd.Series(labels, index=index),
            sample_weight=pd.Series(w, index=index),
        ),
        gaussmix.fit(X, 2, init=labels, sample_weight=w),
    )


def test_labels_and_weights_may_come_by_dlpack() -> None:
    X, labels, w = table(), np.arange(40) % 2, np.linspace(1, 2, 40)
    assert_same_fit(
        gaussmix.fit(X, 2, init=OnlyDLPack(labels), sample_weight=OnlyDLPack(w)),
        gaussmix.fit(X, 2, init=labels, sample_weight=w),
    )


def test_a_single_feature_given_flat_comes_with_the_remedy() -> None:
    x = np.arange(10.0)
    with pytest.raises(ValueError, match=r"X .*reshape\(-1, 1\)"):
        gaussmix.fit(x, 2)
    assert gaussmix.fit(x.reshape(-1, 1), 2).n_features == 1
    with pytest.raises(ValueError, match=r"X .*reshape\(1, -1\)"):
        gaussmix.fit(np.eye(2), 1).predict(np.zeros(2))


def test_numpy_numbers_are_numbers() -> None:
    assert_same_fit(
        gaussmix.fit(
            table(),
            np.int64(2),
            tol=np.float32(0.5),
            max_iter=np.uint8(9),
            n_init=np.int16(2),
            random_state=np.uint32(1),
            n_threads=np.int64(1),
            reg_covar=np.float64(0.25),
        ),
        gaussmix.fit(
            table(),
            2,
            tol=0.5,
            max_iter=9,
            n_init=2,
            random_state=1,
            n_threads=1,
            reg_covar=0.25,
        ),
    )


@given(
    n=st.integers(3, 33),
    d=st.integers(1, 9),
    covariance_type=st.sampled_from(reference.COVARIANCE_TYPES),
    init=st.sampled_from(problems.INITS),
    dtype=st.sampled_from(views.DTYPES),
    layout=st.sampled_from(sorted(views.LAYOUTS)),
)
def test_no_combination_of_shape_type_and_layout_changes_a_fit(
    n: int, d: int, covariance_type: str, init: str, dtype: str, layout: str
) -> None:
    X = views.small_numbers(n + 40 * d, n, d, dtype)
    options: dict[str, Any] = {
        "covariance_type": covariance_type,
        "init": init,
        "max_iter": 3,
        "random_state": 0,
        "reg_covar": 1.0,
    }
    assert_same_fit(
        gaussmix.fit(views.LAYOUTS[layout](X), 3, **options),
        gaussmix.fit(views.plain(X), 3, **options),
    )


def test_a_fit_changes_none_of_its_arguments() -> None:
    X, labels, w = table(), np.arange(40) % 2, np.linspace(1, 2, 40)
    r = reference.one_hot(labels, 2) * 3
    kept = [a.copy() for a in (X, labels, w, r)]
    gaussmix.fit(X, 2, init=labels, sample_weight=w)
    gaussmix.fit(X, 2, init=r, sample_weight=w)
    for array, copy in zip((X, labels, w, r), kept, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int16"])
def test_a_fit_neither_copies_the_rows_nor_holds_their_responsibilities(
    run_python: RunPython, dtype: str
) -> None:
    # Four million rows of eight features: 256 MB as float64, and so would be eight
    # responsibilities a row. Broadcasting makes the rows themselves cost nothing.
    done = run_python(
        f"""
import resource
import numpy as np
import gaussmix

peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
row = np.arange(8).astype({dtype!r})
X = np.broadcast_to(row, (4_000_000, 8))
start = gaussmix.Mixture(np.full(8, 1 / 8), np.tile(row, (8, 1)) + np.arange(8.0)[:, None],
                         np.ones((8, 8)), covariance_type="diag")
gaussmix.fit(X[:1000], covariance_type="diag", init=start, max_iter=1)
before = peak()
gaussmix.fit(X, covariance_type="diag", init=start, max_iter=1)
start.score(X)
print(int(peak() - before))
"""
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 40


def test_columns_in_another_order_are_refused() -> None:
    frame = pd.DataFrame(table(), columns=["eruptions", "waiting"])
    model = gaussmix.fit(frame, 2, random_state=0)
    swapped = frame[["waiting", "eruptions"]]
    for use in (model.predict, model.score, lambda X: gaussmix.fit(X, init=model)):
        with pytest.raises(ValueError, match=r"column 'waiting'.*'eruptions'.*same order"):
            use(swapped)
    assert (model.predict(frame) == model.predict(frame.to_numpy())).all()


def test_an_array_on_another_device_is_refused_in_words() -> None:
    class Elsewhere:
        def __dlpack__(self, **_: object) -> object:
            raise BufferError("on device cuda:0")

        def __dlpack_device__(self) -> tuple[int, int]:
            return (2, 0)

    with pytest.raises(TypeError, match=r"\bX\b.*copy it to the CPU"):
        gaussmix.fit(Elsewhere(), 2)
