/// From rows in the caller's memory to a tile: a transposition in blocks of four by four.
#pragma once

#include "kernels/simd.hpp"
#include "kernels/table.hpp"

namespace {

/// Transposes rows r[0..3], four features each, to features, four rows each.
template <class T>
inline void transpose_four(Quad<T> (&r)[4]) {
    const Quad<T> a = __builtin_shufflevector(r[0], r[1], 0, 4, 2, 6);
    const Quad<T> b = __builtin_shufflevector(r[0], r[1], 1, 5, 3, 7);
    const Quad<T> c = __builtin_shufflevector(r[2], r[3], 0, 4, 2, 6);
    const Quad<T> d = __builtin_shufflevector(r[2], r[3], 1, 5, 3, 7);
    r[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    r[1] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    r[2] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    r[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

/// Rows that are transposed together: a cache line of each column.
constexpr int pack_rows = 8;

/// Sets columns[f * stride + i] = rows[i][f] for four features of a few rows.
template <class T>
inline void pack_four(const T* const (&rows)[pack_rows], std::int64_t first, std::int64_t stride, T* columns) {
    for (int half = 0; half < pack_rows; half += 4) {
        Quad<T> block[4];
        for (int r = 0; r < 4; ++r) block[r] = load_quad<T>(rows[half + r] + first);
        transpose_four<T>(block);
        for (int f = 0; f < 4; ++f) store_quad<T>(columns + (first + f) * stride + half, block[f]);
    }
}

/// Does the same for two features.
template <class T>
inline void pack_two(const T* const (&rows)[pack_rows], std::int64_t first, std::int64_t stride, T* columns) {
    using Pair = VectorOf<T, 2 * sizeof(T)>;
    for (int i = 0; i < pack_rows; i += 4) {
        typename Pair::Type r[4];
        for (int s = 0; s < 4; ++s) r[s] = *reinterpret_cast<const typename Pair::Unaligned*>(rows[i + s] + first);
        const Quad<T> even = __builtin_shufflevector(r[0], r[2], 0, 1, 2, 3);
        const Quad<T> odd = __builtin_shufflevector(r[1], r[3], 0, 1, 2, 3);
        store_quad<T>(columns + first * stride + i, __builtin_shufflevector(even, odd, 0, 4, 2, 6));
        store_quad<T>(columns + (first + 1) * stride + i, __builtin_shufflevector(even, odd, 1, 5, 3, 7));
    }
}

/// Sets columns[j * stride + i] = rows[i][j], features by fours or twos, the last of which may repeat some.
template <class T>
inline void pack_block(const T* const (&rows)[pack_rows], std::int64_t n_features, std::int64_t stride, T* columns) {
    if (n_features >= 4) {
        for (std::int64_t j = 0; j < n_features; j += 4) pack_four(rows, least(j, n_features - 4), stride, columns);
    } else if (n_features >= 2) {
        pack_two(rows, 0, stride, columns);
        if (n_features == 3) pack_two(rows, 1, stride, columns);
    } else {
        for (int r = 0; r < pack_rows; ++r) columns[r] = *rows[r];
    }
}

/// Transposes the rows row(i), and calls `use(i, n)` after each block of n of them.
template <class T, class Row, class Use>
inline void pack_rows_of(Row row, std::int64_t n_rows, std::int64_t n_features, std::int64_t stride, T* columns,
                         Use use) {
    std::int64_t i = 0;
    for (; i + pack_rows <= n_rows; i += pack_rows) {
        const T* block[pack_rows];
        for (int r = 0; r < pack_rows; ++r) block[r] = row(i + r);
        pack_block(block, n_features, stride, columns + i);
        use(i, pack_rows);
    }
    for (std::int64_t r = i; r < n_rows; ++r) {
        for (std::int64_t j = 0; j < n_features; ++j) columns[j * stride + r] = row(r)[j];
    }
}

/// Transposes contiguous rows of two features, by fours. Returns how many.
template <class T>
inline std::int64_t pack_pairs(const T* rows, std::int64_t n_rows, std::int64_t stride, T* columns) {
    std::int64_t i = 0;
    for (; i + 4 <= n_rows; i += 4) {
        const Quad<T> a = load_quad(rows + 2 * i);
        const Quad<T> b = load_quad(rows + 2 * i + 4);
        store_quad<T>(columns + i, __builtin_shufflevector(a, b, 0, 2, 4, 6));
        store_quad<T>(columns + stride + i, __builtin_shufflevector(a, b, 1, 3, 5, 7));
    }
    return i;
}

template <class T>
void pack(const T* rows, std::ptrdiff_t row_stride, std::int64_t n_rows, std::int64_t n_features, std::int64_t stride,
          T* columns) noexcept {
    const bool pairs = n_features == 2 && row_stride == 2;
    const std::int64_t done = pairs ? pack_pairs(rows, n_rows, stride, columns) : 0;
    pack_rows_of([=](std::int64_t i) { return rows + (done + i) * row_stride; }, n_rows - done, n_features, stride,
                 columns + done, [](std::int64_t, std::int64_t) {});
}

template <class T>
void pack_scattered(const T* const* rows, std::int64_t n_rows, std::int64_t n_features, std::int64_t stride,
                    T* columns) noexcept {
    constexpr std::int64_t ahead = 16;  // rows prefetched meanwhile, because the hardware cannot predict them
    constexpr std::int64_t line = 64 / static_cast<std::int64_t>(sizeof(T));
    const std::int64_t fetched = least(n_features, 8 * line);
    pack_rows_of([=](std::int64_t i) { return rows[i]; }, n_rows, n_features, stride, columns,
                 [=](std::int64_t i, std::int64_t n) {
                     for (std::int64_t r = i + ahead; r < least(i + ahead + n, n_rows); ++r) {
                         for (std::int64_t j = 0; j < fetched; j += line) __builtin_prefetch(rows[r] + j);
                     }
                 });
}

}  // namespace
