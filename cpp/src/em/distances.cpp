#include "em/distances.hpp"

#include <cmath>

namespace gaussmix::em {

Scorer distance_scorer(std::vector<double> points, Index n_points, const Summary& summary) {
    Scorer scorer;
    scorer.whitening = Whitening::diagonal;
    scorer.n_components = n_points;
    scorer.n_features = static_cast<Index>(summary.means.size());
    scorer.means = std::move(points);
    scorer.log_constants.assign(static_cast<std::size_t>(n_points), 0.0);
    scorer.factors.reserve(scorer.means.size());
    for (Index k = 0; k < n_points; ++k) {
        for (const double variance : summary.variances) {
            const double scale = 1 / std::sqrt(variance);
            scorer.factors.push_back(std::isfinite(scale) ? scale : 0.0);  // a constant feature tells nothing
        }
    }
    return scorer;
}

rows::Plan distance_plan(const Rows& rows, Index n_points) {
    return rows::cut(rows.x.n_rows, rows.x.n_features, rows::em_work(n_points, rows.x.n_features, false),
                     sizeof(double));
}

}  // namespace gaussmix::em
