/// Between NumPy arrays and the core's views: nothing is copied on the way in.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "gaussmix/gaussmix.hpp"

namespace gaussmix::bindings {

namespace py = pybind11;

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;
using OptionalDoubles = std::optional<py::array_t<double, py::array::c_style>>;

/// Sets of components, (n_sets, n_terms), and the set of each row, (n_rows,); None: its own number.
using Allowed = std::pair<py::array_t<std::uint8_t, py::array::c_style>,
                          std::optional<py::array_t<std::int64_t, py::array::c_style>>>;
using OptionalAllowed = std::optional<Allowed>;

/// Returns a view of a two-dimensional array of native integers or floats, of any strides. In an array with the
/// attribute `nan_is_missing` (gaussmix/_missing.py), NaN stands for missing values.
MatrixView matrix_view(const py::array& array);

/// Returns a view of one weight per row; empty for None.
WeightsView weights_view(const OptionalDoubles& weights);

/// Returns a view of the components that rows may have come from; empty for None.
AllowedView allowed_view(const OptionalAllowed& allowed);

/// Returns a read-only array that owns a copy of the values.
py::array frozen(const std::vector<double>& values, std::vector<py::ssize_t> shape);
/// Returns such an array of one dimension.
py::array frozen(const std::vector<double>& values);

std::vector<double> to_vector(const Doubles& array);

/// Returns a poll that lets Python handle signals, so that Ctrl-C ends a long call with KeyboardInterrupt. Use it where
/// the GIL was released. It is empty on threads other than the main one, to which Python never sends signals.
std::function<bool()> signal_poll();

}  // namespace gaussmix::bindings
