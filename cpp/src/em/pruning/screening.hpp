/// What EM remembers of its rows from pass to pass, so that a pass can leave out pairs of a row and a component that do
/// not count: the order in which rows are visited, like ones together, and lower bounds on their distances.
///
/// A pair is negligible when its responsibility is so small that the pass makes it zero (`floor` in
/// whitening/model.hpp). Where a bound shows as much beforehand, the distance is not computed: what is left out would
/// have been zero, so a pass with bounds gives the bits that the dense pass gives in the same order of rows. k-means
/// asks for the nearest centre alone: there every pair with another one is negligible.
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
    /// For passes over x under mixtures of `n_components`. Every pass is dense, and no memory is used, where `wanted`
    /// is false or pruning cannot pay.
    Screening(const MatrixView& x, Index n_components, const whitening::Form& form, bool wanted,
              estep::Finish finish = estep::Finish::responsibilities);

    /// Before the pass under `model`.
    void begin(const Placed& model, const rows::Data& rows);
    /// After it: decides how the next one goes, by counts of pairs alone, which no number of threads changes.
    void end(const rows::Context& context);

    /// What a pass does.
    enum class Use {
        rest,    ///< the dense pass
        probe,   ///< the same, and counts in a few tiles what counts; labels the rows if `labels_probes`
        record,  ///< the dense pass, and leaves labels and bounds
        screen,  ///< leaves out what the bounds show to be negligible
        guess,   ///< not known before the pass: `screen` of rows sorted by what variances alone tell, or none of that
    };
    Use use() const noexcept { return use_; }

    /// Whether a distance costs so much that labels on the side do not count.
    bool labels_probes() const noexcept { return labels_probes_; }

    /// Whether distances are left unfinished once the pair is sure not to count. Their bounds are hardly above what
    /// they are compared with: it pays where they would not outlast the model anyway.
    bool cuts_off() const noexcept { return cuts_off_; }

    /// How the rows are to be visited.
    rows::Order order() const noexcept { return order_.empty() ? nullptr : order_.data(); }

    /// Rows that have bounds in common, whole groups of the kernels'.
    Index group() const noexcept { return group_; }

    /// Lower bounds on the distances of a group of rows to each component, in the unit of the kernels; groups are
    /// counted in the order of visits.
    std::int16_t* bounds(Index group) noexcept { return bounds_.data() + group * stride_; }
    /// What the rows from a position on are sorted by.
    kernels::Labels labels(Index position) noexcept {
        return {best_.data() + position, near_.data() + position, level_.data() + position};
    }
    /// How bounds go on to the model of this pass, `bounds_block`s of components: scale * bound - shift.
    const float* scale() const noexcept { return scale_.data(); }
    const float* shift() const noexcept { return shift_.data(); }
    /// The number of components, padded to whole `bounds_block`s.
    Index stride() const noexcept { return stride_; }

    /// Counts pairs of a pass; from any thread.
    void count(Index evaluated, Index kept) noexcept;
    /// Of the last pass.
    const PairShare& share() const noexcept { return share_; }

private:
    void make_room();
    void guess(const ScorerNumbers& diagonal, const rows::Data& rows);
    void rest() noexcept;
    Use first_use() const noexcept;
    bool wants_sorting();
    void sort_rows(const rows::Context& context);
    void sort_block(Index block);

    Index n_rows_;
    Index n_features_;
    Index n_components_;
    Index group_;
    Index stride_;
    bool whole_;  // whether rows are assigned whole
    bool guesses_;
    bool few_rows_;  // to a feature
    bool cuts_off_ = false;
    bool labels_probes_;
    double most_kept_;  // of the pairs, for pruning to pay
    Use use_;
    Index resting_ = 0;           // dense passes still to come
    Index rest_ = 1;              // how many there were the last time
    Index n_screened_ = 0;        // passes since bounds were last made anew
    Index n_sorted_ = 0;          // passes since the rows were last sorted
    double before_sorting_ = 1;   // share of pairs evaluated in the last one before that
    double loosening_ = 0;        // by how much it rose then, as bounds of new groups are the least of old ones
    double least_evaluated_ = 1;  // and its least since
    double excess_ = 0;           // shares evaluated above that, summed
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
