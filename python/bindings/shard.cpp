/// Shards: rows in memory that passes read.
#include <pybind11/stl.h>

#include "over_rows.hpp"
#include "register.hpp"
#include "run.hpp"

namespace gaussmix::bindings {
namespace {

/// The arrays live as long as the shard does.
class Shard {
public:
    Shard(py::array x, OptionalDoubles sample_weight, int n_threads)
        : x_(std::move(x)), sample_weight_(std::move(sample_weight)), n_threads_(n_threads) {}

    Summary summary() const {
        return over_rows(x_, n_threads_, [&](const MatrixView& view, const Execution& execution) {
            return summarize(view, weights_view(sample_weight_), execution);
        });
    }

    Moments moments(const RunScorer& under) const {
        return over_rows(x_, n_threads_, [&](const MatrixView& view, const Execution& execution) {
            return accumulate(view, weights_view(sample_weight_), under.scorer, under.scatter, execution);
        });
    }

private:
    py::array x_;
    OptionalDoubles sample_weight_;
    int n_threads_;
};

}  // namespace

void register_shard(py::module_& module) {
    py::class_<Shard>(module, "Shard")
        .def(py::init<py::array, OptionalDoubles, int>(), py::arg("x"), py::arg("sample_weight").none(true),
             py::arg("n_threads"))
        .def("summary", &Shard::summary)
        .def("moments", &Shard::moments, py::arg("scorer"));
}

}  // namespace gaussmix::bindings
