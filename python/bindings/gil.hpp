/// Run long work without the interpreter's lock.
#pragma once

#include <pybind11/pybind11.h>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace gaussmix::bindings {

/// Returns work(), called without the lock. pybind11's own guard takes the lock back in a destructor. When the process
/// exits Python ends daemon threads at that point, and from a destructor that is std::terminate.
template <class Work>
auto without_gil(Work&& work) -> std::invoke_result_t<Work> {
    PyThreadState* const state = PyEval_SaveThread();
    std::exception_ptr failure;
    std::optional<std::conditional_t<std::is_void_v<std::invoke_result_t<Work>>, char, std::invoke_result_t<Work>>>
        result;
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
            work();
        } else {
            result.emplace(work());
        }
    } catch (...) {
        failure = std::current_exception();
    }
    PyEval_RestoreThread(state);
    if (failure) std::rethrow_exception(failure);
    if constexpr (!std::is_void_v<std::invoke_result_t<Work>>) return std::move(*result);
}

}  // namespace gaussmix::bindings
