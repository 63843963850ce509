#include "em/run/piece_bounds.hpp"

#include <algorithm>

#include "em/run/iterate.hpp"
#include "random/hash.hpp"
#include "random/random.hpp"
#include "rows/tile.hpp"

namespace gaussmix::em {
namespace {

constexpr Index most_looked_at = 16;

/// Returns a hash of the number of rows and of a few of them. Equal hashes of other rows are as likely as equal rows.
std::uint64_t hash_of(const MatrixView& x) {
    std::vector<double> row(x.n_features);
    std::uint64_t sum = random::mix(static_cast<std::uint64_t>(x.n_rows));
    const Index n = std::min(most_looked_at, x.n_rows);
    for (Index i = 0; i < n; ++i) {
        rows::read_row(x, i * x.n_rows / n, row.data());
        sum = random::mix(sum ^ random::hash(row.data(), x.n_features));
    }
    return sum;
}

}  // namespace

Screening* PieceBounds::of(Index piece, const rows::Data& rows, const Run& run) {
    if (run.number() != number_) {
        kept_.clear();
        left_ = most_;
        number_ = run.number();
    }
    if (piece >= signed_size(kept_)) kept_.resize(piece + 1);
    Kept& kept = kept_[piece];
    const std::uint64_t hash = hash_of(rows.x);
    if (kept.screening && kept.rows == hash) return kept.screening.get();
    left_ += kept.bytes;
    kept = {};
    const double bytes = Screening::bytes(rows.x, run.scorer().numbers());
    if (bytes > left_) return nullptr;
    left_ -= bytes;
    kept = {screening_for(run, rows), hash, bytes};
    return kept.screening.get();
}

}  // namespace gaussmix::em
