/// The type of counts and offsets, and the size of a container as one.
#pragma once

#include <cstdint>

namespace gaussmix {

/// Counts and offsets. Signed, 64 bits: n_rows * n_components may pass 2^31.
using Index = std::int64_t;

/// The size of a container: an Index may be compared with it and subtracted from it, and stays signed.
template <class Container>
constexpr Index signed_size(const Container& container) noexcept {
    return static_cast<Index>(container.size());
}

}  // namespace gaussmix
