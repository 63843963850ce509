#include "em/starts/nearest.hpp"

#include <algorithm>
#include <memory>

#include "em/pruning/pruned_densities.hpp"
#include "rows/distances.hpp"

namespace gaussmix::em {
namespace {

constexpr Index least_work = 500;  // numbers that a row is compared with: fewer, and bounds cost what they spare

/// One worker's.
class Worker {
public:
    Worker(const rows::Data& rows, const whitening::Model<double>& model, const rows::Plan& plan, Screening& screening)
        : rows_(rows),
          kernels_(rows.context.table.f64),
          screening_(screening),
          tile_(plan.tile_rows, rows.x.n_features, rows.context.table),
          densities_(model, std::vector<double>(static_cast<std::size_t>(model.scorer->n_components)), plan.tile_rows,
                     rows.context.table, screening),
          values_(static_cast<std::size_t>(model.scorer->n_components * plan.tile_rows)),
          best_(static_cast<std::size_t>(screening.group())),
          owner_(best_.size()) {}

    /// use(row, centre, squared distance) for the rows at positions [first, first + n).
    template <class Use>
    void find(Index first, Index n, Use use) {
        const rows::Order order = screening_.order();
        tile_.load(rows_.x, rows_.weights, first, n, order);
        if (screening_.use() == Screening::Use::record) {
            densities_.compute_all(tile_, first, n, values_.data(), true);
        } else {
            densities_.compute_some(tile_, first, n, values_.data());
        }
        for (Index g = 0; g < densities_.n_groups(n); ++g) {
            const Index at = g * screening_.group();
            const kernels::Components components = densities_.of(g);
            kernels_.top(values_.data() + at, screening_.group(), components, tile_.stride(), best_.data(),
                         owner_.data());
            std::uint16_t* labels = screening_.labels(first + at).best;
            for (Index i = 0; i < screening_.group(); ++i) {
                const auto s = static_cast<Index>(owner_[static_cast<std::size_t>(i)]);
                labels[i] = static_cast<std::uint16_t>(components.index[s]);
            }
            for (Index i = 0; i < std::min(screening_.group(), n - at); ++i) {
                use(rows::row_at(order, first + at + i), labels[i],
                    -2 * tile_.weights()[at + i] * best_[static_cast<std::size_t>(i)]);
            }
        }
        screening_.count(densities_.n_evaluated(n), n);
    }

private:
    const rows::Data& rows_;
    const kernels::Kernels<double>& kernels_;
    Screening& screening_;
    rows::TileBuffer<double> tile_;
    PrunedDensities<double> densities_;
    linalg::AlignedBuffer<double> values_;
    std::vector<double> best_;
    std::vector<double> owner_;
};

}  // namespace

NearestCentres::NearestCentres(const Sample& sample, Index n_centres, const Summary& units, bool prunes,
                               const rows::Context& context)
    : rows_(sample.rows(context)),
      units_(units),
      n_centres_(n_centres),
      screening_(rows_.x, n_centres, whitening::scalar, prunes && n_centres * sample.n_features >= least_work,
                 Assignment::hard) {}

void NearestCentres::find(const std::vector<double>& centres, std::vector<Index>& labels,
                          std::vector<double>& squares) {
    const Scorer scorer = rows::distance_scorer(centres, n_centres_, units_);
    screening_.begin({&scorer, nullptr}, rows_);
    if (screening_.use() == Screening::Use::rest) {
        rows::for_each_nearest(rows_, scorer,
                               [&](Index first, Index n, const double* distances, const double* nearest) {
                                   std::copy_n(distances, n, squares.begin() + first);
                                   std::transform(nearest, nearest + n, labels.begin() + first,
                                                  [](double label) { return static_cast<Index>(label); });
                               });
    } else {
        find_some(scorer, labels, squares);
    }
    screening_.end(rows_.context);
}

void NearestCentres::find_some(const Scorer& scorer, std::vector<Index>& labels, std::vector<double>& squares) {
    const rows::Context& context = rows_.context;
    const rows::Plan plan = rows::distance_plan(rows_, n_centres_);
    const whitening::Model<double> model(scorer);
    std::vector<std::unique_ptr<Worker>> workers(static_cast<std::size_t>(context.n_threads));
    const auto keep = [&](Index row, Index label, double square) {
        labels[static_cast<std::size_t>(row)] = label;
        squares[static_cast<std::size_t>(row)] = square;
    };
    parallel::parallel_for(
        plan.n_chunks, context.n_threads, context.poll, [&](Index chunk, const parallel::Worker& thread) {
            std::unique_ptr<Worker>& worker = workers[static_cast<std::size_t>(thread.id())];
            if (!worker) worker = std::make_unique<Worker>(rows_, model, plan, screening_);
            rows::for_each_tile(plan, chunk, [&](Index first, Index n) { worker->find(first, n, keep); });
        });
}

}  // namespace gaussmix::em
