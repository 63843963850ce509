/// Jacobi's rotations of several small symmetric matrices at once, each component in a lane of its own (marginals.hpp).
#pragma once

#include "kernels/marginals.hpp"

namespace {

/// One angle for each component of a block, at most 45 degrees.
struct Rotations {
    double cos[block_lanes];
    double sin[block_lanes];
    double tan[block_lanes];
    double keeps[block_lanes];  ///< 1 where nothing turns, else 0
};

VECTOR_INLINE Quad<double> magnitude(Quad<double> v) { return v < 0 ? -v : v; }

/// Finds the rotations that make the matrices [[a, c], [c, b]] diagonal: none where c is only rounding noise. Returns
/// whether there is any.
inline bool find_rotations(const double* a, const double* b, const double* c, Rotations& by) {
    constexpr double rounding = 0x1p-52;
    constexpr double least = 1e-290;  // smaller squares have lost digits
    const Quad<double> none{};
    const Quad<double> one = none + 1;
    bool any = false;
    for (std::int64_t lane = 0; lane < block_lanes; lane += 4) {
        const Quad<double> first = load_quad(a + lane);
        const Quad<double> second = load_quad(b + lane);
        const Quad<double> off = load_quad(c + lane);
        const Quad<double> square = off * off;
        const auto turns = (square > rounding * rounding * magnitude(first * second)) & (square > none + least);
        for (int q = 0; q < 4; ++q) any = any || turns[q] != 0;
        // cos 2t = gap / length, tan t = c / (gap + length)
        const Quad<double> half = (first - second) * 0.5;
        const Quad<double> gap = magnitude(half);
        const Quad<double> length = square_root(fma_quad(half, half, turns ? square : one));
        const Quad<double> cos = square_root(fma_quad(gap / length, none + 0.5, none + 0.5));
        const Quad<double> tan = (half < 0 ? -off : off) / (gap + length);
        store_quad(by.cos + lane, turns ? cos : one);
        store_quad(by.sin + lane, turns ? tan * cos : none);
        store_quad(by.tan + lane, turns ? tan : none);
        store_quad(by.keeps + lane, turns ? none : one);
    }
    return any;
}

/// Turns two numbers of each component.
inline void rotate(double* a, double* b, const Block& cos, const Block& sin) {
    const Block x = load_block(a);
    const Block y = load_block(b);
    Block turned_x = product(cos, x);
    Block turned_y = product(cos, y);
    add_product(turned_x, sin, y);
    subtract_product(turned_y, sin, x);
    store_block(a, turned_x);
    store_block(b, turned_y);
}

/// Table::turn_components.
inline bool turn_components(double* matrices, std::int64_t d, double* axes) noexcept {
    const auto at = [=](std::int64_t row, std::int64_t column) { return matrices + (row * d + column) * block_lanes; };
    bool turned = false;
    // As in a tournament, pairs that follow each other have no axis in common, so that they need not wait for each
    // other.
    const std::int64_t n = d + d % 2;
    for (std::int64_t round = 0; round + 1 < n; ++round) {
        for (std::int64_t s = 0; s < n / 2; ++s) {
            const std::int64_t one = s == 0 ? n - 1 : (round + s) % (n - 1);
            const std::int64_t other = (round + n - 1 - s) % (n - 1);
            const std::int64_t i = least(one, other);
            const std::int64_t j = one + other - i;
            Rotations by;
            if (j >= d || !find_rotations(at(i, i), at(j, j), at(i, j), by)) continue;
            turned = true;
            const Block cos = load_block(by.cos);
            const Block sin = load_block(by.sin);
            const Block tan = load_block(by.tan);
            const Block off = load_block(at(i, j));
            Block high = load_block(at(i, i));
            Block low = load_block(at(j, j));
            add_product(high, tan, off);  // Rutishauser 1966
            subtract_product(low, tan, off);
            store_block(at(i, i), high);
            store_block(at(j, j), low);
            store_block(at(i, j), product(load_block(by.keeps), off));
            for (std::int64_t l = 0; l < i; ++l) rotate(at(l, i), at(l, j), cos, sin);
            for (std::int64_t l = i + 1; l < j; ++l) rotate(at(i, l), at(l, j), cos, sin);
            for (std::int64_t l = j + 1; l < d; ++l) rotate(at(i, l), at(j, l), cos, sin);
            for (std::int64_t l = 0; l < d; ++l) {
                rotate(axes + (i * d + l) * block_lanes, axes + (j * d + l) * block_lanes, cos, sin);
            }
        }
    }
    return turned;
}

}  // namespace
