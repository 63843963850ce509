/// Calls of the core that read rows.
#pragma once

#include "arrays.hpp"
#include "gil.hpp"

namespace gaussmix::bindings {

/// Returns compute(view, execution), called without the interpreter's lock.
template <class Compute>
auto over_rows(const py::array& x, int n_threads, Compute compute) {
    const MatrixView view = matrix_view(x);
    const Execution execution{n_threads, {}, signal_poll()};
    return without_gil([&] { return compute(view, execution); });
}

}  // namespace gaussmix::bindings
