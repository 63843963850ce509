/// What EM remembers about its rows from pass to pass, so that a pass can leave out pairs of a row and a component that
/// do not count: an order of visits that puts similar rows together, and lower bounds on their distances.
///
/// A pair is negligible when its responsibility is so small that the pass makes it zero (`floor` in
/// whitening/model.hpp). Where a bound shows as much beforehand, the distance is not computed: what is left out would
/// have been zero, so a pass with bounds gives the bits that the dense pass gives in the same order of rows. k-means
/// needs only the nearest centre: there every pair with another centre is negligible.
#pragma once

#include <atomic>
#include <vector>

#include "em/pruning/drift.hpp"
#include "estep/expectation.hpp"
#include "gaussmix/fit.hpp"
#include "rows/data.hpp"
#include "rows/tile.hpp"
#include "whitening/whitening.hpp"

namespace gaussmix::em {

class Screening {
public:
    /// For passes over x under mixtures of `n_components`. If `wanted` is false or pruning cannot pay, every pass is
    /// dense and no memory is used.
    Screening(const MatrixView& x, Index n_components, const whitening::Form& form, bool wanted,
              estep::Finish finish = estep::Finish::responsibilities);

    /// Returns the bytes that it takes at most for passes over x under a model.
    static double bytes(const MatrixView& x, const ScorerNumbers& model) noexcept;

    /// Call it before the pass under `model`.
    void begin(const ModelWithCovariances& model, const rows::Data& rows);
    /// Call it after the pass: decides what the next one does, from counts of pairs alone, which do not depend on
    /// threads.
    void end(const rows::Context& context);

    /// What a pass does.
    enum class Use {
        rest,    ///< the dense pass
        probe,   ///< the same, but counts in a few tiles what counts; labels the rows if `labels_probes`
        record,  ///< the dense pass, but records labels and bounds
        screen,  ///< skips pairs that bounds show to be negligible
        guess,   ///< decided before the pass: `screen` of rows sorted by their variances alone, `record` of rows
                 ///< ordered in space, or neither
    };
    Use use() const noexcept { return use_; }

    /// Returns whether distances cost so much that labelling during a probe does not matter.
    bool labels_probes() const noexcept { return labels_probes_; }

    /// Returns whether distances stay unfinished once their pair surely does not count. Their bounds are then barely
    /// above the limit, which pays where they would not outlast the model anyway.
    bool cuts_off() const noexcept { return cuts_off_; }

    /// Returns the order of visits.
    rows::Order order() const noexcept { return {order_.empty() ? nullptr : order_.data(), block_}; }

    /// Returns how many rows share bounds, a multiple of the kernels' groups.
    Index group() const noexcept { return group_; }

    /// Returns lower bounds on the distances of a group of rows to each component, in the kernels' unit; groups are
    /// counted in the order of visits.
    std::int16_t* bounds(Index group) noexcept { return bounds_.data() + group * stride_; }
    /// Returns what the rows from a position on are sorted by.
    kernels::Labels labels(Index position) noexcept {
        return {best_.data() + position, near_.data() + position, level_.data() + position};
    }
    /// Returns how bounds carry over to the model of this pass, for `bounds_block`s of components: scale * bound -
    /// shift.
    const float* scale() const noexcept { return scale_.data(); }
    const float* shift() const noexcept { return shift_.data(); }
    /// Returns the number of components, padded to whole `bounds_block`s.
    Index stride() const noexcept { return stride_; }

    /// Counts pairs of a pass; may be called from any thread.
    void count(Index evaluated, Index kept) noexcept;
    /// Returns the counts of the last pass.
    const PairShare& share() const noexcept { return share_; }

private:
    void make_room();
    void decide(const ModelWithCovariances& model, const rows::Data& rows);
    void guess(const ScorerNumbers& diagonal, const rows::Data& rows);
    void order_rows(const rows::Data& rows);
    void rest() noexcept;
    Use first_use() const noexcept;
    bool wants_sorting();
    void sort_rows(const rows::Context& context);
    void sort_block(Index block, const std::vector<std::uint16_t>& ranks);
    Index n_blocks() const noexcept { return (n_rows_ + block_ - 1) / block_; }

    Index n_rows_;
    Index n_features_;
    Index n_components_;
    Index group_;
    Index stride_;
    bool whole_;  // whether rows are assigned whole
    bool guesses_;
    bool in_space_;  // whether rows are ordered in space first
    Index block_;    // of rows that are sorted together
    bool few_rows_;  // whether there are few rows per feature
    bool cuts_off_ = false;
    bool labels_probes_;
    double most_kept_;  // share of the pairs that may count if pruning is to pay
    Use use_;
    Index resting_ = 0;           // dense passes left
    Index rest_ = 1;              // the length of the last rest
    Index n_screened_ = 0;        // passes since bounds were last made anew
    Index n_sorted_ = 0;          // passes since the rows were last sorted
    double before_sorting_ = 1;   // share of pairs evaluated in the last one before that
    double loosening_ = 0;        // by how much it then rose, because bounds of new groups are the least of old ones
    double least_evaluated_ = 1;  // its least since then
    double excess_ = 0;           // the sum of the excess over that
    std::vector<float> units_;    // of space
    std::vector<std::uint16_t> order_;
    std::vector<std::uint16_t> best_;
    std::vector<std::uint8_t> near_;
    std::vector<std::uint8_t> level_;
    std::vector<std::int16_t> bounds_;
    ScorerNumbers before_;
    std::vector<double> covariances_before_;
    std::vector<double> gaps_;
    std::vector<float> scale_;
    std::vector<float> shift_;
    std::atomic<Index> evaluated_{0};
    std::atomic<Index> kept_{0};
    PairShare share_;
};

}  // namespace gaussmix::em
