/// The check of enumerators that a host hands in: a number may have been cast to them.
#pragma once

#include <string>

#include "gaussmix/error.hpp"

namespace gaussmix::text {

/// Throws Error(invalid_argument) unless `value` is an enumerator, of those from 0 to `last`.
template <class Enum>
void check_enumerator(Enum value, Enum last, const char* argument) {
    if (value <= last) return;
    throw Error(Errc::invalid_argument, std::string(argument) + "=" + std::to_string(static_cast<int>(value)) +
                                            " is none of its enumerators, 0 ... " +
                                            std::to_string(static_cast<int>(last)) + ": use their names");
}

}  // namespace gaussmix::text
