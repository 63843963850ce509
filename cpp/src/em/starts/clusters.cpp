#include "em/starts/clusters.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "em/pass/holes.hpp"
#include "rows/patterns.hpp"
#include "whitening/whitening.hpp"

namespace gaussmix::em {

Moments clusters_with_holes(const rows::Data& rows, const Source& source, const Summary& summary,
                            const scatter::Form& scatter) {
    const rows::Patterns patterns(rows.x, rows.context);
    const Index n = source.n_components;
    const Index d = signed_size(summary.means);
    ScorerNumbers independent;
    independent.whitening = whitening::diagonal.kind;
    independent.n_components = n;
    independent.n_features = d;
    const Index n_terms = n + (source.has_background ? 1 : 0);
    independent.log_constants.assign(n_terms, 0.0);
    independent.weights.assign(n_terms, 1.0);
    if (source.has_background) independent.box = {summary.means, std::vector<double>(d)};  // no term is asked
    for (Index k = 0; k < n; ++k) {
        independent.means.insert(independent.means.end(), summary.means.begin(), summary.means.end());
    }
    // Without a variance, what is missing adds nothing.
    independent.factors.assign(n * d, std::numeric_limits<double>::infinity());
    std::vector<double> seen;
    const Moments rough = pass_with_holes(rows, patterns, source, independent, scatter::diagonal, &seen);
    for (Index at = 0; at < n * d; ++at) {
        double variance = summary.variances[at % d];
        if (seen[at] > 0) {
            const double step = rough.first[at] / seen[at];
            independent.means[at] += step;
            variance = std::max(rough.scatter[at] / seen[at] - step * step, 0.0);
        }
        independent.factors[at] = 1 / std::sqrt(variance);
    }
    return pass_with_holes(rows, patterns, source, independent, scatter);
}

}  // namespace gaussmix::em
