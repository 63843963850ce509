#include "em/starts/matching.hpp"

#include <algorithm>

#include "families/family.hpp"
#include "gaussmix/parts.hpp"

namespace gaussmix::em {

Parameters matched(const Parameters& mixture, const std::vector<double>& affinity) {
    const Index n = mixture.n_components;
    const Index d = mixture.n_features;
    const std::vector<Index> order = assignment(affinity, n);
    Parameters result = mixture;
    const bool shared = families::n_covariances(families::get(mixture.covariance_type), 2) == 1;
    const Index size = signed_size(mixture.covariances) / n;
    for (Index k = 0; k < n; ++k) {
        result.weights[k] = mixture.weights[order[k]];
        std::copy_n(mixture.means.begin() + order[k] * d, d, result.means.begin() + k * d);
        if (!shared) {
            std::copy_n(mixture.covariances.begin() + order[k] * size, size, result.covariances.begin() + k * size);
        }
    }
    return result;
}

}  // namespace gaussmix::em
