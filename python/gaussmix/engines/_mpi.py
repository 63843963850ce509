"""Fits on MPI: each rank has its rows."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from mpi4py import MPI

from gaussmix._fit import fit as fit_rows
from gaussmix._known import Affinity
from gaussmix._mixture import Mixture
from gaussmix._remote import RemoteRows
from gaussmix._run import RunScorer

from ._block import Block, as_block

_END = "end"


def fit(
    X: Any,
    n_components: int | None = None,
    *,
    comm: Any = None,
    sample_weight: Any = None,
    labels: Any = None,
    component_labels: Any = None,
    **options: Any,
) -> Mixture:
    """Fit a mixture to rows on the ranks of MPI; each rank calls this function with its own rows.

    Rank 0 runs the fit; in each iteration it sends the mixture, and gets the sum of the moments of
    all ranks, which are added up in a tree. The result, its bits too, is the same on every rank,
    and for the same rows on each rank it is the same each time. An error on one rank, such as NaN
    in its rows, is raised on all of them.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_features)
        The rows of this rank; anything that `gaussmix.fit` takes as an array or table. There may be
        none, but with as many features as on other ranks.
    n_components : int
        The number of components, K. May be left out when `init` is a mixture.
    comm : mpi4py.MPI.Comm, optional
        By default ``MPI.COMM_WORLD``.
    sample_weight : array-like of shape (n_rows,), optional
        Non-negative weights of these rows; with weights on some ranks only, the others count 1.
    labels : array-like of shape (n_rows,), optional
        The classes of these rows, -1 where not known, as in `gaussmix.fit`; or, of shape (n_rows,
        K), booleans: the components that each row is allowed. Ranks may have none.
    component_labels : array-like of int, shape (n_components,), optional
        As in `gaussmix.fit`; the same on each rank that has labels.
    **options
        As in `gaussmix.fit`. Those of rank 0 are used, except for `n_threads` and `missing`, which
        each rank sets for itself. A callback is called on rank 0, where a checkpoint is kept.

    Returns
    -------
    Mixture
        As of `gaussmix.fit`.

    Raises
    ------
    ValueError, TypeError
        As `gaussmix.fit` does; errors about rows name the rank, and the row there.

    Examples
    --------
    >>> import gaussmix
    >>> m = gaussmix.mpi.fit([[0.0], [0.2], [5.0], [5.2]], 2, random_state=0)  # mpiexec -n 4 ...
    >>> sorted(m.means.ravel().round(3).tolist())
    [0.1, 5.1]
    """
    team = _Team(MPI.COMM_WORLD if comm is None else comm)
    team.read(
        X,
        sample_weight,
        options.get("n_threads"),
        missing=options.get("missing", "error"),
        labels=labels,
        component_labels=component_labels,
    )
    if team.rank > 0:
        return team.follow()

    def affinity(scorer: RunScorer) -> Affinity:
        found: Affinity = team.ask("affinity", scorer)
        return found

    def lead() -> Mixture:
        rows = RemoteRows(
            summary=lambda: team.ask("summary"),
            sample=lambda summary, size, seed: team.ask("sample", summary, size, seed),
            moments=lambda scorer: team.ask("moments", scorer),
            affinity=affinity if team.ask("tells") else None,
        )
        return fit_rows(rows, n_components, **options)

    return team.lead(lead)


class _Team:
    """The ranks: rank 0 sends requests, all ranks reply, and an error is sent as a reply."""

    def __init__(self, comm: Any) -> None:
        self._comm = comm
        self.rank = int(comm.Get_rank())
        self._size = int(comm.Get_size())
        self._block: Block | None = None
        self._error: BaseException | None = None

    def read(self, X: Any, sample_weight: Any, n_threads: int | None, **how: Any) -> None:
        """Read the rows of this rank; an error is sent as the reply to the first request."""
        try:
            self._block = as_block(
                X, sample_weight, self.rank, f"rank {self.rank}", n_threads, **how
            )
        except Exception as error:  # noqa: BLE001  # all ranks are to raise it
            self._error = error

    def lead(self, run: Callable[[], Mixture]) -> Mixture:
        """Run the fit on rank 0, and send its result or error to all ranks."""
        try:
            found = run()
        except BaseException as error:
            self._comm.bcast((_END, (None, _sendable(error))), 0)
            raise
        self._comm.bcast((_END, (found, None)), 0)
        return found

    def follow(self) -> Mixture:
        """Reply to requests until the fit has ended, and return its mixture."""
        while True:
            verb, args = self._comm.bcast(None, 0)
            if verb == _END:
                found, error = args
                if error is not None:
                    raise error
                mixture: Mixture = found
                return mixture
            self._merged(self._answer(verb, args))

    def ask(self, verb: str, *args: Any) -> Any:
        """Return the answers of all ranks, added up, or raise the first error among them."""
        self._comm.bcast((verb, args), 0)
        total, error = self._merged(self._answer(verb, args))
        if error is not None:
            raise error
        return total

    def _answer(self, verb: str, args: tuple[Any, ...]) -> tuple[Any, BaseException | None]:
        if self._error is not None:
            return None, _sendable(self._error)
        try:
            return getattr(self._block, verb)(*args), None
        except BaseException as error:  # noqa: BLE001  # the others wait for an answer
            return None, _sendable(error)

    def _merged(self, own: tuple[Any, BaseException | None]) -> tuple[Any, BaseException | None]:
        """Add up the answers, towards rank 0, in the tree of `merge`."""
        total, error = own
        step = 1
        while step < self._size:
            if self.rank % (2 * step) == step:
                self._comm.send((total, error), self.rank - step)
                break
            if self.rank + step < self._size:
                other, its_error = self._comm.recv(source=self.rank + step)
                error = error or its_error
                if error is None:
                    try:
                        total = total + other
                    except ValueError as unlike:  # columns of other names, say
                        error = _sendable(unlike)
            step *= 2
        return total, error


def _sendable(error: BaseException) -> BaseException:
    """Return an error in a form that can be sent to another rank."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  # what was written just before
    except Exception:  # noqa: BLE001  # its class may do anything
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
