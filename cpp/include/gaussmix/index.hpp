/// The type of counts and offsets, and the sizes of containers in it.
#pragma once

#include <cstdint>

namespace gaussmix {

/// Counts and offsets: signed, 64 bits, because n_rows * n_components may exceed 2^31.
using Index = std::int64_t;

/// Returns the size of a container as an Index, which may be compared with others and subtracted from them.
template <class Container>
constexpr Index signed_size(const Container& container) noexcept {
    return static_cast<Index>(container.size());
}

}  // namespace gaussmix
