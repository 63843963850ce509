from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypedDict

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
EventTuple: TypeAlias = tuple[int, int, str]
CellFound: TypeAlias = tuple[str, int, tuple[Model, Facts] | None, Evidence, str]
Evidence: TypeAlias = tuple[int, float, float, float]
PosteriorArrays: TypeAlias = tuple[Floats, Floats, Floats]

class Facts(TypedDict, total=False):
    status: str
    n_iter: int
    history: Floats
    pairs: Floats
    ends: list[tuple[float, int, bool]]
    events: list[EventTuple]
    collapsed: list[int]
    restart: int
    n_threads: int

class Info(TypedDict):
    version: str
    instruction_set: str
    instruction_sets: list[str]
    n_threads: int
    openmp: str | None

__version__: str

class NotFiniteError(ValueError):
    value: float
    row: int
    column: int

class Model:
    def __init__(
        self,
        weights: Floats,
        means: Floats,
        covariances: Floats,
        covariance_type: str,
        posterior: PosteriorArrays | None = None,
    ) -> None: ...
    @property
    def posterior(self) -> PosteriorArrays | None: ...
    @property
    def weights(self) -> Floats: ...
    @property
    def means(self) -> Floats: ...
    @property
    def covariances(self) -> Floats: ...
    @property
    def precisions_cholesky(self) -> Floats: ...
    @property
    def covariance_type(self) -> str: ...
    @property
    def n_parameters(self) -> int: ...
    @property
    def variances(self) -> Floats: ...
    def covariance_matrix(self, k: int, features: Sequence[int]) -> Floats: ...
    def score_samples(self, x: npt.NDArray[Any], n_threads: int) -> Floats: ...
    def score(self, x: npt.NDArray[Any], sample_weight: Floats | None, n_threads: int) -> float: ...
    def predict(self, x: npt.NDArray[Any], n_threads: int) -> Ints: ...
    def predict_proba(self, x: npt.NDArray[Any], n_threads: int) -> Floats: ...
    def evidence(
        self, x: npt.NDArray[Any], sample_weight: Floats | None, n_threads: int
    ) -> Evidence: ...
    def criteria(self, evidence: Evidence) -> tuple[float, float, float]: ...
    def sample(self, n_samples: int, seed: int, n_threads: int) -> tuple[Floats, Ints]: ...
    def save(
        self,
        path: bytes,
        status: str,
        n_iter: int,
        history: Floats,
        events: list[EventTuple],
        collapsed: list[int],
        feature_names: list[str],
    ) -> None: ...

def load(path: bytes) -> tuple[Model, Facts, list[str]]: ...
def families() -> tuple[str, ...]: ...
def covariances_shape(
    covariance_type: str, n_components: int, n_features: int
) -> tuple[int, ...]: ...
def family_name(covariance_type: str) -> str: ...
def mclust_code(covariance_type: str) -> str: ...
def plain_family(covariance_type: str) -> str: ...
def covariance_shape(covariance_type: str, n_features: int) -> tuple[int, ...]: ...
def shares_covariance(covariance_type: str) -> bool: ...
def info() -> Info: ...

class Options:
    def __init__(
        self,
        *,
        n_components: int,
        covariance_type: str,
        init: str = ...,
        n_init: int = ...,
        max_iter: int = ...,
        tol: float = ...,
        reg_covar: float | None = ...,
        prior: tuple[Floats | None, float, float | None, Floats | None] | None = None,
        variational: tuple[bool, float | None] | None = None,
        strict: bool = ...,
        seed: int = ...,
        pruning: str = ...,
        effort: str = ...,
        acceleration: str = ...,
    ) -> None: ...

def fit(
    x: npt.NDArray[Any],
    options: Options,
    *,
    sample_weight: Floats | None,
    start: Ints | Floats | Model | None,
    n_threads: int,
    instruction_set: str,
    callback: Callable[[int, int, float, float], bool] | None,
) -> tuple[Model, Facts]: ...
def select(
    x: npt.NDArray[Any],
    options: Options,
    *,
    covariance_types: list[str],
    n_components: list[int],
    sample_weight: Floats | None,
    max_fits: int | None,
    max_seconds: float | None,
    n_threads: int,
    instruction_set: str,
    callback: Callable[[int, int], bool] | None,
) -> list[CellFound]: ...
def fit_pieces(
    pieces: Callable[[int], tuple[npt.NDArray[Any], Floats | None] | None],
    options: Options,
    *,
    start: Ints | Floats | Model | None,
    n_threads: int,
    instruction_set: str,
    callback: Callable[[int, int, float, float], bool] | None,
    read: Callable[[], bytes | None] | None,
    write: Callable[[bytes], None] | None,
) -> tuple[Model, Facts]: ...
def fit_remote(
    summary: Callable[[], Summary],
    sample: Callable[[Summary, int, int], tuple[Floats, Floats]],
    moments: Callable[[RunScorer], Moments],
    options: Options,
    *,
    start: Ints | Floats | Model | None,
    n_threads: int,
    instruction_set: str,
    callback: Callable[[int, int, float, float], bool] | None,
    read: Callable[[], bytes | None] | None,
    write: Callable[[bytes], None] | None,
) -> tuple[Model, Facts]: ...
def complete_prior(
    options: Options, summary: Summary, covariance: Floats
) -> tuple[Floats, float, float, Floats]: ...

class Summary:
    @property
    def n_rows(self) -> int: ...
    @property
    def total_weight(self) -> float: ...
    @property
    def means(self) -> Floats: ...
    @property
    def variances(self) -> Floats: ...
    @property
    def minima(self) -> Floats: ...
    @property
    def maxima(self) -> Floats: ...
    def merged(self, other: Summary) -> Summary: ...
    def __getstate__(self) -> bytes: ...
    def __setstate__(self, state: bytes) -> None: ...

class Moments:
    @property
    def n_components(self) -> int: ...
    @property
    def n_features(self) -> int: ...
    @property
    def n_rows(self) -> int: ...
    @property
    def total_weight(self) -> float: ...
    @property
    def log_likelihood(self) -> float: ...
    @property
    def weights(self) -> Floats: ...
    def merged(self, other: Moments) -> Moments: ...
    def stepwise(self, before: Moments, factor: float) -> Moments: ...
    def __getstate__(self) -> bytes: ...
    def __setstate__(self, state: bytes) -> None: ...

def moments_of(
    model: Model, total_weight: float, summary: Summary, options: Options
) -> Moments: ...

class RunScorer:
    @property
    def n_components(self) -> int: ...
    @property
    def n_features(self) -> int: ...
    def __getstate__(self) -> tuple[Any, ...]: ...
    def __setstate__(self, state: tuple[Any, ...]) -> None: ...

class Run:
    def __init__(
        self,
        summary: Summary,
        start: Model,
        options: Options,
        n_threads: int,
        instruction_set: str,
    ) -> None: ...
    def advance(self, moments: Moments) -> None: ...
    def step(self, moments: Moments) -> None: ...
    def interrupt(self) -> None: ...
    @property
    def done(self) -> bool: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def scorer(self) -> RunScorer: ...
    def result(self) -> tuple[Model, Facts]: ...

class Shard:
    def __init__(
        self, x: npt.NDArray[Any], sample_weight: Floats | None, n_threads: int
    ) -> None: ...
    def summary(self) -> Summary: ...
    def moments(self, under: Run | RunScorer) -> Moments: ...
    @property
    def pairs(self) -> tuple[float, float]: ...

def draw(
    x: npt.NDArray[Any],
    sample_weight: Floats | None,
    summary: Summary,
    size: int,
    seed: int,
    number: int,
    n_threads: int,
) -> tuple[Floats, Floats]: ...
def summarize(x: npt.NDArray[Any], sample_weight: Floats | None, n_threads: int) -> Summary: ...
