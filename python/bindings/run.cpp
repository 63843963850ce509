/// Runs, advanced by moments and read as a model and facts; and their scorers, for shards on other machines.
#include "run.hpp"
#include "bytes.hpp"

#include <pybind11/stl.h>

#include <mutex>

#include "register.hpp"

namespace gaussmix::bindings {
namespace {

Run begin(const Summary& summary, const Model& start, Options options, const Execution& execution) {
    if (options.prior) options.prior = complete(*options.prior, options, summary);
    if (options.noise) options.noise = complete(*options.noise, options, summary);
    if (options.variational && start.posterior) {
        return Run(options, summary, start.parameters, *start.posterior, execution);
    }
    return Run(options, summary, start.parameters, execution);
}

py::tuple result_of(const SharedRun& shared) {
    Model model = shared.read([](const Run& run) { return run.model(); });
    const py::dict facts = facts_of(model);
    return py::make_tuple(std::move(model), facts);
}

RunScorer scorer_of(const SharedRun& shared) {
    return shared.read(
        [](const Run& run) { return RunScorer{run.scorer(), scatter_for(run.parameters().covariance_type)}; });
}

py::tuple state_of(const RunScorer& s) { return py::make_tuple(static_cast<int>(s.scatter), bytes_of(s.scorer)); }

RunScorer from_state(const py::tuple& state) {
    const auto [scatter, bytes] = state.cast<std::tuple<std::uint8_t, std::string>>();
    return {scorer_from_bytes(bytes.data(), bytes.size()), static_cast<Scatter>(scatter)};
}

}  // namespace

SharedRun::SharedRun(const Summary& summary, const Model& start, Options options, int n_threads,
                     const std::string& instruction_set)
    : run_([&] {
          poll_.replace(signal_poll());
          return without_gil([&] {
              return begin(summary, start, std::move(options), {n_threads, instruction_set, poll_.function()});
          });
      }()) {}

template <class Change>
void SharedRun::change(Change change) {
    std::function<bool()> poll = signal_poll();
    without_gil([&] {
        const std::unique_lock<std::shared_mutex> lock(mutex_);
        poll_.replace(std::move(poll));
        change(run_);
    });
}

void SharedRun::advance(const Moments& moments) {
    change([&](Run& run) { run.advance(moments); });
}

void SharedRun::step(const Moments& moments) {
    change([&](Run& run) { run.step(moments); });
}

void SharedRun::interrupt() {
    change([](Run& run) { run.interrupt(); });
}

void register_run(py::module_& module) {
    py::class_<RunScorer>(module, "RunScorer")
        .def_property_readonly("n_components", [](const RunScorer& s) { return s.scorer.n_components(); })
        .def_property_readonly("n_features", [](const RunScorer& s) { return s.scorer.n_features(); })
        .def(py::pickle(&state_of, &from_state));
    py::class_<SharedRun>(module, "Run")
        .def(py::init<const Summary&, const Model&, Options, int, const std::string&>(), py::arg("summary"),
             py::arg("start"), py::arg("options"), py::arg("n_threads"), py::arg("instruction_set"))
        .def("advance", &SharedRun::advance, py::arg("moments"))
        .def("step", &SharedRun::step, py::arg("moments"))
        .def("interrupt", &SharedRun::interrupt)
        .def_property_readonly(
            "done", [](const SharedRun& shared) { return shared.read([](const Run& r) { return r.done(); }); })
        .def_property_readonly(
            "facts",
            [](const SharedRun& shared) { return facts_of(shared.read([](const Run& r) { return r.course(); })); })
        .def_property_readonly("scorer", scorer_of)
        .def("result", result_of);
}

}  // namespace gaussmix::bindings
