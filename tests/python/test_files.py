"""A model file gives back the model bit for bit, other programs read it, damage is refused."""

from __future__ import annotations

import json
import os
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import safetensors
import safetensors.numpy

import gaussmix
import reference

Header = dict[str, Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a model may be saved."""
    return tmp_path / "model.safetensors"


@pytest.fixture
def good(path: Path, faithful: reference.Array) -> bytes:
    """The bytes of the file of a fit with two full components, left at `path`."""
    gaussmix.fit(faithful, 2, random_state=0).save(path)
    return path.read_bytes()


# --- What is kept ----------------------------------------------------------------------------


def test_a_fit_comes_back_bit_for_bit(
    path: Path, faithful: reference.Array, covariance_type: str
) -> None:
    table = pd.DataFrame(faithful, columns=["durée [min]", 'a "quoted" \\ name \N{BLOSSOM}'])
    model = gaussmix.fit(table, 3, covariance_type=covariance_type, random_state=0)
    model.save(path)
    back = gaussmix.load(path)
    assert back == model
    for name in ("weights", "means", "covariances", "history"):
        kept, given = getattr(back, name), getattr(model, name)
        assert kept.dtype == given.dtype
        assert kept.tobytes() == given.tobytes()
    assert back.feature_names == ("durée [min]", 'a "quoted" \\ name \N{BLOSSOM}')
    assert (back.status, back.converged, back.n_iter) == (
        model.status,
        model.converged,
        model.n_iter,
    )
    assert back.events == model.events
    assert np.array_equal(back.predict(table), model.predict(table))


def test_numbers_that_text_would_change_come_back(path: Path) -> None:
    model = gaussmix.Mixture(
        [1 / 3, 2 / 3], [[-0.0, 5e-324], [0.1, -1.7e308]], [[1e-300, 1.0], [1e300, 1 / 7]], "diag"
    )
    model.save(path)
    back = gaussmix.load(path)
    assert back.status == "given"
    assert back.feature_names is None
    assert back.means.tobytes() == model.means.tobytes()
    assert back.covariances.tobytes() == model.covariances.tobytes()


def test_events_come_back(path: Path) -> None:
    rows = np.repeat([[0.0, 0.0], [1.0, 1.0]], 20, axis=0)
    model = gaussmix.fit(rows, 3, reg_covar=0, random_state=0)
    assert model.events
    model.save(path)
    assert gaussmix.load(path).events == model.events


def test_a_loaded_model_saves_the_same_bytes(path: Path, good: bytes) -> None:
    gaussmix.load(path).save(path)
    assert path.read_bytes() == good


# --- Other programs --------------------------------------------------------------------------


def test_the_safetensors_package_reads_it(path: Path, faithful: reference.Array) -> None:
    model = gaussmix.fit(faithful, 2, random_state=0)
    model.save(path)
    arrays = safetensors.numpy.load_file(path)
    assert set(arrays) == {"weights", "means", "covariances", "history"}
    for name, array in arrays.items():
        assert array.dtype == np.float64
        np.testing.assert_array_equal(array, getattr(model, name))
    with safetensors.safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    assert metadata == {
        "format": "gaussmix",
        "format_version": "1",
        "gaussmix_version": gaussmix.__version__,
        "covariance_type": "full",
        "status": "converged",
        "n_iter": str(model.n_iter),
        "events": "[]",
    }


def test_the_arrays_are_aligned(good: bytes) -> None:
    (length,) = struct.unpack("<Q", good[:8])
    assert length % 8 == 0


def test_a_file_that_the_safetensors_package_wrote_is_read(path: Path) -> None:
    safetensors.numpy.save_file(
        {"weights": np.ones(1), "means": np.zeros((1, 3)), "covariances": np.eye(3)[None]},
        path,
        {"format": "gaussmix", "format_version": "1", "covariance_type": "full", "note": "mine"},
    )
    model = gaussmix.load(path)
    assert model.status == "given"
    assert model.n_iter == 0
    assert model.score_samples(np.zeros((1, 3))) == pytest.approx(-1.5 * np.log(2 * np.pi))


# --- Writing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [str, Path])
@pytest.mark.parametrize("name", ["plain", "with space", "prénom", "x" * 250])
def test_any_name_will_do(tmp_path: Path, kind: Callable[[Path], Any], name: str) -> None:
    model = gaussmix.Mixture([1.0], [[0.0]], [[[1.0]]])
    model.save(kind(tmp_path / name))
    assert gaussmix.load(kind(tmp_path / name)) == model


@pytest.mark.usefixtures("good")
def test_a_save_leaves_nothing_but_the_file(path: Path) -> None:
    assert list(path.parent.iterdir()) == [path]
    gaussmix.load(path).save(path)
    assert list(path.parent.iterdir()) == [path]


def test_a_save_that_fails_changes_nothing(tmp_path: Path) -> None:
    model = gaussmix.Mixture([1.0], [[0.0]], [[[1.0]]])
    folder = tmp_path / "folder"
    folder.mkdir()
    for wrong in (folder, tmp_path / "no such folder" / "model"):
        with pytest.raises(OSError, match="folder"):
            model.save(wrong)
    assert list(tmp_path.iterdir()) == [folder]
    assert not list(folder.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="links and modes as POSIX has them")
@pytest.mark.usefixtures("good")
def test_links_and_modes_of_the_old_file_stay(tmp_path: Path, path: Path) -> None:
    path.chmod(0o600)
    link = tmp_path / "link"
    link.symlink_to(path.name)
    gaussmix.Mixture([1.0], [[0.0]], [[[1.0]]]).save(link)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert gaussmix.load(path).n_components == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_a_pipe_is_neither_waited_for_nor_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a regular file"):
        gaussmix.load(pipe)
    with pytest.raises(OSError, match="not a regular file"):
        gaussmix.Mixture([1.0], [[0.0]], [[[1.0]]]).save(pipe)
    assert pipe.is_fifo()


# --- Damage ----------------------------------------------------------------------------------


def test_what_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="absent"):
        gaussmix.load(tmp_path / "absent")
    with pytest.raises(OSError, match="not a regular file"):
        gaussmix.load(tmp_path)


def test_a_file_cut_short_is_refused_at_every_length(path: Path, good: bytes) -> None:
    for size in range(0, len(good), 7):
        path.write_bytes(good[:size])
        with pytest.raises(ValueError, match=r"model\.safetensors is not a usable gaussmix model"):
            gaussmix.load(path)


def test_bytes_changed_at_random_never_do_more_than_raise(path: Path, good: bytes) -> None:
    rng = np.random.default_rng(0)
    for _ in range(500):
        bad = bytearray(good)
        for place in rng.integers(len(bad), size=rng.integers(1, 4)):
            bad[place] = rng.integers(256)
        path.write_bytes(bad)
        try:
            gaussmix.load(path)
        except ValueError as error:
            if "model.safetensors is not a usable gaussmix model: " not in str(error):
                raise


def assemble(header: Header | bytes, data: bytes, length: int | None = None) -> bytes:
    """A safetensors file, right or wrong."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def take_apart(good: bytes) -> tuple[Header, bytes]:
    """Header and data of a safetensors file."""
    (length,) = struct.unpack("<Q", good[:8])
    return json.loads(good[8 : 8 + length]), good[8 + length :]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda h: h["__metadata__"].pop("format"), "holds something else"),
        (lambda h: h.pop("__metadata__"), "holds something else"),
        (lambda h: h["__metadata__"].pop("covariance_type"), "lack 'covariance_type'"),
        (lambda h: h["__metadata__"].update(covariance_type="round"), "'full'"),
        (lambda h: h["__metadata__"].update(covariance_type="diag"), "'covariances' has the shape"),
        (lambda h: h["__metadata__"].update(format_version="5"), "use a newer gaussmix"),
        (
            lambda h: h["__metadata__"].update(format_version="2"),
            "'weight_concentration' is missing",
        ),
        (lambda h: h["__metadata__"].update(format_version="3"), "'noise' is missing"),
        (lambda h: h["__metadata__"].update(format_version="one"), "use a newer gaussmix"),
        (lambda h: h["__metadata__"].update(status="happy"), "status='happy' is unknown"),
        (lambda h: h["__metadata__"].update(status="\x1b[2J" * 9), "a name in its metadata"),
        (lambda h: h["__metadata__"].update(n_iter="-1"), "at byte 0 of 'n_iter'"),
        (lambda h: h["__metadata__"].update(n_iter="9" * 30), "too large"),
        (lambda h: h["__metadata__"].update(n_iter=3), "of the header"),
        (lambda h: h["__metadata__"].update(feature_names='["a"]'), "feature name"),
        (lambda h: h["__metadata__"].update(feature_names='["a","b","c"]'), "more feature names"),
        (lambda h: h["__metadata__"].update(feature_names='["a","\\ud800"]'), "surrogate"),
        (lambda h: h["__metadata__"].update(events='[[1,7,"jitter"]]'), "does not have"),
        (lambda h: h["__metadata__"].update(events='[[1,0,"leap"]]'), "act='leap' is unknown"),
        (lambda h: h["__metadata__"].update(events="[" * 100_000), "at byte 2 of 'events'"),
        (lambda h: h.pop("history"), "data"),
        (lambda h: h["weights"].update(dtype="F32"), "dtype 'F32'"),
        (lambda h: h["weights"].update(shape=[3]), "'weights' has the shape"),
        (lambda h: h["weights"].update(shape=[2**62, 4]), "'weights' has the shape"),
        (lambda h: h["means"].update(shape=[2**62, 2**62]), "shape"),
        (lambda h: h["means"].update(shape=[2]), "'means' has the shape"),
        (lambda h: h["means"].update(shape=[1] * 9), "more than 8"),
        (lambda h: h["means"].update(shape=[2.0, 2.0]), "expected"),
        (lambda h: h["means"].update(data_offsets=[0, 32]), "bytes"),
        (lambda h: h["means"].update(data_offsets=[16, 2**62]), "bytes"),
        (lambda h: h["means"].update(data_offsets=[48, 16]), "bytes"),
        (lambda h: h["means"].update(data_offsets=[16]), "data_offsets"),
        (lambda h: h["means"].update(extra=1), "unknown key 'extra'"),
        (lambda h: h.update(more=h.pop("history")), "unknown array 'more'"),
        (lambda h: h.update(centres=h.pop("means")), "'means' is missing"),
    ],
)
def test_a_header_that_is_wrong_is_refused_in_words(
    path: Path, good: bytes, edit: Callable[[Header], object], message: str
) -> None:
    header, data = take_apart(good)
    path.write_bytes(assemble(header, data))
    gaussmix.load(path)
    edit(header)
    path.write_bytes(assemble(header, data))
    with pytest.raises(ValueError, match="not a usable gaussmix model") as caught:
        gaussmix.load(path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "too short"),
        (b"\x00" * 8, "expected '{'"),
        (b"\xff" * 8, "header of 18446744073709551615 bytes"),
        (b"eruptions,waiting\n3.6,79\n1.8,54\n", "not a safetensors file"),
        (assemble(b"{}", b"", length=2**62), "header of"),
        (assemble(b"[]", b""), "expected '{'"),
        (assemble(b"{" * 100_000, b""), "expected '\"'"),
        (assemble(b'{"__metadata__":{},"__metadata__":{}}', b""), "stands twice"),
        (assemble(b'{"__metadata__":{"a":"","a":""}}', b""), "stands twice"),
        (assemble(b'{"__metadata__":{}}x', b""), "expected the end"),
        (assemble(b'{"__metadata__":{"a":"\xff"}}', b""), "UTF-8"),
        (assemble(b'{"__metadata__":{"a":"\n"}}', b""), "control character"),
        (assemble(b"{}", b"12345678"), "the file has 8"),
        (assemble(b"{}", b""), "holds something else"),
    ],
)
def test_what_is_no_model_is_refused_in_words(path: Path, content: bytes, message: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ValueError, match="not a usable gaussmix model") as caught:
        gaussmix.load(path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("weights", 0, np.nan),
        ("weights", 0, 2.0),
        ("weights", 0, -0.5),
        ("means", 3, np.inf),
        ("covariances", 0, -1.0),
        ("covariances", 1, 0.25),
        ("covariances", 7, np.nan),
        ("history", 0, np.nan),
    ],
)
def test_numbers_that_make_no_mixture_are_refused(
    path: Path, good: bytes, name: str, place: int, value: float
) -> None:
    header, data = take_apart(good)
    at = header[name]["data_offsets"][0] + 8 * place
    path.write_bytes(assemble(header, data[:at] + struct.pack("<d", value) + data[at + 8 :]))
    with pytest.raises(ValueError, match=rf"model\.safetensors is not a usable .*: .*{name[:6]}"):
        gaussmix.load(path)


def test_a_null_character_in_a_path_is_refused(tmp_path: Path) -> None:
    model = gaussmix.Mixture([1.0], [[0.0]], [[[1.0]]])
    with pytest.raises(ValueError, match="null"):
        model.save(str(tmp_path / "model\0.safetensors"))
    with pytest.raises(ValueError, match="null"):
        gaussmix.load("model\0.safetensors")
    with pytest.raises(TypeError, match="path=5 must be a path"):
        gaussmix.load(5)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
