#include "em/starts/restricted.hpp"

#include <algorithm>
#include <limits>

#include "em/pass/pass.hpp"
#include "estep/distances.hpp"
#include "rows/tile.hpp"

namespace gaussmix::em {
namespace {

constexpr Index most_iterations = 10;  // EM does the rest

/// The seeds of all components.
class Seeds {
public:
    Seeds(const rows::Data& rows, Index n_components, const Summary& summary, random::Generator& generator)
        : rows_(rows),
          n_components_(n_components),
          generator_(generator),
          scorer_(estep::distance_scorer(summary.means, 1, summary)),
          nearest_(rows.x.n_rows, std::numeric_limits<double>::infinity()),
          centres_(n_components * rows.x.n_features) {}

    std::vector<double> centres() {
        std::vector<Index> fewest(n_components_, n_components_ + 1);  // components of a row that may be of this one
        std::vector<Index> sizes(rows_.x.n_rows, n_components_);
        for (Index i = 0; i < rows_.x.n_rows; ++i) {
            const std::uint8_t* may = rows_.allowed.of(i);
            if (may == nullptr || weight(i) == 0) continue;
            sizes[i] = n_components_ - std::count(may, may + n_components_, std::uint8_t{0});
            for (Index k = 0; k < n_components_; ++k) {
                if (may[k] != 0) fewest[k] = std::min(fewest[k], sizes[i]);
            }
        }
        // Those that rows name alone come first: others keep away from them.
        std::vector<Index> order;
        for (Index size = 1; size <= n_components_ + 1; ++size) {
            for (Index k = 0; k < n_components_; ++k) {
                if (fewest[k] == size) order.push_back(k);
            }
        }
        for (const Index k : order) {
            const Index size = fewest[k];
            const auto is_candidate = [&](Index i) {
                const std::uint8_t* may = rows_.allowed.of(i);
                return weight(i) > 0 && (size > n_components_ || (may != nullptr && may[k] != 0 && sizes[i] == size));
            };
            double* centre = centres_.data() + k * rows_.x.n_features;
            if (size == 1) {
                mean_of(is_candidate, centre);
            } else {
                draw(is_candidate, centre);
            }
            keep_away_from(centre);
        }
        return std::move(centres_);
    }

private:
    double weight(Index row) const noexcept { return rows_.weights ? rows_.weights.data[row] : 1.0; }

    template <class IsCandidate>
    void mean_of(IsCandidate is_candidate, double* centre) {
        const Index d = rows_.x.n_features;
        std::vector<double> row(d);
        double total = 0;
        for (Index i = 0; i < rows_.x.n_rows; ++i) {
            if (!is_candidate(i)) continue;
            rows::read_row(rows_.x, i, row.data());
            total += weight(i);
            for (Index j = 0; j < d; ++j) centre[j] += weight(i) / total * (row[j] - centre[j]);
        }
    }

    /// Draws a candidate by its squared distance from the nearest seed; any row if no candidate is away from them.
    template <class IsCandidate>
    void draw(IsCandidate is_candidate, double* centre) {
        const auto chance = [&](Index i, bool any) {
            if (!(any ? weight(i) > 0 : is_candidate(i))) return 0.0;
            return weight(i) * (nearest_[i] < std::numeric_limits<double>::infinity() ? nearest_[i] : 1.0);
        };
        for (const bool any : {false, true}) {
            double total = 0;
            for (Index i = 0; i < rows_.x.n_rows; ++i) total += chance(i, any);
            if (!(total > 0) && !any) continue;
            const double wanted = generator_.uniform() * total;
            double passed = 0;
            Index last = 0;
            for (Index i = 0; i < rows_.x.n_rows && !(passed > wanted); ++i) {
                const double own = chance(i, any);
                passed += own;
                if (own > 0) last = i;
            }
            rows::read_row(rows_.x, last, centre);
            return;
        }
    }

    void keep_away_from(const double* centre) {
        const Index d = rows_.x.n_features;
        std::vector<double> row(d);
        for (Index i = 0; i < rows_.x.n_rows; ++i) {
            rows::read_row(rows_.x, i, row.data());
            double sum = 0;
            for (Index j = 0; j < d; ++j) {
                const double gap = (row[j] - centre[j]) * scorer_.factors[scorer_.factors.size() > 1 ? j : 0];
                sum += gap * gap;
            }
            nearest_[i] = std::min(nearest_[i], sum);
        }
    }

    const rows::Data& rows_;
    Index n_components_;
    random::Generator& generator_;
    ScorerNumbers scorer_;  // of distances in units of each feature
    std::vector<double> nearest_;
    std::vector<double> centres_;
};

}  // namespace

std::vector<double> restricted_centres(const rows::Data& rows, Index n_components, const Summary& summary,
                                       random::Generator& generator) {
    const Index d = rows.x.n_features;
    std::vector<double> centres = Seeds(rows, n_components, summary, generator).centres();
    for (Index n = 0; n < most_iterations; ++n) {
        const ScorerNumbers scorer = estep::distance_scorer(centres, n_components, summary);
        const Source source{Source::Model{&scorer, estep::Finish::assignments}, n_components};
        const Moments moments = pass(rows, source, centres, scatter::none);
        bool moved = false;
        for (Index at = 0; at < n_components * d; ++at) {
            const double weight = moments.weights[at / d];
            if (!(weight > 0)) continue;
            moved = moved || moments.first[at] != 0;
            centres[at] += moments.first[at] / weight;
        }
        if (!moved) break;
    }
    return centres;
}

}  // namespace gaussmix::em
