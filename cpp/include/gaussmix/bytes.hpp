/// Summaries, scorers, moments and plain numbers as bytes, so that they go from machine to machine: the same on each,
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

/// Returns the bytes of a summary or moments that `merge` would take, or a scorer of some mixture, and throws as their
/// uses do.
GAUSSMIX_EXPORT std::vector<std::uint8_t> to_bytes(const Summary& summary);
GAUSSMIX_EXPORT std::vector<std::uint8_t> to_bytes(const Scorer& scorer);
GAUSSMIX_EXPORT std::vector<std::uint8_t> to_bytes(const Moments& moments);
GAUSSMIX_EXPORT std::vector<std::uint8_t> to_bytes(const std::vector<double>& numbers);

/// Returns what the bytes are of, bit for bit. Nothing in them is trusted: throws Error(invalid_argument) where they
/// are changed, cut off, of something else or of a version that this library does not know.
GAUSSMIX_EXPORT Summary summary_from_bytes(const void* bytes, std::size_t size);
GAUSSMIX_EXPORT Scorer scorer_from_bytes(const void* bytes, std::size_t size);
GAUSSMIX_EXPORT Moments moments_from_bytes(const void* bytes, std::size_t size);
GAUSSMIX_EXPORT std::vector<double> numbers_from_bytes(const void* bytes, std::size_t size);

}  // namespace gaussmix
