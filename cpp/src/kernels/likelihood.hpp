/// From the two parts of the rows' log-sum-exp to the numbers themselves, or to their weighted sum.
#pragma once

#include "kernels/math.hpp"
#include "kernels/table.hpp"

namespace {

using gaussmix::kernels::LogSums;

/// Returns a vector of doubles from numbers of either precision.
template <class T>
inline Vec<double> load_wide(const T* p) {
    using Numbers = VectorOf<T, width<double>* static_cast<int>(sizeof(T))>;
    return __builtin_convertvector(*reinterpret_cast<const typename Numbers::Unaligned*>(p), Vec<double>);
}

template <class T>
void log_sum_exp(LogSums<T> rows, std::int64_t n_rows, double* out) noexcept {
    for (std::int64_t i = 0; i < n_rows; i += width<double>) {
        store(out + i, load_wide(rows.best + i) + log_positive(load_wide(rows.sum + i)));
    }
}

/// Returns whether the rows of [begin, end) that share a lane have equal weights.
inline bool weigh_alike(const double* weight, std::int64_t begin, std::int64_t end) {
    IntVec<double> differs{};
    for (std::int64_t i = begin + virtual_width<double>; i < end; i += virtual_width<double>) {
        for (int v = 0; v < vectors_per_virtual; ++v) {
            const double* at = weight + v * width<double>;
            differs |= load(at + begin) != load(at + i);
        }
    }
    return lanes_of<double>(differs) == 0;
}

/// A logarithm costs as much as several exponentials, so rows of equal weight share that of the product of their sums,
/// which is in [1, n_components^16] and hence a double for any number of components with a 32-bit index.
template <class T>
double log_likelihood(const double* weight, LogSums<T> rows, std::int64_t n_rows) noexcept {
    constexpr int step = virtual_width<double>;
    constexpr int many = 16 * step;
    constexpr int some = 4 * step;
    constexpr int chains = 2;  // of products, each of which waits for the one before
    Vec<double> total[vectors_per_virtual] = {};
    const auto add = [&](std::int64_t begin, std::int64_t end) {
        for (int v = 0; v < vectors_per_virtual; ++v) {
            Vec<double> best[chains] = {};
            Vec<double> product[chains] = {broadcast(1.0), broadcast(1.0)};
            std::int64_t i = begin + v * width<double>;
            for (; i + step < end; i += chains * step) {
                for (int c = 0; c < chains; ++c) {
                    best[c] += load_wide(rows.best + i + c * step);
                    product[c] *= load_wide(rows.sum + i + c * step);
                }
            }
            if (i < end) {
                best[0] += load_wide(rows.best + i);
                product[0] *= load_wide(rows.sum + i);
            }
            const Vec<double> sum = best[0] + best[1] + log_positive(product[0] * product[1]);
            total[v] = fma(load(weight + begin + v * width<double>), sum, total[v]);
        }
    };
    // Only whole blocks, so that it does not matter how many rows without weight follow.
    const auto share = [&](std::int64_t begin, std::int64_t rows_together) {
        const std::int64_t end = begin + rows_together;
        if (end > n_rows || !weigh_alike(weight, begin, end)) return false;
        add(begin, end);
        return true;
    };
    for (std::int64_t begin = 0; begin < n_rows; begin += many) {
        if (share(begin, many)) continue;
        const std::int64_t end = least(begin + many, n_rows);
        for (std::int64_t i = begin; i < end; i += some) {
            if (share(i, some)) continue;
            for (std::int64_t at = i; at < least(i + some, end); at += step) add(at, at + step);
        }
    }
    return sum_virtual<double>(total);
}

}  // namespace
