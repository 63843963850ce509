#include "em/starts/data_covariance.hpp"

#include <algorithm>

#include "em/starts/kmeans.hpp"
#include "estep/distances.hpp"
#include "families/family.hpp"
#include "linalg/triangular.hpp"

namespace gaussmix::em {
namespace {

// Clusters are found in this many rows, then all rows are assigned to them.

/// Returns the moments of the rows about their nearest centres, (K, d).
Moments about_centres(const rows::Data& rows, const Summary& summary, const std::vector<double>& centres,
                      const scatter::Form& scatter) {
    const Index n = signed_size(centres) / rows.x.n_features;
    const ScorerNumbers nearest = estep::distance_scorer(centres, n, summary);
    return pass(rows, {Source::Model{&nearest, estep::Finish::assignments}, n}, centres, scatter);
}

/// Returns by how much the scatter of features i and j about the centres exceeds that about the means.
double between(const Moments& moments, Index i, Index j) {
    double sum = 0;
    for (Index k = 0; k < moments.n_components; ++k) {
        const double weight = moments.weights[k];
        const double* first = moments.first.data() + k * moments.n_features;
        if (weight > 0) sum += first[i] / weight * first[j];
    }
    return sum;
}

std::vector<double> pooled_matrix(const Moments& moments) {
    const Index d = moments.n_features;
    std::vector<double> covariance(d * d);
    for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j <= i; ++j) {
            const double scatter = moments.scatter[linalg::packed_index(i, j)];
            covariance[i * d + j] = covariance[j * d + i] = (scatter - between(moments, i, j)) / moments.total_weight;
        }
    }
    return covariance;
}

std::vector<double> pooled_variances(const Moments& moments) {
    const Index d = moments.n_features;
    std::vector<double> variances;
    for (Index j = 0; j < d; ++j) {
        double scatter = -between(moments, j, j);
        for (Index k = 0; k < moments.n_components; ++k) {
            scatter += moments.scatter[k * d + j];
        }
        variances.push_back(scatter / moments.total_weight);
    }
    return variances;
}

}  // namespace

std::vector<double> covariance_of(const rows::Data& rows, const Summary& summary) {
    return pooled_matrix(about_centres(rows, summary, summary.means, scatter::pooled));
}

std::vector<double> covariance_within(const rows::Data& rows, const Summary& summary, const Options& options) {
    const Index n = options.n_components;
    const Index size = rows_for_clusters(n);
    random::Generator generator(0, 0);
    Sampler sampler(rows, summary, 2 * size);
    const std::vector<double> centres = kmeans(sampler.draw(size, generator), n, summary, Clustering::thorough,
                                               options.pruning == Pruning::automatic, generator, rows.context);
    const bool whole = !families::get(options.covariance_type).whitening.is_separable();
    const Moments moments = about_centres(rows, summary, centres, whole ? scatter::pooled : scatter::diagonal);
    return whole ? pooled_matrix(moments) : pooled_variances(moments);
}

}  // namespace gaussmix::em
