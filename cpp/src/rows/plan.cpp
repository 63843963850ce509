#include "rows/plan.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/layout.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::rows {
namespace {

constexpr Index block_bytes = 768;  // of one feature: 96 doubles or 192 floats, common multiples of all row blocks

/// Returns how many blocks of rows a tile has. The more rows, the less often a component's sums are moved: a few copies
/// of a tile fill half a megabyte if each of its numbers is used often; otherwise one fills the first cache.
Index tile_blocks(Index n_features, bool quadratic) noexcept {
    if (n_features > tuning::few_features) return quadratic && n_features <= tuning::many_features ? 2 : 1;
    if (!quadratic) return 2;
    return n_features >= kernels::lanes ? 8 : 4;
}

}  // namespace

Work em_work(Index n_components, Index n_features, bool full) noexcept {
    const auto d = static_cast<double>(n_features);
    const double flops = static_cast<double>(n_components) * ((full ? 2 * d * d : 0) + 8 * d + 40) + 4 * d;
    const Index chunk_rows = n_components < tuning::many_components
                                 ? tuning::least_chunk_rows
                                 : std::min(tuning::chunk_rows_per_component * n_components, tuning::enough_chunk_rows);
    return {flops, full, chunk_rows};
}

Plan cut(Index n_rows, Index n_features, Work row, std::size_t number_size) noexcept {
    const Index block = block_bytes / static_cast<Index>(number_size);
    Plan plan;
    plan.n_rows = n_rows;
    plan.tile_rows = block * tile_blocks(n_features, row.quadratic);
    constexpr double most_work = 1e15;
    plan.tile_work = static_cast<Index>(std::min(row.flops * static_cast<double>(plan.tile_rows), most_work));
    const double total = row.flops * static_cast<double>(n_rows);
    const Index few = std::min(n_rows / row.chunk_rows, tuning::enough_chunks);
    const Index most = std::clamp<Index>(n_rows / (2 * row.chunk_rows), std::max<Index>(few, 1), tuning::most_chunks);
    plan.n_tiles = (n_rows + plan.tile_rows - 1) / plan.tile_rows;
    plan.n_chunks = std::min(
        plan.n_tiles, static_cast<Index>(std::clamp(total / tuning::least_flops, 1.0, static_cast<double>(most))));
    return plan;
}

}  // namespace gaussmix::rows
