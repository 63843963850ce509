/// The boundary of the C interface: no exception crosses it, and no NULL gets past it.
#pragma once

#include <cstdint>

#include "gaussmix.h"

namespace gaussmix::capi {

/// Writes the message of the exception being handled, and returns its code.
std::int32_t report(gaussmix_error* error) noexcept;

/// Runs `body`. Returns GAUSSMIX_OK, or the code of what it throws.
template <class Body>
std::int32_t guarded(gaussmix_error* error, Body&& body) noexcept {
    try {
        if (error != nullptr) *error = {GAUSSMIX_OK, 0, -1, -1, {}};
        body();
        return GAUSSMIX_OK;
    } catch (...) {
        return report(error);
    }
}

/// Throws Error(invalid_argument), naming the argument.
[[noreturn]] void refuse_null(const char* argument);

template <class T>
T& required(T* pointer, const char* argument) {
    if (pointer == nullptr) refuse_null(argument);
    return *pointer;
}

}  // namespace gaussmix::capi
