/// The check of room that a host gives for a result.
#pragma once

#include <string>

#include "gaussmix/error.hpp"
#include "gaussmix/matrix_view.hpp"

namespace gaussmix::model {

/// Throws Error(invalid_argument) unless there is room for n_rows times `width` numbers.
template <class T>
void check_output(const Output<T>& out, const char* name, Index n_rows, Index width = 1) {
    if (out.data == nullptr) {
        throw Error(Errc::invalid_argument, std::string(name) + " is null: give room for the result");
    }
    if (out.size % width == 0 && out.size / width == n_rows) return;
    throw Error(Errc::invalid_argument, std::string(name) + " has room for " + std::to_string(out.size) +
                                            " numbers, expected " + std::to_string(n_rows) + " times " +
                                            std::to_string(width));
}

}  // namespace gaussmix::model
