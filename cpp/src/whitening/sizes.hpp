/// The check of a scorer's arrays.
#pragma once

#include <string>
#include <vector>

#include "gaussmix/error.hpp"
#include "gaussmix/matrix_view.hpp"

namespace gaussmix::whitening {

[[noreturn]] inline void refuse_scorer(const std::string& why) {
    throw Error(Errc::invalid_argument, "the scorer " + why + ": make one with `prepare`, and leave it as it is");
}

/// Throws unless there are n times m numbers; the product is not computed as it may overflow.
inline void check_size(const char* name, const std::vector<double>& values, Index n, Index m) {
    const auto size = static_cast<Index>(values.size());
    if (size % m == 0 && size / m == n) return;
    refuse_scorer("has " + std::to_string(size) + " numbers in " + name + ", expected " + std::to_string(n) +
                  " times " + std::to_string(m));
}

}  // namespace gaussmix::whitening
