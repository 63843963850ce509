/// Makes linking fail if program and library were built with different layouts of std::vector: both refer to a symbol
/// named after the layout, which only a matching library defines. Every header with standard containers in its
/// interface includes this one; the C interface has none.
#pragma once

#include "gaussmix/export.h"

#if defined(__GNUC__)
namespace gaussmix::containers {

#if defined(_GLIBCXX_DEBUG)
GAUSSMIX_EXPORT extern const char as_with_GLIBCXX_DEBUG;
__attribute__((used)) inline const char* const of_this_program = &as_with_GLIBCXX_DEBUG;
#else
GAUSSMIX_EXPORT extern const char as_without_GLIBCXX_DEBUG;
__attribute__((used)) inline const char* const of_this_program = &as_without_GLIBCXX_DEBUG;
#endif

}  // namespace gaussmix::containers
#endif
