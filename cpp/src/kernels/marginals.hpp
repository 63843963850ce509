/// Small factorisations of several components at once: entry e of component l of a block stands at [e * 8 + l], so that
/// every step is one for all eight, without a sum over lanes, and the bits do not depend on the width of vectors.
#pragma once

#include "kernels/layout.hpp"
#include "kernels/simd.hpp"

namespace {

using gaussmix::kernels::packed_index;

/// One number of each component of a block.
struct Block {
    Vec<double> part[vectors_per_virtual];
};

constexpr std::int64_t block_lanes = gaussmix::kernels::components_block;
static_assert(block_lanes == virtual_width<double>);

inline Block load_block(const double* p) {
    Block block;
    for (int v = 0; v < vectors_per_virtual; ++v) block.part[v] = load(p + v * width<double>);
    return block;
}
inline void store_block(double* p, const Block& block) {
    for (int v = 0; v < vectors_per_virtual; ++v) store(p + v * width<double>, block.part[v]);
}
inline void add_product(Block& sum, const Block& a, const Block& b) {
    for (int v = 0; v < vectors_per_virtual; ++v) sum.part[v] = fma(a.part[v], b.part[v], sum.part[v]);
}
inline void subtract_product(Block& sum, const Block& a, const Block& b) {
    for (int v = 0; v < vectors_per_virtual; ++v) sum.part[v] = fma(-a.part[v], b.part[v], sum.part[v]);
}
inline Block product(const Block& a, const Block& b) {
    Block result;
    for (int v = 0; v < vectors_per_virtual; ++v) result.part[v] = a.part[v] * b.part[v];
    return result;
}

inline double* entry(double* a, std::int64_t row, std::int64_t column) {
    return a + packed_index(row, column) * block_lanes;
}
inline const double* entry(const double* a, std::int64_t row, std::int64_t column) {
    return a + packed_index(row, column) * block_lanes;
}

/// Table::factor_components.
inline bool factor_components(double* a, std::int64_t d, double* inverse_diagonal) noexcept {
    bool positive = true;
    for (std::int64_t i = 0; i < d; ++i) {
        for (std::int64_t j = 0; j < i; ++j) {
            Block sum = load_block(entry(a, i, j));
            for (std::int64_t l = 0; l < j; ++l) {
                subtract_product(sum, load_block(entry(a, i, l)), load_block(entry(a, j, l)));
            }
            store_block(entry(a, i, j), product(sum, load_block(inverse_diagonal + j * block_lanes)));
        }
        Block pivot = load_block(entry(a, i, i));
        for (std::int64_t l = 0; l < i; ++l) {
            const Block x = load_block(entry(a, i, l));
            subtract_product(pivot, x, x);
        }
        double* diagonal = entry(a, i, i);
        store_block(diagonal, pivot);
        for (std::int64_t lane = 0; lane < block_lanes; lane += 4) {
            const Quad<double> square = load_quad(diagonal + lane);
            for (int q = 0; q < 4; ++q) positive = positive && square[q] > 0;
            if (!positive) return false;
            const Quad<double> root = square_root(square);
            store_quad(diagonal + lane, root);
            store_quad(inverse_diagonal + i * block_lanes + lane, 1 / root);
        }
    }
    return positive;
}

/// Table::condition_components.
inline void condition_components(const double* root, const double* inverse_diagonal, std::int64_t d, std::int64_t q,
                                 double* inverse, double* slopes, double* spread) noexcept {
    for (std::int64_t i = 0; i < q; ++i) {
        const Block scale = load_block(inverse_diagonal + i * block_lanes);
        for (std::int64_t j = 0; j < i; ++j) {
            Block sum{};
            for (std::int64_t l = j; l < i; ++l) {
                subtract_product(sum, load_block(entry(root, i, l)), load_block(entry(inverse, l, j)));
            }
            store_block(entry(inverse, i, j), product(sum, scale));
        }
        store_block(entry(inverse, i, i), scale);
    }
    for (std::int64_t i = q; i < d; ++i) {
        double* row = slopes + (i - q) * q * block_lanes;
        for (std::int64_t j = 0; j < q; ++j) {
            Block sum{};
            for (std::int64_t l = j; l < q; ++l) {
                add_product(sum, load_block(entry(root, i, l)), load_block(entry(inverse, l, j)));
            }
            store_block(row + j * block_lanes, sum);
        }
        for (std::int64_t j = q; j <= i; ++j) {
            Block sum{};
            for (std::int64_t l = q; l <= j; ++l) {
                add_product(sum, load_block(entry(root, i, l)), load_block(entry(root, j, l)));
            }
            store_block(entry(spread, i - q, j - q), sum);
        }
    }
}

/// Table::complete_components.
inline void complete_components(const double* slopes, const double* spread, const double* weight, const double* first,
                                const double* scatter, std::int64_t q, std::int64_t m, double* first_of_rest,
                                double* cross, double* rest) noexcept {
    const Block n = load_block(weight);
    for (std::int64_t i = 0; i < m; ++i) {
        const double* slope = slopes + i * q * block_lanes;
        Block sum{};
        for (std::int64_t l = 0; l < q; ++l) {
            add_product(sum, load_block(slope + l * block_lanes), load_block(first + l * block_lanes));
        }
        store_block(first_of_rest + i * block_lanes, sum);
        double* product_row = cross + i * q * block_lanes;
        for (std::int64_t j = 0; j < q; ++j) {
            sum = Block{};
            const double* column = scatter + j * q * block_lanes;  // symmetric
            for (std::int64_t l = 0; l < q; ++l) {
                add_product(sum, load_block(slope + l * block_lanes), load_block(column + l * block_lanes));
            }
            store_block(product_row + j * block_lanes, sum);
        }
        for (std::int64_t j = 0; j <= i; ++j) {
            sum = product(n, load_block(entry(spread, i, j)));
            const double* other = slopes + j * q * block_lanes;
            for (std::int64_t l = 0; l < q; ++l) {
                add_product(sum, load_block(product_row + l * block_lanes), load_block(other + l * block_lanes));
            }
            store_block(entry(rest, i, j), sum);
        }
    }
}

}  // namespace
