/// Shards: rows in memory, and what passes have learnt about them.
#include <pybind11/stl.h>

#include <mutex>

#include "register.hpp"
#include "run.hpp"

namespace gaussmix::bindings {
namespace {

/// The arrays live as long as the shard does. One thread at a time uses the shard; others wait, without the
/// interpreter's lock.
class SharedShard {
public:
    SharedShard(py::array x, OptionalDoubles sample_weight, OptionalAllowed allowed, int n_threads)
        : x_(std::move(x)),
          sample_weight_(std::move(sample_weight)),
          allowed_(std::move(allowed)),
          shard_(Piece{matrix_view(x_), weights_view(sample_weight_), allowed_view(allowed_)},
                 {n_threads, {}, poll_.function()}) {}

    Summary summary() {
        return alone([&] { return shard_.summary(); });
    }

    Moments moments(const SharedRun& run) {
        return alone([&] { return run.hold([&](const Run& now) { return Moments(shard_.moments(now)); }); });
    }

    Moments moments_under(const RunScorer& under) {
        return alone([&] { return Moments(shard_.moments(under.scorer, under.scatter)); });
    }

    py::array affinity(const RunScorer& under) {
        const auto n = static_cast<py::ssize_t>(under.scorer.n_components());
        return frozen(alone([&] { return shard_.affinity(under.scorer); }), {n, n});
    }

    PairShare pairs() {
        return alone([&] { return shard_.pairs(); });
    }

private:
    template <class Work>
    auto alone(Work work) -> std::decay_t<std::invoke_result_t<Work>> {
        std::function<bool()> poll = signal_poll();
        return without_gil([&]() -> std::decay_t<std::invoke_result_t<Work>> {
            const std::lock_guard<std::mutex> lock(mutex_);
            poll_.replace(std::move(poll));
            return work();
        });
    }

    py::array x_;
    OptionalDoubles sample_weight_;
    OptionalAllowed allowed_;
    Poll poll_;
    std::mutex mutex_;
    Shard shard_;
};

}  // namespace

void register_shard(py::module_& module) {
    py::class_<SharedShard>(module, "Shard")
        .def(py::init<py::array, OptionalDoubles, OptionalAllowed, int>(), py::arg("x"),
             py::arg("sample_weight").none(true), py::arg("allowed").none(true), py::arg("n_threads"))
        .def("summary", &SharedShard::summary)
        .def("moments", &SharedShard::moments, py::arg("under"))
        .def("moments", &SharedShard::moments_under, py::arg("under"))
        .def("affinity", &SharedShard::affinity, py::arg("under"))
        .def_property_readonly("pairs", [](SharedShard& shard) {
            const PairShare share = shard.pairs();
            return py::make_tuple(share.evaluated, share.kept);
        });
}

}  // namespace gaussmix::bindings
