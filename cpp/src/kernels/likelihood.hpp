/// From the two parts of rows' log-sum-exp to the numbers themselves, or to their weighted sum.
#pragma once

#include "kernels/math.hpp"
#include "kernels/table.hpp"

namespace {

using gaussmix::kernels::LogSums;

/// A vector of doubles from numbers of either precision.
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

/// Whether the rows of [begin, end) that share a lane share their weight.
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

/// A logarithm costs as much as several exponentials: rows of one weight share that of the product of their sums, which
/// is in [1, n_components^together] and so a double for any number of components that a 32-bit index can count.
template <class T>
double log_likelihood(const double* weight, LogSums<T> rows, std::int64_t n_rows) noexcept {
    constexpr int together = 16;
    constexpr int chains = 2;  // of products, each of which waits for the one before
    constexpr int step = virtual_width<double>;
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
    for (std::int64_t begin = 0; begin < n_rows; begin += together * step) {
        const std::int64_t end = least(begin + together * step, n_rows);
        // Fewer than `together` do not, however many of no weight may follow them.
        if (end - begin == together * step && weigh_alike(weight, begin, end)) {
            add(begin, end);
        } else {
            for (std::int64_t i = begin; i < end; i += step) add(i, i + step);
        }
    }
    return sum_virtual<double>(total);
}

}  // namespace
