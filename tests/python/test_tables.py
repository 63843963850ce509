"""The command line reads tables in every usual form, and says what is wrong with the others."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from gaussmix.cli._tables import read_table
from gaussmix.cli._tables._choice import split_columns


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(content: str | bytes, name: str = "data.csv") -> str:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        "a;b\n1;2\n3;4\n",
        "a\tb\n1\t2\n3\t4\n",
        "a b\n1  2\n 3 \t4\n",
        "a, b\n1, 2\n3 ,4",
        "a ,b\n1 ,2\n3 ,4\n",
        '"a","b"\n"1","2"\n3,4\n',
        'a, "b"\n1, "2"\n3, 4\n',
        '"a" "b"\n"1" 2\n3 4\n',
        "\ufeffa,b\n1,2\n3,4\n",
        "a,b\r\n1,2\r\n3,4\r\n",
        "a,b\r1,2\r3,4\r",
        "# notes, of\n\na,b\n  \n1,2 # more, notes\n\n3,4\n\n",
    ],
)
def test_all_usual_forms_of_text_read_alike(text: str) -> None:
    table = read_table(write(text))
    assert_array_equal(table.values, [[1.0, 2.0], [3.0, 4.0]])
    assert table.values.dtype == np.float64
    assert table.names == ("a", "b")
    assert table.weights is None


@pytest.mark.parametrize(
    ("text", "values", "names"),
    [
        ("1,2\n3,4\n", [[1, 2], [3, 4]], None),
        ("79\n54\n", [[79], [54]], None),
        ("waiting time\n79\n54\n", [[79], [54]], ("waiting time",)),
        ("waiting\n79\n", [[79]], ("waiting",)),
        ('"petal, length","#1"\n1,2\n', [[1, 2]], ("petal, length", "#1")),
        ("nan,x\n1,2\n", [[1, 2]], ("nan", "x")),
        ("1e-3;-2.5E+2;+.5\n", [[1e-3, -250, 0.5]], None),
    ],
)
def test_names_are_told_from_numbers(
    text: str, values: list[list[float]], names: tuple[str, ...] | None
) -> None:
    table = read_table(write(text))
    assert_array_equal(table.values, values)
    assert table.names == names


def test_every_double_survives_the_way_through_text() -> None:
    values = np.random.default_rng(0).standard_normal((500, 3)) * 10.0 ** np.arange(-150, 150, 100)
    text = "\n".join(",".join(map(repr, row)) for row in values.tolist())
    assert_array_equal(read_table(write(text)).values, values)


@pytest.mark.parametrize("broken", ["", "   \n"], ids=["fast", "careful"])
def test_fast_and_careful_readers_agree(broken: str) -> None:
    # A line of blanks stops NumPy's reader, so that the careful one reads the whole file.
    table = read_table(write(f'id,x,y\na,"1.5",2\n{broken}b,3,4 # four\n'), columns=["y", "x"])
    assert_array_equal(table.values, [[2.0, 1.5], [4.0, 3.0]])


def test_header_can_be_said() -> None:
    write("0,1\n5,6\n")
    assert read_table("data.csv").values.shape == (2, 2)
    table = read_table("data.csv", header=True)
    assert table.names == ("0", "1")
    assert_array_equal(table.values, [[5.0, 6.0]])


def test_a_line_of_words_and_numbers_asks_for_a_word() -> None:
    write("id,2019\n1,2\n")
    with pytest.raises(ValueError, match=r"say --header .*--no-header"):
        read_table("data.csv")
    assert read_table("data.csv", header=True).names == ("id", "2019")


IRIS = "id,length,width,species\nr1,5.1,3.5,setosa\nr2,4.9,3.0,virginica\n"


def test_columns_are_chosen_by_name_or_number_in_that_order() -> None:
    table = read_table(write(IRIS), columns=["3", "length"])
    assert_array_equal(table.values, [[3.5, 5.1], [3.0, 4.9]])
    assert table.names == ("width", "length")


def test_a_name_goes_before_a_number() -> None:
    assert_array_equal(read_table(write("2,x\n10,20\n"), columns=["2"], header=True).values, [[10]])


def test_columns_of_words_without_a_header_can_be_left_out() -> None:
    assert_array_equal(read_table(write("a,1,x\nb,2,y\n"), columns=["2"]).values, [[1], [2]])


def test_the_weights_are_no_feature() -> None:
    table = read_table(write("x,w,y\n1,2,3\n4,5,6\n"), weights="w")
    assert_array_equal(table.values, [[1, 3], [4, 6]])
    assert table.names == ("x", "y")
    assert table.weights is not None
    assert_array_equal(table.weights, [2, 5])


def test_the_features_of_a_model_are_found_by_name() -> None:
    write(IRIS)
    assert read_table("data.csv", features=["width", "length"]).names == ("width", "length")
    with pytest.raises(ValueError, match="has no column 'depth': it has id, length, width"):
        read_table("data.csv", features=["depth"])
    # A choice, or a file without names, goes its own way.
    assert read_table("data.csv", columns=["2"], features=["width"]).names == ("length",)
    assert read_table(write("1,2\n"), features=["width"]).values.shape == (1, 2)


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("a,b\n1,2\n3,x\n", {}, r"data.csv, line 3, column 2 \('b'\): 'x' is not a number"),
        ("1,2\n3,4\n5,abc\n", {}, "data.csv, line 3, column 2: 'abc' is not a number"),
        ("# c\n\na,b\n1,2\n\n3,\n", {}, "line 6, column 2 .'b'.: the cell is empty: remove or imp"),
        ("a,b\n1,2\n3,NA\n", {}, "line 3, column 2 .'b'.: NA marks a missing value"),
        ("a,b\n1,nan\n3,4\n", {}, "line 2, column 2 .'b'.: nan marks a missing value"),
        ("a,b\n1,2\n-inf,4\n", {}, "line 3, column 1 .'a'.: the number is infinite"),
        ("a,b\n1,1e999\n", {}, "line 2, column 2 .'b'.: the number is infinite"),
        ("a,b\n1,2\n3,1_000\n", {}, "'1_000' is not a number"),
        (f"a\n1\n{'z' * 900}\n", {}, r"'z{37}\.\.\.' is not a number"),
        (IRIS, {}, "line 2, column 1 .'id'.: 'r1' .*: leave this column out with --exclude 1"),
        ("a,1\nb,2\n", {}, "line 1, column 1: 'a' .* if this line holds names, say --header"),
        (",5\n0,1\n1,2\n", {}, "line 1, column 1: the cell is empty.* say --header"),
        ("a,b\n1,2\n3\n", {}, "line 3: 1 column where line 1 has 2"),
        ("a,b\n1,2\n3,4,5\n", {"columns": ["a"]}, "line 3: 3 columns where line 1 has 2"),
        ("a,b\n1,2,3\n", {}, "line 2: 3 columns where line 1 has 2"),
        ('a,b\n1,2\n"3,4\n', {}, "line 3: a quoted cell is not closed"),
        ("", {}, "data.csv is empty"),
        ("# nothing\n\n", {}, "data.csv is empty"),
        ("a,b\n", {}, "data.csv has a line of names and no rows"),
        (b"a,b\n1,2\n1,\xe9\n", {}, "line 3: not text in UTF-8"),
        ("a\tb\n1\t2\n".encode("utf-16")[:-1], {}, "not text in UTF-16 throughout"),
        ("a\n1\n\0\n", {}, "line 3: not text in UTF-8"),
        ("a,b\n1,2\n", {"columns": ["c"]}, "data.csv has no column 'c': it has a, b"),
        ("1,2\n", {"columns": ["3"]}, "data.csv has no column '3': it has 2 columns without"),
        ("1,2\n", {"columns": ["0"]}, "data.csv has no column '0'"),
        ("a,a\n1,2\n", {"columns": ["a"]}, "2 columns named 'a': choose one by its number"),
        ("a,b\n1,2\n", {"columns": ["a", "1"]}, "column '1' is chosen twice"),
        ("a,b\n1,2\n", {"columns": ["a"], "weights": "a"}, "a feature and the weights at once"),
        ("a\n1\n", {"weights": "a"}, "data.csv: no column is chosen: it has only the weights"),
        ("a,b\n1,2\n", {"weights": "1-2"}, "weights stand in one column, 1-2 are several"),
        (
            "a,w\n1,2\n\n3,-4\n5,6\n",
            {"weights": "w"},
            r"line 4, column 2 \('w'\): the weight -4 is negative",
        ),
        ("a,b\n1,2\n", {"exclude": ["-"]}, "data.csv has no column '-': it has a, b"),
        ("a,b\n1,2\n", {"exclude": ["a", "b"]}, "no column is chosen: all are excluded"),
        ("a,b\n1,2\n", {"exclude": ["c"]}, "data.csv has no column 'c': it has a, b"),
        ("a,b\n1,2\n", {"columns": ["1-3"]}, "data.csv has no columns 1-3: it has 2 columns"),
        ("a,b\n1,2\n", {"columns": ["0-1"]}, "data.csv has no columns 0-1"),
        ("a,b\n1,2\n", {"columns": ["2-1"]}, "columns 2-1 are none: give the smaller number"),
        ("a,b\n1,2\n", {"columns": ["a", "1-2"]}, "column '1-2' is chosen twice"),
        (
            "a,b\n1,2\n",
            {"features": ["a", "b"], "exclude": ["a"]},
            "column 'a' is excluded, but the model needs it",
        ),
    ],
)
def test_what_is_wrong_is_named(text: str | bytes, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_table(write(text), **arguments)


def test_no_columns_at_all_cannot_be_chosen() -> None:
    with pytest.raises(ValueError, match=r"no column is chosen"):
        read_table(write("a,b\n1,2\n"), columns=[])


@pytest.mark.parametrize("name", ["missing.csv", "missing.npy", "missing.npz"])
def test_a_file_that_is_missing_is_an_os_error(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        read_table(name)


def test_a_folder_is_no_table() -> None:
    Path("folder.csv").mkdir()
    with pytest.raises(IsADirectoryError):
        read_table("folder.csv")


@pytest.mark.parametrize("dtype", ["f8", "f4", ">f8", "i4", "u1", "?"])
def test_arrays_keep_their_type(dtype: str) -> None:
    values = np.arange(6).reshape(3, 2).astype(dtype)
    np.save("data.npy", values)
    table = read_table("data.npy")
    assert table.values.dtype == values.dtype
    assert table.names is None
    assert_array_equal(table.values, values)


def test_columns_of_arrays_are_chosen_by_number() -> None:
    np.save("data.npy", np.arange(6.0).reshape(2, 3))
    table = read_table("data.npy", columns=["3", "1"], weights="2")
    assert_array_equal(table.values, [[2, 0], [5, 3]])
    assert table.weights is not None
    assert_array_equal(table.weights, [1, 4])


def test_one_dimension_is_one_column() -> None:
    np.save("data.npy", np.arange(3.0))
    assert read_table("data.npy").values.shape == (3, 1)


@pytest.mark.parametrize("names", [["only"], ["X", "y"]])
def test_archives_hold_one_array_or_one_named_x(names: list[str]) -> None:
    np.savez("data.npz", **{name: np.full((2, 2), i) for i, name in enumerate(names)})
    assert_array_equal(read_table("data.npz").values, np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\)"),
        (np.zeros((0, 3)), r"shape \(0, 3\)"),
        (np.float64(3.0), r"shape \(\)"),
        (np.array([["a", "b"]]), "holds <U1 where numbers are needed"),
        (np.array([[1j]]), "holds complex128 where numbers are needed"),
        (np.array([[1.0, 2.0], [3.0, np.nan]]), "row 2, column 2: nan marks a missing value"),
        (np.array([[1.0, np.inf]]), "row 1, column 2: the number is infinite"),
        (np.array([[object()]]), "damaged, or holds something else than numbers"),
    ],
)
def test_arrays_that_cannot_be_used_are_named(array: Any, message: str) -> None:
    np.save("data.npy", array, allow_pickle=True)
    with pytest.raises(ValueError, match=f"^data.npy.*{message}"):
        read_table("data.npy")


def test_arrays_have_neither_header_nor_decimal_mark() -> None:
    np.save("data.npy", np.eye(2))
    for options in ({"header": True}, {"decimal": ","}):
        with pytest.raises(ValueError, match=r"^data.npy holds an array: --header and --decimal"):
            read_table("data.npy", **options)
    np.save("data.npy", np.array([[1.0, 2.0], [3.0, -4.0]]))
    with pytest.raises(ValueError, match=r"^data.npy, row 2, column 2: the weight -4 is negative"):
        read_table("data.npy", weights="2")


@pytest.mark.parametrize("name", ["data.npy", "data.npz"])
@pytest.mark.parametrize("content", [b"", b"hello", b"\x93NUMPY\x01\x00"])
def test_damaged_arrays_are_named(name: str, content: bytes) -> None:
    with pytest.raises(ValueError, match=f"^{name} is damaged"):
        read_table(write(content, name))


def test_archives_of_several_arrays_are_refused() -> None:
    np.savez("data.npz", a=np.zeros((2, 2)), b=np.zeros((2, 2)))
    with pytest.raises(ValueError, match="one array, or one named X; it holds a, b"):
        read_table("data.npz")


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        buffer = io.BytesIO(b"a,b\n1,2\n3,oops\n")

    monkeypatch.setattr("sys.stdin", Terminal())
    with pytest.raises(ValueError, match=r"^standard input, line 3, column 2"):
        read_table("-")


def test_pipes_are_read_once_and_whole() -> None:
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_text("a,b\n1,2\n3,4\n"))
    writer.start()
    table = read_table("pipe")
    writer.join()
    assert_array_equal(table.values, [[1, 2], [3, 4]])


def test_a_table_passes_for_a_data_frame() -> None:
    table = read_table(write("a,b\n1,2\n"))
    assert table.columns == ("a", "b")
    assert np.asarray(table) is table.values
    assert np.asarray(table, dtype=np.float32).dtype == np.float32


def test_lists_of_columns_may_hold_quoted_commas() -> None:
    assert split_columns('a, 2,"petal, length"') == ["a", "2", "petal, length"]
    assert split_columns("") == []


# --- tables as people have them ----------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a\tb\n3,6\t79\n1,8\t54,5\n",
        "a;b\n3,6;79\n1,8;54,5\n",
        "a|b\n3,6|79\n1,8|54,5\n",
        "a b\n3,6 79\n1,8 54,5\n",
        'a,b\n"3,6","79"\n"1,8","54,5"\n',
        'a,b\n"3,6",79\n"1,8","54,5"\n',
        "a;b\n3,60e0;+79\n1,8;54,5\n",
        'a;b\n"3,6";"79"\n"1,8";"54,5"\n',
        "sep=;\r\na;b\r\n3,6;79\r\n1,8;54,5\r\n",
        "a,b,\n3.6,79,\n1.8,54.5,\n",
        "a,b\n3.6,79,\n1.8,54.5,\n",
        "a,b,\n3.6,79\n1.8,54.5\n",
        "a;b;;\n3,6;79;;\n1,8;54,5;;\n",
        "a\tb\t\n3.6\t79\t\n1.8\t54.5\t\n",
        "a,b\n,\n3.6,79\n,\n1.8,54.5\n,\n",
        'a;b\n"3.6";"79"\n"1.8";"54.5"\n',
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_as_people_have_them_read_alike(text: str, ends: str, encoding: str) -> None:
    table = read_table(write(text.replace("\r", "").replace("\n", ends).encode(encoding)))
    assert_array_equal(table.values, [[3.6, 79], [1.8, 54.5]])
    assert table.names == ("a", "b")
    assert table.notes == ()


@pytest.mark.parametrize(("decimal", "delimiter"), [(".", ","), (",", ";"), (",", "\t")])
@pytest.mark.parametrize("broken", ["", "   \n"], ids=["fast", "careful"])
def test_decimal_commas_lose_no_digit(decimal: str, delimiter: str, broken: str) -> None:
    values = np.random.default_rng(0).standard_normal((100, 3)) * 10.0 ** np.arange(-150, 150, 100)
    rows = [delimiter.join(map(repr, row)).replace(".", decimal) for row in values.tolist()]
    assert_array_equal(read_table(write("\n".join(rows) + f"\n{broken}")).values, values)


def test_the_first_decimal_comma_may_stand_far_down() -> None:
    table = read_table(write("a;b\n" + "1;2\n" * 99 + "3,6;4\n"))
    assert_array_equal(table.values[-1], [3.6, 4])


def test_words_in_other_columns_say_nothing_of_the_decimal_mark() -> None:
    table = read_table(write("a;b\n3,6;z.B.\n1,8;u.v.\n"), columns=["a"])
    assert_array_equal(table.values, [[3.6], [1.8]])


def test_the_decimal_mark_can_be_said() -> None:
    write("a;b\n1,234;1\n2,345;2\n")
    with pytest.raises(ValueError, match=r"'1,234' .* may be a decimal one or separate thousands"):
        read_table("data.csv")
    assert_array_equal(read_table("data.csv", decimal=",").values, [[1.234, 1], [2.345, 2]])
    with pytest.raises(ValueError, match="without separators of thousands"):
        read_table("data.csv", decimal=".")
    assert_array_equal(read_table(write("x\n3,6\n1,8\n"), decimal=",").values, [[3.6], [1.8]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a;b\n3,6;1\n1.5;2\n", "'3,6' .* other numbers have decimal points.*--decimal comma"),
        ("a;b\n3,6;1\n2,5;2\n" + "1;1\n" * 60 + "1.5;2\n", "'1.5' .* numbers have decimal commas"),
        ('a,b\n"3,6",1\n"2,5",7\n' + "1,2\n" * 60 + "1,1.5\n", "'1.5' .* have decimal commas"),
        ("a;b\n1.234,5;1\n2,34;3\n", "'1.234,5' .*: write numbers without separators of thousa"),
        ("a;b\n1,234;1.5\n", "'1,234' .*: write numbers without separators of thousands"),
        ("12,835;1,234\n5;6\n", "line 1: the comma of '12,835' may be decimal or separate"),
        ("a,b\n3,6,79\n1,8,54\n", "line 2: 3 columns where line 1 has 2: if commas are decimal"),
        ("x\n3,6\n1,8\n", "line 2: 2 columns where line 1 has 1: .*say --decimal comma"),
        ("1,2,\n" * 60 + "1,2,3\n", "line 61: '3' stands after the last column"),
        ("a,b,c\n1,2,\n3,4,\n", "line 2, column 3 .'c'.: .* leave this column out with --exclude"),
        ("Title\n\na,b\n1,2\n3,4\n", "line 3: 2 columns .* has no names, begin it with #"),
        ("a,b\n1,12%\n", "'12%' .*: write it without the percent sign"),
        ("a,b\n1,$3.50\n", "'.3.50' .*: write it without the currency"),
        ("a,b\n1,TRUE\n", "'TRUE' .*: write 1 and 0"),
        ("a,b\n1,2020-01-31\n", "'2020-01-31' .*: write times as numbers, or leave"),
        ("a,b\n1,3.6 min\n", "'3.6 min' .*: write the number alone, without its unit"),
        ("a,b\n1,1 234.5\n", "'1 234.5' .*: write numbers without separators of thousands"),
        ("a,b\n1,\u22121.5\n", "write the minus sign as -"),
        ("a,b\n1,'1.5'\n", "write numbers without such quotes"),
        ("a,b\n1,1.5D+03\n", "'1.5D.03' .*: write its exponent with e"),
        ("a,b\n1,(1.5)\n", ".*: write the minus sign before the number"),
        ("a,b\n1,?\n", r"\? marks a missing value"),
        ("a,b\n1,2\n3,oops\n", "'oops' is not a number: correct it, or remove the line"),
    ],
)
def test_a_table_that_is_not_read_is_told_why(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_table(write(text))


@pytest.mark.parametrize("broken", ["", "   \n"], ids=["fast", "careful"])
def test_quoted_cells_may_have_line_breaks(broken: str) -> None:
    text = 'note,"length\n(mm)",b\n"one, two\n# three",1,2\n' + broken + '"5"" wide\n\n",3,4\n'
    write(text)
    table = read_table("data.csv", exclude=["note"])
    assert_array_equal(table.values, [[1, 2], [3, 4]])
    assert table.names == ("length\n(mm)", "b")
    write(text + "x,1,y\n")
    with pytest.raises(ValueError, match=rf"line {8 + bool(broken)}, column 3 .'b'.: 'y'"):
        read_table("data.csv", exclude=["note"])


def test_a_quote_that_is_never_closed_is_told_where_it_opens() -> None:
    write('a,b\n1,2\n"3,4\n' + "5,6\n" * 30_000)
    with pytest.raises(ValueError, match="line 3: a quoted cell is not closed"):
        read_table("data.csv")


def test_quotes_within_cells_open_nothing() -> None:
    table = read_table(write('size,a\n5" disk,1\n24" screen,2\n'), exclude=["size"])
    assert_array_equal(table.values, [[1], [2]])


def test_names_alone_in_quotes_may_be_numbers() -> None:
    table = read_table(write('"2019","2020"\n3.6,79\n1.8,54\n'))
    assert table.names == ("2019", "2020")
    assert_array_equal(table.values, [[3.6, 79], [1.8, 54]])


CELLS = st.one_of(
    st.integers(-5000, 5000).map(float),
    st.decimals(-9999, 9999, places=1).map(float),
    st.decimals(-99, 99, places=3).map(float),
    st.floats(allow_nan=False, allow_infinity=False),
)
NAMES = st.sampled_from(["a", "b", "c d", "x,y", "2", "h\u00f6he"])


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_what_pandas_writes_is_read_or_refused_but_never_misread(data: st.DataObject) -> None:
    draw = data.draw
    values = np.array(
        draw(st.integers(1, 4).flatmap(lambda d: st.lists(st.tuples(*[CELLS] * d), min_size=1)))
    )
    names = [draw(NAMES) + str(j) for j in range(values.shape[1])]
    delimiter, decimal = draw(st.sampled_from(",;\t| ")), draw(st.sampled_from(".,"))
    index, header = draw(st.booleans()), draw(st.booleans())
    # A single column of commas may be two, and names that are numbers a row.
    assume(len(names) > 1 or index or (decimal == "." and "," not in names[0]))
    assume(not all(name.isdecimal() for name in names))
    text = pd.DataFrame(values, columns=names).to_csv(
        sep=delimiter, decimal=decimal, index=index, header=header, quoting=draw(st.integers(0, 2))
    )
    if delimiter != " " and draw(st.booleans()):
        text = text.replace("\n", f"{delimiter}\n")
    write(text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))))
    try:
        table = read_table("data.csv")
    except ValueError as error:
        assert str(error).startswith("data.csv")  # noqa: PT017
        return
    if index and not header:
        assert table.notes or len(values) < 5
        assert_array_equal(table.values[:, 0], np.arange(len(values)))
        assert_array_equal(table.values[:, 1:], values)
    elif not any("may hold names" in note for note in table.notes):
        assert_array_equal(table.values, values)


COMPRESSIONS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("ending", COMPRESSIONS)
def test_compressed_tables_are_read_whatever_they_are_called(ending: str) -> None:
    packed = COMPRESSIONS[ending](b"a,b\n1,2\n3,4\n")
    for name in (f"data.csv.{ending}", "data.csv"):
        table = read_table(write(packed, name))
        assert_array_equal(table.values, [[1, 2], [3, 4]])
        assert table.names == ("a", "b")
    packed = COMPRESSIONS[ending](b"a,b\n1,2\n3,oops\n")
    with pytest.raises(ValueError, match=rf"^data.csv.{ending}, line 3, column 2"):
        read_table(write(packed, f"data.csv.{ending}"))


@pytest.mark.parametrize("ending", COMPRESSIONS)
def test_compressed_tables_that_break_off_are_damaged(ending: str) -> None:
    rows = np.random.default_rng(0).random((5000, 2)).astype(str)
    whole = COMPRESSIONS[ending]("\n".join(map(",".join, rows)).encode())
    for packed in (whole[: len(whole) // 2], whole[:40] + b"damage" * 9, whole[:12]):
        with pytest.raises(ValueError, match=r"^data.csv is damaged"):
            read_table(write(packed))


def test_arrays_are_known_by_their_content_and_may_be_compressed() -> None:
    np.save("data.npy", np.eye(2))
    written = Path("data.npy").read_bytes()
    assert_array_equal(read_table(write(written, "table")).values, np.eye(2))
    assert_array_equal(read_table(write(gzip.compress(written), "data.npy.gz")).values, np.eye(2))
    np.savez("data.npz", np.eye(3))
    assert_array_equal(read_table(write(Path("data.npz").read_bytes(), "t")).values, np.eye(3))


def archive_of(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), "1,2")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04\x00\x00", "is a zip archive: unpack it first"),
        (archive_of("data.csv"), "is a zip archive: unpack it first"),
        (archive_of("[Content_Types].xml"), "is an Excel workbook: save the table as CSV"),
        (archive_of("mimetype"), "is an OpenDocument file: save the table as CSV"),
        (b"PAR1 ...", "is a Parquet file: save the table as CSV, or read it in Python"),
        (b"\x28\xb5\x2f\xfd ...", "is compressed by Zstandard: unpack it first"),
        (gzip.compress(b"PAR1 ...", mtime=0), "is a Parquet file"),
    ],
)
def test_what_is_no_table_is_told_what_it_is(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_table(write(content))


def test_thousands_of_columns_are_read() -> None:
    values = np.random.default_rng(0).integers(0, 99, (20, 3000)) / 8
    frame = pd.DataFrame(values, columns=[f"f{j}" for j in range(3000)])
    frame.to_csv("data.csv")
    for options in ({}, {"columns": ["2-3001"]}, {"exclude": ["1"]}, {"columns": ["2-"]}):
        table = read_table("data.csv", **options)
        assert_array_equal(table.values, values)
        assert table.names == tuple(frame.columns)
    table = read_table("data.csv", columns=["1-1000", "3001"], exclude=["f0", "10-20"])
    assert table.values.shape == (20, 1001 - 12)


# --- an index is no feature --------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        ",x,y\n0,1,2\n1,3,4\n2,5,6\n",
        "Unnamed: 0,x,y\n0,1,2\n1,3,4\n2,5,6\n",
        '"","x","y"\n"1",1,2\n"2",3,4\n"3",5,6\n',
        '"x" "y"\n"1" 1 2\n"2" 3 4\n"3" 5 6\n',
        '"x","y"\n"one",1,2\n"two",3,4\n"three",5,6\n',
        ",Unnamed: 0,x,y\n0,0,1,2\n1,1,3,4\n2,2,5,6\n",
        ",,x,y\na,0,1,2\na,1,3,4\nb,2,5,6\n",
    ],
)
def test_an_index_without_a_name_is_left_out_with_a_note(text: str) -> None:
    table = read_table(write(text))
    assert_array_equal(table.values, [[1, 2], [3, 4], [5, 6]])
    assert table.names == ("x", "y")
    (note,) = table.notes
    assert note.startswith("data.csv: column")
    assert "as an index: left out; --columns 1-" in note


def test_an_index_can_be_taken_and_is_called_as_pandas_does() -> None:
    write(",x\n5,1\n7,3\n")
    table = read_table("data.csv", columns=["1-2"])
    assert_array_equal(table.values, [[5, 1], [7, 3]])
    assert table.names == ("Unnamed: 0", "x")
    assert table.notes == ()
    for features in (("Unnamed: 0", "x"), ("", "x"), ("x", "Unnamed: 0")):
        table = read_table("data.csv", features=features)
        assert table.names == features
        assert_array_equal(table.values[:, features.index("x")], [1, 3])
    assert_array_equal(read_table("data.csv", weights="Unnamed: 0").values, [[1], [3]])
    assert read_table("data.csv", exclude=["1"]).notes == ()


def test_a_frame_of_numbered_columns_keeps_its_rows() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).random((6, 3)))
    frame.to_csv("data.csv")
    table = read_table("data.csv")
    assert_array_equal(table.values, frame)
    assert table.names == ("0", "1", "2")
    frame.to_csv("data.csv", index=False)
    assert "the first line may hold names" in read_table("data.csv").notes[0]
    assert "the first line may hold names" in read_table(write("0,1\n5,6\n")).notes[0]
    assert "line may hold names" in read_table(write("2019,2020\n5.5,6\n7.2,3.0\n")).notes[0]
    assert read_table(write("5,6\n5.5,6.2\n7,3\n")).notes == ()
    frame.to_csv("data.csv", index=False)
    assert_array_equal(read_table("data.csv", header=True).values, frame)


@pytest.mark.parametrize("text", ["id,x\n{}", "{}"])
@pytest.mark.parametrize("first", [0, 1])
def test_a_column_that_counts_the_rows_is_told_of(text: str, first: int) -> None:
    rows = "".join(f"{i + first},{i % 3}\n" for i in range(9))
    table = read_table(write(text.format(rows)))
    assert table.values.shape == (9, 2)
    assert "counts the rows: if it is an index, leave it out with --exclude 1" in table.notes[0]
    assert read_table("data.csv", columns=["1-2"]).notes == ()


def test_columns_without_a_name_elsewhere_are_features() -> None:
    assert read_table(write("x,,y\n1,5,2\n")).names == ("x", "Unnamed: 1", "y")
    assert read_table(write('""\n1\n2\n'), header=True).names == ("Unnamed: 0",)
