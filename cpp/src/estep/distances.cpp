#include "estep/distances.hpp"

#include <algorithm>
#include <cmath>

namespace gaussmix::estep {

ScorerNumbers distance_scorer(std::vector<double> points, Index n_points, const Summary& summary) {
    std::vector<double> scales;
    for (const double variance : summary.variances) {
        const double scale = 1 / std::sqrt(variance);
        scales.push_back(std::isfinite(scale) ? scale : 0.0);  // a constant feature does not count
    }
    const bool alike = std::count(scales.begin(), scales.end(), scales.front()) == static_cast<Index>(scales.size());
    if (alike) scales.resize(1);
    ScorerNumbers scorer;
    scorer.whitening = (alike ? whitening::scalar : whitening::diagonal).kind;
    scorer.n_components = n_points;
    scorer.n_features = static_cast<Index>(summary.means.size());
    scorer.means = std::move(points);
    scorer.log_constants.assign(n_points, 0.0);
    for (Index k = 0; k < n_points; ++k) scorer.factors.insert(scorer.factors.end(), scales.begin(), scales.end());
    return scorer;
}

rows::Plan distance_plan(const rows::Data& rows, Index n_points) {
    return rows::cut(rows.x.n_rows, rows.x.n_features, rows::em_work(n_points, rows.x.n_features, false),
                     sizeof(double));
}

}  // namespace gaussmix::estep
