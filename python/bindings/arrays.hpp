/// Between NumPy arrays and the core's views: nothing is copied on the way in.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <optional>
#include <vector>

#include "gaussmix/gaussmix.hpp"

namespace gaussmix::bindings {

namespace py = pybind11;

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;
using OptionalDoubles = std::optional<py::array_t<double, py::array::c_style>>;

/// A view of a two-dimensional array of native integers or floats, of any strides.
MatrixView matrix_view(const py::array& array);

/// A view of one weight a row; empty for None.
WeightsView weights_view(const OptionalDoubles& weights);

/// A read-only array that owns a copy of the values.
py::array frozen(const std::vector<double>& values, std::vector<py::ssize_t> shape);
/// Of one dimension.
py::array frozen(const std::vector<double>& values);

std::vector<double> to_vector(const Doubles& array);

/// A poll that lets Python handle signals, so that Ctrl-C ends a long call with KeyboardInterrupt. To be used where
/// the GIL was released. Empty on threads other than the main one, which Python never sends signals to.
std::function<bool()> signal_poll();

}  // namespace gaussmix::bindings
