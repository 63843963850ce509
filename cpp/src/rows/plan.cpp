#include "rows/plan.hpp"

#include <algorithm>
#include <cmath>

namespace gaussmix::rows {
namespace {

constexpr double least_chunk_flops = 4e6;
constexpr double most_chunk_flops = 2e8;
constexpr double wanted_chunks = 256;
constexpr Index tile_unit = 96;  // the least common multiple of all instruction sets' row blocks

}  // namespace

Plan cut(Index n_rows, Index n_features, double flops_per_row) noexcept {
    Plan plan;
    plan.n_rows = n_rows;
    plan.tile_rows = n_features <= 32 ? 2 * tile_unit : tile_unit;
    const double total = flops_per_row * static_cast<double>(n_rows);
    const double most = std::max(std::min(total / least_chunk_flops, wanted_chunks), total / most_chunk_flops);
    const Index tiles = (n_rows + plan.tile_rows - 1) / plan.tile_rows;
    const Index chunks = std::clamp<Index>(static_cast<Index>(most), 1, std::max<Index>(tiles, 1));
    plan.chunk_rows = std::max<Index>((tiles + chunks - 1) / chunks, 1) * plan.tile_rows;
    plan.n_chunks = (n_rows + plan.chunk_rows - 1) / plan.chunk_rows;
    return plan;
}

double flops_per_row(Index n_components, Index n_features, bool full) noexcept {
    const auto d = static_cast<double>(n_features);
    return static_cast<double>(n_components) * ((full ? 2 * d * d : 0) + 8 * d + 40) + 4 * d;
}

}  // namespace gaussmix::rows
