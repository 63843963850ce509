/// What passes over rows in pieces remember of each piece: bounds, as long as they fit in a budget.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "em/pruning/screening.hpp"
#include "gaussmix/run.hpp"
#include "rows/data.hpp"

namespace gaussmix::em {

/// Bytes that the bounds of all pieces may take: those of 16 million rows of doubles with 32 components.
constexpr double most_bound_bytes = 256e6;

class PieceBounds {
public:
    explicit PieceBounds(double most_bytes = most_bound_bytes) : most_(most_bytes), left_(most_bytes) {}

    /// Returns what earlier passes of the run remember of a piece, or null if there is no room for it. What belongs to
    /// other rows is forgotten: a source may give rows in another order each time, as long as all of them come.
    Screening* of(Index piece, const rows::Data& rows, const Run& run);

private:
    struct Kept {
        std::unique_ptr<Screening> screening;
        std::uint64_t rows = 0;  // a hash of some of them
        double bytes = 0;
    };

    std::vector<Kept> kept_;
    std::uint64_t number_ = 0;  // of the run
    double most_;
    double left_;
};

}  // namespace gaussmix::em
