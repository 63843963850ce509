#include "rows/patterns.hpp"

#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>

#include "gaussmix/error.hpp"
#include "random/random.hpp"
#include "rows/tile.hpp"

namespace gaussmix::rows {
namespace {

/// The first infinity in row-major order, whichever thread finds it.
struct FirstInfinity {
    std::mutex mutex;
    Index row = std::numeric_limits<Index>::max();
    Index feature = 0;
    double value = 0;

    void found(Index row_, Index feature_, double value_) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (row_ >= row) return;
        row = row_;
        feature = feature_;
        value = value_;
    }
};

/// Returns the words of all rows, (n_rows, n_words).
std::vector<std::uint64_t> words_of(const MatrixView& x, Index n_words, const Context& context) {
    constexpr Index rows_at_once = 4096;
    std::vector<std::uint64_t> words(x.n_rows * n_words);
    FirstInfinity infinity;
    const Index n_parts = (x.n_rows + rows_at_once - 1) / rows_at_once;
    parallel::parallel_for(n_parts, context.n_threads, context.poll, [&](Index part, const parallel::Worker&) {
        std::vector<double> row(x.n_features);
        parallel::Pace pace;
        const Index end = std::min((part + 1) * rows_at_once, x.n_rows);
        for (Index i = part * rows_at_once; i < end; ++i) {
            read_row(x, i, row.data());
            std::uint64_t has_infinity = 0;
            for (Index j = 0; j < x.n_features; ++j) {  // without a branch, which could not be predicted
                has_infinity |= static_cast<std::uint64_t>(std::isinf(row[j]));
                words[i * n_words + j / 64] |= static_cast<std::uint64_t>(!std::isnan(row[j])) << (j % 64);
            }
            if (has_infinity != 0) {
                const auto first = std::find_if(row.begin(), row.end(), [](double value) { return std::isinf(value); });
                infinity.found(i, first - row.begin(), *first);
                return;
            }
            pace.spend(x.n_features);
        }
    });
    if (infinity.row < x.n_rows) throw NotFinite(infinity.value, infinity.row, infinity.feature);
    return words;
}

/// Numbers the distinct rows of words in the order in which they come.
class Numbering {
public:
    Numbering(const std::vector<std::uint64_t>& words, Index n_words)
        : words_(words), n_words_(n_words), table_(1024, nothing) {}

    std::uint32_t number(Index row) {
        if (2 * firsts.size() >= table_.size()) grow();
        const std::size_t slot = slot_of(row);
        if (table_[slot] == nothing) {
            table_[slot] = static_cast<std::uint32_t>(firsts.size());
            firsts.push_back(row);
        }
        return table_[slot];
    }

    std::vector<Index> firsts;  ///< the first row of each

private:
    static constexpr std::uint32_t nothing = std::numeric_limits<std::uint32_t>::max();

    std::size_t slot_of(Index row) const {
        const std::uint64_t* own = words_.data() + row * n_words_;
        std::uint64_t hash = 0;
        for (Index w = 0; w < n_words_; ++w) hash = random::mix(hash ^ own[w]);
        std::size_t slot = hash & (table_.size() - 1);
        while (table_[slot] != nothing &&
               !std::equal(own, own + n_words_, words_.data() + firsts[table_[slot]] * n_words_)) {
            slot = (slot + 1) & (table_.size() - 1);
        }
        return slot;
    }

    void grow() {
        table_.assign(2 * table_.size(), nothing);
        for (std::size_t p = 0; p < firsts.size(); ++p) table_[slot_of(firsts[p])] = static_cast<std::uint32_t>(p);
    }

    const std::vector<std::uint64_t>& words_;
    Index n_words_;
    std::vector<std::uint32_t> table_;
};

}  // namespace

Patterns::Patterns(const MatrixView& x, const Context& context)
    : n_features_(x.n_features), n_words_((x.n_features + 63) / 64), order_(x.n_rows) {
    const std::vector<std::uint64_t> words = words_of(x, n_words_, context);
    Numbering numbering(words, n_words_);
    std::vector<std::uint32_t> numbers(x.n_rows);
    for (Index i = 0; i < x.n_rows; ++i) numbers[i] = numbering.number(i);

    const Index n_patterns = signed_size(numbering.firsts);
    std::vector<Index> n_features(n_patterns);
    for (Index p = 0; p < n_patterns; ++p) {
        for (Index w = 0; w < n_words_; ++w) {
            n_features[p] += __builtin_popcountll(words[numbering.firsts[p] * n_words_ + w]);
        }
    }
    std::vector<Index> sorted(n_patterns), rank(n_patterns);
    std::iota(sorted.begin(), sorted.end(), Index{0});
    std::stable_sort(sorted.begin(), sorted.end(), [&](Index a, Index b) { return n_features[a] < n_features[b]; });
    for (Index p = 0; p < n_patterns; ++p) rank[sorted[p]] = p;
    for (const Index p : sorted) {
        const std::uint64_t* own = words.data() + numbering.firsts[p] * n_words_;
        words_.insert(words_.end(), own, own + n_words_);
    }
    begins_.resize(n_patterns + 1);
    for (const std::uint32_t number : numbers) ++begins_[rank[number] + 1];
    std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
    std::vector<Index> next(begins_.begin(), begins_.end() - 1);
    for (Index i = 0; i < x.n_rows; ++i) order_[next[rank[numbers[i]]]++] = i;
}

bool Patterns::complete() const noexcept {
    if (size() == 0) return true;
    if (size() > 1) return false;
    for (Index j = 0; j < n_features_; ++j) {
        if (!has(0, j)) return false;
    }
    return true;
}

std::vector<Index> Patterns::features(Index pattern) const {
    std::vector<Index> result;
    for (Index j = 0; j < n_features_; ++j) {
        if (has(pattern, j)) result.push_back(j);
    }
    return result;
}

}  // namespace gaussmix::rows
