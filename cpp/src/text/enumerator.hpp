/// The check of enumerators given by a host, which may have been cast from any number.
#pragma once

#include "text/invalid.hpp"

namespace gaussmix::text {

/// Throws Error(invalid_argument) unless `value` is one of the enumerators from 0 to `last`.
template <class Enum>
void check_enumerator(Enum value, Enum last, const char* argument) {
    if (value <= last) return;
    invalid("{}={} is none of its enumerators, 0 ... {}: use their names", argument, value, last);
}

}  // namespace gaussmix::text
