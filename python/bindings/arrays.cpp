#include "arrays.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

namespace gaussmix::bindings {
namespace {

Scalar scalar_of(const py::dtype& dtype) {
    const char kind = dtype.kind();
    const auto size = dtype.itemsize();
    if (kind == 'f') {
        if (size == 2) return Scalar::f16;
        if (size == 4) return Scalar::f32;
        if (size == 8) return Scalar::f64;
    }
    if (kind == 'i') {
        if (size == 1) return Scalar::i8;
        if (size == 2) return Scalar::i16;
        if (size == 4) return Scalar::i32;
        if (size == 8) return Scalar::i64;
    }
    if (kind == 'u') {
        if (size == 1) return Scalar::u8;
        if (size == 2) return Scalar::u16;
        if (size == 4) return Scalar::u32;
        if (size == 8) return Scalar::u64;
    }
    throw py::type_error("X has dtype " + py::str(static_cast<const py::object&>(dtype)).cast<std::string>() +
                         ", which the core cannot read");
}

}  // namespace

MatrixView matrix_view(const py::array& array) {
    if (array.ndim() != 2) throw py::value_error("X must have two dimensions");
    const MatrixView view{array.data(),   scalar_of(array.dtype()), array.shape(0),
                          array.shape(1), array.strides(0),         array.strides(1)};
    return py::hasattr(array, "nan_is_missing") ? with_missing(view) : view;
}

WeightsView weights_view(const OptionalDoubles& weights) {
    if (!weights) return {};
    return {weights->data(), signed_size(*weights)};
}

AllowedView allowed_view(const OptionalAllowed& allowed) {
    if (!allowed) return {};
    const auto& [sets, set_of] = *allowed;
    const bool own = !set_of;
    return {sets.data(), sets.shape(0), sets.shape(1), own ? nullptr : set_of->data(),
            own ? sets.shape(0) : set_of->shape(0)};
}

py::array frozen(const std::vector<double>& values, std::vector<py::ssize_t> shape) {
    py::array_t<double> array(std::move(shape));
    if (array.size() != signed_size(values)) {
        throw std::logic_error("the core gave " + std::to_string(values.size()) + " numbers for an array of " +
                               std::to_string(array.size()));
    }
    std::copy(values.begin(), values.end(), array.mutable_data());
    py::detail::array_proxy(array.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
    return std::move(array);
}

py::array frozen(const std::vector<double>& values) { return frozen(values, {signed_size(values)}); }

std::vector<double> to_vector(const Doubles& array) { return {array.data(), array.data() + array.size()}; }

std::function<bool()> signal_poll() {
    using Clock = std::chrono::steady_clock;
    static constexpr auto pause = std::chrono::milliseconds(20);
    const py::module_ threading = py::module_::import("threading");
    const py::object here = threading.attr("get_ident")();
    if (!here.equal(threading.attr("main_thread")().attr("ident"))) return {};
    return [last = Clock::now()]() mutable {
        const Clock::time_point now = Clock::now();
        if (now - last < pause) return true;
        last = now;
        const py::gil_scoped_acquire gil;
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        return true;
    };
}

}  // namespace gaussmix::bindings
