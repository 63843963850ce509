/// The check of a scorer's arrays.
#pragma once

#include <string>
#include <vector>

#include "gaussmix/matrix_view.hpp"

namespace gaussmix::whitening {

/// Throws Error(invalid_argument) with the message "the scorer `why`".
[[noreturn]] void refuse_scorer(const std::string& why);

/// Throws Error(invalid_argument) unless there are n times m numbers, without computing the product, which may
/// overflow.
void check_size(const char* name, const std::vector<double>& values, Index n, Index m);

}  // namespace gaussmix::whitening
