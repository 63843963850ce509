/// The error of unusable arguments, and the check that arrays share.
#pragma once

#include <string>
#include <vector>

#include "gaussmix/index.hpp"

namespace gaussmix::text {

/// Throws Error(invalid_argument).
[[noreturn]] void invalid(const std::string& message);

/// Throws Error(invalid_argument) unless there are so many numbers, all finite; `shape` says what they are for.
void check_numbers(const char* what, const std::vector<double>& numbers, Index expected, const char* shape);

}  // namespace gaussmix::text
