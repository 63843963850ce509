/// The error for unusable arguments, and the check that all arrays share.
#pragma once

#include <string_view>
#include <vector>

#include "gaussmix/error.hpp"
#include "gaussmix/index.hpp"
#include "text/format.hpp"

namespace gaussmix::text {

/// Throws Error(invalid_argument) with the message that `format` makes.
template <class... Values>
[[noreturn]] void invalid(std::string_view pattern, const Values&... values) {
    throw Error(Errc::invalid_argument, format(pattern, values...));
}

/// Throws Error(invalid_argument) unless there are `expected` numbers, all finite; `shape` says what they are for.
void check_numbers(const char* what, const std::vector<double>& numbers, Index expected, const char* shape);

}  // namespace gaussmix::text
