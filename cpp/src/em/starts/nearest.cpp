#include "em/starts/nearest.hpp"

#include <algorithm>
#include <memory>

#include "em/pruning/pruned_densities.hpp"
#include "estep/distances.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::em {
namespace {

/// Finds the nearest centre, using and renewing what `screening` knows about the rows.
class PrunedNearest final : public estep::Expectation<double> {
public:
    PrunedNearest(const whitening::Model<double>& model, Index tile_rows, const kernels::Table& table,
                  Screening& screening)
        : kernels_(table.f64),
          screening_(screening),
          densities_(model, std::vector<double>(model.scorer->n_components), tile_rows, table, screening) {}

    void find(const rows::TileBuffer<double>& rows, Index first, Index n, const estep::Findings<double>& out) override {
        if (screening_.use() == Screening::Use::record) {
            densities_.compute_all(rows, first, n, out.values, true);
        } else {
            densities_.compute_some(rows, first, n, out.values);
        }
        for (Index g = 0; g < densities_.n_groups(n); ++g) {
            const Index at = g * screening_.group();
            const kernels::Components components = densities_.of(g);
            double* owner = out.owner + at;
            kernels_.top(out.values + at, screening_.group(), components, rows.stride(), out.sums.best + at, owner);
            std::uint16_t* labels = screening_.labels(first + at).best;
            for (Index i = 0; i < screening_.group(); ++i) {
                const auto place = static_cast<std::int32_t>(owner[i]);
                const std::int32_t k = components.index == nullptr ? place : components.index[place];
                labels[i] = static_cast<std::uint16_t>(k);
                owner[i] = k;
            }
        }
        screening_.count(densities_.n_evaluated(n), n);
    }

private:
    const kernels::Kernels<double>& kernels_;
    Screening& screening_;
    PrunedDensities<double> densities_;
};

}  // namespace

NearestCentres::NearestCentres(const Sample& sample, Index n_centres, const Summary& units, bool prunes,
                               const rows::Context& context)
    : rows_(sample.rows(context)),
      units_(units),
      n_centres_(n_centres),
      screening_(rows_.x, n_centres, whitening::scalar,
                 prunes && n_centres * sample.n_features >= tuning::least_bounded_work, estep::Finish::best) {}

void NearestCentres::find(const std::vector<double>& centres, std::vector<Index>& labels,
                          std::vector<double>& squares) {
    const ScorerNumbers scorer = estep::distance_scorer(centres, n_centres_, units_);
    screening_.begin({&scorer, nullptr}, rows_);
    rows_.order = screening_.order();
    const auto keep = [&](const estep::Tile<double>& tile) {
        for (Index i = 0; i < tile.n(); ++i) {
            const Index row = rows::row_at(rows_.order, tile.first() + i);
            labels[row] = tile.owner(i);
            squares[row] = -2 * tile.rows().weights()[i] * tile.best(i);
        }
    };
    if (screening_.use() == Screening::Use::rest) {
        estep::for_each_nearest(rows_, scorer, keep);
    } else {
        const auto make = [&](const whitening::Model<double>& model, Index tile_rows) {
            return std::make_unique<PrunedNearest>(model, tile_rows, rows_.context.table, screening_);
        };
        estep::for_each_nearest(rows_, scorer, make, keep);
    }
    screening_.end(rows_.context);
}

}  // namespace gaussmix::em
