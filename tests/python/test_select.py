"""A selection finds what mclust finds or better, keeps families in order, and says what it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
from gaussmix import _core
from gaussmix._resampled import adjusted_rand
from gaussmix.cli import main
from gaussmix.plot import SelectionDisplay

ORDER = "IEV"  # each of a code's letters is a special case of the next
MCLUST = json.loads((problems.IRIS_CSV.parent / "mclust_bic.json").read_text())


@pytest.fixture(scope="module")
def chosen() -> gaussmix.Selection:
    return gaussmix.select(problems.faithful(), range(1, 6), random_state=0)


def lies_within(inner: str, outer: str) -> bool:
    codes = _core.mclust_code(inner), _core.mclust_code(outer)
    return all(ORDER.index(a) <= ORDER.index(b) for a, b in zip(*codes, strict=True))


@pytest.mark.parametrize("name", ["faithful", "iris"])
def test_cells_are_as_good_as_mclusts(name: str) -> None:
    s = gaussmix.select(getattr(problems, name)(), random_state=0)
    as_good, compared = 0, 0
    for code, by_count in MCLUST[name].items():
        for k, theirs in by_count.items():
            ours = s.criteria["bic"].get((_core.family_name(code), int(k)))
            if ours is None:
                continue
            compared += 1
            as_good += -ours > theirs - 0.01
    assert compared > 115
    assert as_good >= 0.95 * compared
    best = {"faithful": ("tied", 3), "iris": ("VEV", 2)}[name]
    assert (s.best.covariance_type, s.best.n_components) == best


@pytest.mark.parametrize("prior", [None, "weights"])
def test_no_cell_is_worse_than_one_within_it(prior: str | None, faithful: problems.Array) -> None:
    weights = None if prior is None else np.arange(len(faithful)) % 3.0
    s = gaussmix.select(faithful, range(1, 7), sample_weight=weights, random_state=1)
    n = len(faithful) if weights is None else weights.sum()
    score = {cell: s[cell].score(faithful, sample_weight=weights) * n for cell in s}
    for inner, outer in ((a, b) for a in s for b in s if a[1] == b[1]):
        if {inner, outer} & s.reasons.keys() or not lies_within(inner[0], outer[0]):
            continue
        assert score[outer] >= score[inner] - 5e-3, (inner, outer)


def test_threads_do_not_change_a_bit(faithful: problems.Array) -> None:
    one = gaussmix.select(faithful, range(1, 4), random_state=5, n_threads=1)
    many = gaussmix.select(faithful, range(1, 4), random_state=5, n_threads=7)
    assert all(one[cell] == many[cell] for cell in one)
    assert np.array_equal(one.table, many.table)


def test_a_selection_shows_its_cells(chosen: gaussmix.Selection) -> None:
    assert chosen["vvv", 2] is chosen["full", 2] is chosen.models["full", 2]
    top = chosen.top(2)
    assert (top[0].covariance_type, top[0].n_components, top[0].difference) == ("tied", 3, 0.0)
    assert top[1].difference == pytest.approx(top[1].value - top[0].value)
    assert chosen.table.shape == (5, 14)
    assert np.nanmin(chosen.table) == top[0].value
    frame = chosen.to_pandas()
    assert frame.loc[3, "EEE"] == top[0].value
    said = repr(chosen).splitlines()
    assert said[0] == "BIC (smaller is better)"
    assert said[1].split()[:4] == ["K", "EII", "VII", "EEI"]
    assert "  EEE,3  2314.30" in said
    assert len(chosen) == len(list(chosen)) == 70
    with pytest.raises(KeyError, match="not among the cells"):
        chosen["VEV", 17]
    with pytest.raises(ValueError, match="'XYZ' is unknown"):
        chosen["XYZ", 2]


def test_a_picture_shows_a_selection(chosen: gaussmix.Selection) -> None:
    drawn = SelectionDisplay.from_selection(chosen, ("bic", "icl"))
    assert drawn.best_ is chosen.best
    assert drawn.axes_[0].get_title(loc="left") == "BIC: 3, tied"
    assert drawn.criteria_["icl"]["full", 2] == pytest.approx(
        chosen["full", 2].icl(problems.faithful())
    )
    with pytest.raises(ValueError, match="must be of 'bic', 'aic', 'icl'"):
        SelectionDisplay.from_selection(chosen, "cv")


def test_degenerate_cells_say_why_and_never_win() -> None:
    X = np.repeat([[0.0, 0.0], [1.0, 5.0], [4.0, 2.0], [9.0, 8.0]], 5, axis=0)
    s = gaussmix.select(X, [1, 2, 4, 30], random_state=0)
    assert s.reasons["full", 4].startswith("degenerate: collapsed components")
    assert s.reasons["full", 30] == "more components than the 20 rows"
    assert not s.best.degenerate
    assert np.isnan(s.table[-1]).all()
    assert "- degenerate: " in repr(s)
    with pytest.raises(KeyError, match="more components than the 20 rows"):
        s["full", 30]
    nothing = gaussmix.select(X, [30], random_state=0)
    with pytest.raises(ValueError, match=r"no cell may be chosen \(more components"):
        nothing.best  # noqa: B018
    assert "None may be chosen." in repr(nothing)
    with pytest.raises(ValueError, match="no fits to draw"):
        SelectionDisplay.from_selection(nothing)


def test_families_that_mean_nothing_are_left_out() -> None:
    rng = np.random.default_rng(0)
    wide = gaussmix.select(rng.normal(size=(12, 30)), [1, 2], random_state=0)
    assert wide.covariance_types == ("EII", "spherical", "EEI", "VEI", "EVI", "diag")
    regular = gaussmix.select(rng.normal(size=(12, 30)), [1], prior="default", random_state=0)
    assert len(regular.covariance_types) == 14
    line = gaussmix.select(rng.normal(size=(12, 1)), 2, random_state=0)
    assert line.covariance_types == ("EII", "spherical")
    plain = gaussmix.select(rng.normal(size=(30, 2)), 1, covariance_types="plain", random_state=0)
    assert plain.covariance_types == ("full", "tied", "diag", "spherical")


def test_rows_of_every_kind(faithful: problems.Array) -> None:
    double = gaussmix.select(faithful, range(1, 4), random_state=0)
    single = gaussmix.select(faithful.astype(np.float32), range(1, 4), random_state=0)
    assert np.allclose(double.table, single.table, atol=0.05)
    counts = np.arange(len(faithful)) % 3
    by_weight = gaussmix.select(faithful, [2, 3], sample_weight=counts, random_state=0)
    by_rows = gaussmix.select(np.repeat(faithful, counts, axis=0), [2, 3], random_state=0)
    assert np.median(np.abs(by_weight.table - by_rows.table)) < 0.05


def test_rows_in_pieces(faithful: problems.Array) -> None:
    whole = gaussmix.select(faithful, range(1, 4), random_state=0)
    pieces = gaussmix.Batches(faithful, batch_rows=100)
    batches = gaussmix.select(pieces, range(1, 4), random_state=0)
    assert batches.table == pytest.approx(whole.table, abs=0.05)
    shards = [gaussmix.Shard(faithful[:100]), gaussmix.Shard(faithful[100:])]
    remote = gaussmix.RemoteRows(
        summary=lambda: gaussmix.merge(shard.summary() for shard in shards),
        sample=lambda summary, size, seed: gaussmix.merge(
            shard.sample(summary, size, seed, i) for i, shard in enumerate(shards)
        ),
        moments=lambda scorer: gaussmix.merge(shard.moments(scorer) for shard in shards),
    )
    far = gaussmix.select(remote, range(1, 4), random_state=0)
    assert far.table == pytest.approx(whole.table, abs=0.05)
    with pytest.raises(ValueError, match="choose by bic, aic"):
        gaussmix.select(remote, [1], criterion="icl")
    with pytest.raises(ValueError, match="choose by bic, aic, icl"):
        gaussmix.select(pieces, [1], criterion="cv")
    late = gaussmix.select(pieces, [1, 2], max_seconds=1e-9, random_state=0)
    assert set(late.reasons.values()) == {"not fitted: the time was up"}
    few = gaussmix.select(pieces, [2, 3], max_fits=3, random_state=0)
    assert len(few) == 3
    column = gaussmix.Batches(faithful[:, :1], batch_rows=100)
    assert gaussmix.select(column, [1], random_state=0).covariance_types == ("EII", "spherical")


def test_priors_may_have_any_shape(faithful: problems.Array) -> None:
    for covariance in (np.diag([0.5, 40.0]), np.array([0.5, 40.0])):
        prior = gaussmix.Prior(covariance=covariance)
        s = gaussmix.select(faithful, [1, 2, 3], prior=prior, random_state=0)
        assert not s.reasons
        assert s.best.n_components in (2, 3)


def test_resampling_chooses_what_repeats(faithful: problems.Array) -> None:
    options: dict[str, Any] = {"covariance_types": ["EEE", "VVV"], "random_state": 0}
    stable = gaussmix.select(faithful, [2, 3, 4], criterion="stability", n_repeats=4, **options)
    assert stable.best.n_components == 2
    assert stable.top(1)[0].value > 0.95
    assert "STABILITY (larger is better)" in repr(stable)
    weights = np.ones(len(faithful))
    held = gaussmix.select(
        faithful, [1, 2, 5], criterion="cv", n_repeats=4, sample_weight=weights, **options
    )
    assert held.best.n_components > 1
    plain = gaussmix.select(faithful, [1, 2, 5], criterion="cv", n_repeats=4, **options)
    assert np.allclose(held.table, plain.table)
    drawn = SelectionDisplay.from_selection(held)
    assert drawn.best_ is held.best
    for criterion, n in (("stability", 1), ("cv", 1), ("cv", 300)):
        with pytest.raises(ValueError, match=f"^n_repeats={n} must be"):
            gaussmix.select(faithful, 2, criterion=criterion, n_repeats=n, **options)


def test_agreement_is_the_adjusted_rand_index() -> None:
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(0)
    a, b = rng.integers(4, size=50), rng.integers(3, size=50)
    assert adjusted_rand(a, b) == pytest.approx(adjusted_rand_score(a, b))
    assert adjusted_rand(a, (a + 1) % 4) == 1.0
    assert adjusted_rand(a * 0, b * 0) == 1.0


def test_budgets_keep_the_best(faithful: problems.Array) -> None:
    s = gaussmix.select(faithful, range(1, 6), max_fits=4, random_state=0)
    assert len(s) == 4
    assert (s.best.covariance_type, s.best.n_components) == ("tied", 3)
    assert all(reason.startswith("not fitted: max_fits") for reason in s.reasons.values())
    late = gaussmix.select(faithful, [1, 2], max_seconds=1e-9, random_state=0)
    assert set(late.reasons.values()) == {"not fitted: the time was up"}


def test_a_bar_shows_progress(faithful: problems.Array, capsys: pytest.CaptureFixture[str]) -> None:
    for rows in (faithful, gaussmix.Batches(faithful, batch_rows=100)):
        gaussmix.select(rows, [1, 2], progress=True, random_state=0)
        assert "select" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"criterion": "dic"}, "^criterion='dic' must be one of bic, icl, aic, stability, cv"),
        ({"covariance_types": ["VVV", "full"]}, "^covariance_types has an entry twice"),
        ({"covariance_types": []}, "^covariance_types is empty"),
        ({"max_fits": 0}, "^max_fits=0 must be at least 1"),
        ({"max_seconds": 0.0}, "^max_seconds=0 must be positive"),
        ({"n_components": []}, "^n_components is empty"),
        ({"n_components": [0]}, "^n_components=0 must be at least 1"),
        ({"prior": gaussmix.VariationalPrior()}, "^prior is that of variational Bayes"),
    ],
)
def test_arguments_are_refused(
    options: dict[str, Any], message: str, faithful: problems.Array
) -> None:
    with pytest.raises(ValueError, match=message):
        gaussmix.select(faithful, **{"n_components": [1], **options})


def test_a_fit_goes_on_from_any_family(faithful: problems.Array) -> None:
    start = gaussmix.fit(faithful, 2, random_state=0)
    for code in MCLUST["faithful"]:
        m = gaussmix.fit(faithful, init=start, covariance_type=code, tol=1e-7, max_iter=1000)
        assert m.covariance_type == _core.family_name(code)
        theirs = MCLUST["faithful"][code]["2"]
        assert -m.bic(faithful) == pytest.approx(theirs, abs=0.4) or -m.bic(faithful) > theirs


def test_the_command_line_selects(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = str(problems.FAITHFUL_CSV)
    assert main(("select", data, "-k", "1-3", "--plot", "s.png", "--output", "m.safetensors")) == 0
    said = capsys.readouterr().out
    assert "EEE,3  2314.30" in said
    assert (tmp_path / "s.png").stat().st_size > 1000
    assert gaussmix.load("m.safetensors").covariance_type == "tied"
    arguments = ("select", data, "-k", "2,3", "--covariance-types", "VVV,eee", "--labels")
    assert main((*arguments, "-")) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0] == "label"
    assert "K      VVV      EEE" in printed.err
    assert main((*arguments, "labels.csv")) == 0
    assert len((tmp_path / "labels.csv").read_text().splitlines()) == 273
    capsys.readouterr()
    assert main(("select", data, "--covariance-types", "XYZ")) == 2
    assert "--covariance-types='XYZ' is unknown" in capsys.readouterr().err
    assert main(("select", data, data)) == 2
    assert "one file" in capsys.readouterr().err
    assert main(("select", data, "-k", "x")) == 2
    assert "argument -k/--components: 'x' is not an integer" in capsys.readouterr().err
