/// Refuses a program and a library that do not mean the same by std::vector: both refer to a symbol that is named for
/// it, which only a library built alike has. Included by the headers that have the standard library's containers in
/// their interface; that of C has none.
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
