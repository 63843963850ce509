/// The packed layouts that kernels read and write, equal for every instruction set.
#pragma once

#include <cstdint>

namespace gaussmix::kernels {

/// Rows of a packed factor that are computed together.
inline constexpr std::int64_t panel = 4;

/// Rows that are computed or skipped together, and the lanes of sums over rows: a cache line of one feature.
inline constexpr std::int64_t group_bytes = 64;
template <class T>
inline constexpr std::int64_t group_rows = group_bytes / static_cast<std::int64_t>(sizeof(T));

/// Features of a row and columns of a scatter are padded to a multiple of this.
inline constexpr std::int64_t lanes = 16;

/// Lower bounds on distances are multiples of this, and are processed for this many components together.
inline constexpr float bound_unit = 1.0F / 256;
inline constexpr float largest_bound = 32767;
inline constexpr std::int64_t bounds_block = 8;

/// Components whose small matrices are factored together.
inline constexpr std::int64_t components_block = 8;

constexpr std::int64_t round_up(std::int64_t value, std::int64_t multiple) noexcept {
    return (value + multiple - 1) / multiple * multiple;
}

/// A lower triangle row by row: entry (row, column <= row) stands at row (row + 1) / 2 + column.
constexpr std::int64_t packed_size(std::int64_t d) noexcept { return d * (d + 1) / 2; }
constexpr std::int64_t packed_index(std::int64_t row, std::int64_t column) noexcept {
    return row * (row + 1) / 2 + column;
}

/// An upper triangle row by row: entry (row, column >= row).
constexpr std::int64_t upper_index(std::int64_t row, std::int64_t column, std::int64_t d) noexcept {
    return row * d - row * (row - 1) / 2 + column - row;
}

/// A lower triangular d x d factor W as panels of four rows: panel p holds, for each column c < 4(p+1), the entries
/// W[4p ... 4p+3, c], zero above the diagonal and below row d.
constexpr std::int64_t packed_factor_size(std::int64_t d) noexcept {
    const std::int64_t panels = round_up(d, panel) / panel;
    return panel * panel * panels * (panels + 1) / 2;
}

/// Returns the index of W[row, column], column <= row.
constexpr std::int64_t packed_factor_index(std::int64_t row, std::int64_t column) noexcept {
    const std::int64_t p = row / panel;
    return panel * panel * p * (p + 1) / 2 + column * panel + row % panel;
}

/// A d x d matrix as panels of four rows: panel p holds, for each column c, the entries M[4p ... 4p+3, c], zero below
/// row d.
constexpr std::int64_t turn_size(std::int64_t d) noexcept { return round_up(d, panel) * d; }
constexpr std::int64_t turn_index(std::int64_t row, std::int64_t column, std::int64_t d) noexcept {
    return row / panel * panel * d + column * panel + row % panel;
}

/// A lower triangle being accumulated: row after row, each padded to a multiple of `lanes`.
constexpr std::int64_t scatter_row_offset(std::int64_t row) noexcept {
    const std::int64_t blocks = row / lanes;  // rows before it, in blocks of equal length
    return lanes * lanes * blocks * (blocks + 1) / 2 + (row % lanes) * lanes * (blocks + 1);
}

/// Returns the size with padding: no kernel writes below these rows, which are panels or blocks of two panels.
constexpr std::int64_t padded_scatter_size(std::int64_t d) noexcept {
    return scatter_row_offset(round_up(d, d <= panel ? panel : 2 * panel));
}

/// Returns how many numbers `scatter_full` needs as working space for tiles of n_rows: the starts of groups that count,
/// indices and responsibilities of rows, a panel of weighted features, and all features of the rows that count.
constexpr std::int64_t scatter_scratch(std::int64_t n_rows, std::int64_t n_features) noexcept {
    return (3 + panel) * n_rows + round_up(n_features, lanes) * (n_rows + 1);
}

}  // namespace gaussmix::kernels
