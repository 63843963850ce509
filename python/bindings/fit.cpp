/// Fits of rows in memory and in pieces: a start, a callback, the result as a model and facts.
#include <pybind11/stl.h>

#include <string_view>

#include "gil.hpp"
#include "register.hpp"
#include "run.hpp"

namespace gaussmix::bindings {
namespace {

/// A start and the arrays that must outlive it.
struct HeldStart {
    Start start;
    py::array keep;
};

HeldStart start_from(const py::object& start, const Options& options) {
    if (start.is_none()) return {};
    if (py::isinstance<Model>(start)) {
        const auto& model = start.cast<const Model&>();
        if (options.variational && model.posterior) return {Inferred{model.parameters, *model.posterior}, {}};
        return {model.parameters, {}};
    }
    auto array = start.cast<py::array>();
    if (array.ndim() == 2) return {Responsibilities{matrix_view(array)}, array};
    using LabelArray = py::array_t<std::int64_t, py::array::c_style>;
    const auto labels = array.cast<LabelArray>();
    return {Labels{labels.data(), signed_size(labels)}, labels};
}

OnIteration observer(const py::object& callback) {
    if (callback.is_none()) return {};
    return [&callback](const Progress& progress) {
        const py::gil_scoped_acquire gil;
        const py::object stop =
            callback(progress.restart, progress.iteration, progress.log_likelihood, progress.change);
        return !stop.cast<bool>();
    };
}

py::tuple fit(const py::array& x, const Options& options, const OptionalDoubles& sample_weight,
              const OptionalAllowed& allowed, const py::object& start, int n_threads,
              const std::string& instruction_set, const py::object& callback) {
    const HeldStart held = start_from(start, options);

    const Execution execution{n_threads, instruction_set, signal_poll()};
    const OnIteration on_iteration = observer(callback);
    const Piece rows{matrix_view(x), weights_view(sample_weight), allowed_view(allowed)};
    Model model = without_gil([&] { return gaussmix::fit(options, rows, held.start, execution, on_iteration); });
    return fitted(std::move(model));
}

using Array = std::tuple<py::array, OptionalDoubles, OptionalAllowed>;  // rows, weights and their components

/// The pieces that a Python function returns. It is called with the lock held; an array is kept until the next call.
class PythonPieces {
public:
    explicit PythonPieces(py::function next) : next_(std::move(next)) {}

    std::optional<Piece> operator()(Index i) {
        const py::gil_scoped_acquire gil;
        now_.reset();
        const py::object piece = next_(i);
        if (piece.is_none()) return std::nullopt;
        now_.emplace(piece.cast<Array>());
        const auto& [x, sample_weight, allowed] = *now_;
        return Piece{matrix_view(x), weights_view(sample_weight), allowed_view(allowed)};
    }

private:
    py::function next_;
    std::optional<Array> now_;
};

Journal journal_of(const py::object& read, const py::object& write) {
    if (read.is_none()) return {};
    return {[&read]() -> std::optional<std::vector<std::uint8_t>> {
                const py::gil_scoped_acquire gil;
                const py::object record = read();
                if (record.is_none()) return std::nullopt;
                const auto bytes = record.cast<std::string_view>();
                return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
            },
            [&write](const std::vector<std::uint8_t>& record) {
                const py::gil_scoped_acquire gil;
                write(py::bytes(reinterpret_cast<const char*>(record.data()), record.size()));
            }};
}

Sample sample_of(const py::object& drawn) {
    const auto [values, weights] = drawn.cast<std::pair<Doubles, Doubles>>();
    return {values.ndim() == 2 ? values.shape(1) : 0, to_vector(values), to_vector(weights)};
}

/// Remote rows, reached by Python functions, which are called with the lock held.
RemoteRows remote_rows(const py::function& summary, const py::function& sample, const py::function& moments,
                       const py::object& affinity) {
    RemoteRows rows{[&summary] {
                        const py::gil_scoped_acquire gil;
                        return summary().cast<Summary>();
                    },
                    [&sample](const Summary& all, Index size, std::uint64_t seed) {
                        const py::gil_scoped_acquire gil;
                        return sample_of(sample(all, size, seed));
                    },
                    [&moments](const Scorer& scorer, Scatter scatter) {
                        const py::gil_scoped_acquire gil;
                        return moments(RunScorer{scorer, scatter}).cast<Moments>();
                    }};
    if (!affinity.is_none()) {
        rows.affinity = [&affinity](const Scorer& scorer) {
            const py::gil_scoped_acquire gil;
            return to_vector(affinity(RunScorer{scorer, Scatter::full}).cast<Doubles>());
        };
    }
    return rows;
}

/// The common part of fits whose rows are read again for each iteration.
template <class Rows>
py::tuple fit_in_visits(const Rows& rows, const Options& options, const py::object& start, int n_threads,
                        const std::string& instruction_set, const py::object& callback, const py::object& read,
                        const py::object& write) {
    const HeldStart held = start_from(start, options);
    const Execution execution{n_threads, instruction_set, signal_poll()};
    const OnIteration on_iteration = observer(callback);
    const Journal journal = journal_of(read, write);
    return fitted(
        without_gil([&] { return gaussmix::fit(options, rows, held.start, execution, on_iteration, journal); }));
}

py::tuple fit_pieces(const py::function& next, const Options& options, const py::object& start, int n_threads,
                     const std::string& instruction_set, const py::object& callback, const py::object& read,
                     const py::object& write) {
    PythonPieces pieces(next);
    return fit_in_visits(Pieces(std::ref(pieces)), options, start, n_threads, instruction_set, callback, read, write);
}

py::tuple fit_remote(const py::function& summary, const py::function& sample, const py::function& moments,
                     const py::object& affinity, const Options& options, const py::object& start, int n_threads,
                     const std::string& instruction_set, const py::object& callback, const py::object& read,
                     const py::object& write) {
    return fit_in_visits(remote_rows(summary, sample, moments, affinity), options, start, n_threads, instruction_set,
                         callback, read, write);
}

}  // namespace

void register_fit(py::module_& module) {
    module.def("fit", fit, py::arg("x"), py::arg("options"), py::kw_only(), py::arg("sample_weight").none(true),
               py::arg("allowed").none(true), py::arg("start").none(true), py::arg("n_threads"),
               py::arg("instruction_set"), py::arg("callback").none(true));
    module.def("fit_pieces", fit_pieces, py::arg("pieces"), py::arg("options"), py::kw_only(),
               py::arg("start").none(true), py::arg("n_threads"), py::arg("instruction_set"),
               py::arg("callback").none(true), py::arg("read").none(true), py::arg("write").none(true));
    module.def("fit_remote", fit_remote, py::arg("summary"), py::arg("sample"), py::arg("moments"),
               py::arg("affinity").none(true), py::arg("options"), py::kw_only(), py::arg("start").none(true),
               py::arg("n_threads"), py::arg("instruction_set"), py::arg("callback").none(true),
               py::arg("read").none(true), py::arg("write").none(true));
}

}  // namespace gaussmix::bindings
