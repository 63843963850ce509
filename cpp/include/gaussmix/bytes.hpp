/// Summaries, scorers, moments and plain numbers as bytes that travel between machines: identical on all of them,
/// versioned and checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gaussmix/export.h"
#include "gaussmix/moments.hpp"
#include "gaussmix/scorer.hpp"
#include "gaussmix/summary.hpp"

namespace gaussmix {

/// Returns the bytes of a summary or moments that `merge` accepts, or of a scorer of some mixture; otherwise throws as
/// functions that take them do.
GAUSSMIX_EXPORT std::vector<std::uint8_t> to_bytes(const Summary& summary);
GAUSSMIX_EXPORT std::vector<std::uint8_t> to_bytes(const Scorer& scorer);
GAUSSMIX_EXPORT std::vector<std::uint8_t> to_bytes(const Moments& moments);
GAUSSMIX_EXPORT std::vector<std::uint8_t> to_bytes(const std::vector<double>& numbers);

/// Returns the value that the bytes hold, bit for bit. Nothing in them is trusted: throws Error(invalid_argument) if
/// they were changed or cut off, hold something else, or have a version that this library does not know.
GAUSSMIX_EXPORT Summary summary_from_bytes(const void* bytes, std::size_t size);
GAUSSMIX_EXPORT Scorer scorer_from_bytes(const void* bytes, std::size_t size);
GAUSSMIX_EXPORT Moments moments_from_bytes(const void* bytes, std::size_t size);
GAUSSMIX_EXPORT std::vector<double> numbers_from_bytes(const void* bytes, std::size_t size);

}  // namespace gaussmix
