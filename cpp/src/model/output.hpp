/// The check of the arrays that a host gives for results.
#pragma once

#include <string>

#include "gaussmix/error.hpp"
#include "gaussmix/matrix_view.hpp"
#include "text/invalid.hpp"

namespace gaussmix::model {

/// Throws Error(invalid_argument) unless there is room for n_rows times `width` numbers.
template <class T>
void check_output(const Output<T>& out, const char* name, Index n_rows, Index width = 1) {
    if (out.data == nullptr) {
        text::invalid("{} is null: give room for the result", name);
    }
    if (out.size % width == 0 && out.size / width == n_rows) return;
    text::invalid("{} has room for {} numbers, expected {} times {}", name, out.size, n_rows, width);
}

}  // namespace gaussmix::model
