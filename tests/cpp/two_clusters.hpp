/// Rows of two clusters that no fit can confuse, the same on every machine.
#pragma once

#include <cstdint>
#include <vector>

#include "gaussmix/matrix_view.hpp"

struct TwoClusters {
    static constexpr gaussmix::Index n_features = 2;

    gaussmix::Index n_rows;
    std::vector<double> values;
    std::vector<std::int64_t> labels;

    /// Every third row lies about (10, -4) with twice the spread, the others about (0, 1).
    explicit TwoClusters(gaussmix::Index rows) : n_rows(rows) {
        for (gaussmix::Index i = 0; i < rows; ++i) {
            const bool far = i % 3 == 0;
            labels.push_back(far ? 1 : 0);
            values.push_back(far ? 10 + 2 * noise() : noise());
            values.push_back(far ? -4 + 2 * noise() : 1 + noise());
        }
    }

    gaussmix::MatrixView view() const { return gaussmix::row_major(values.data(), n_rows, n_features); }

private:
    /// About normal: the sum of twelve uniform numbers, from the generator of Park and Miller (1988). The standard
    /// library's distributions differ between implementations.
    double noise() {
        double sum = -6;
        for (int i = 0; i < 12; ++i) {
            state_ = state_ * 48271 % 2147483647;
            sum += static_cast<double>(state_) / 2147483647.0;
        }
        return sum;
    }

    std::uint64_t state_ = 1;
};
