#include "em/run/identical.hpp"

#include <algorithm>

#include "families/family.hpp"

namespace gaussmix::em {
namespace {

/// The parameters of a component: its mean, and its covariance unless that is shared.
struct Numbers {
    const double* mean;
    const double* covariance;
    Index n_features;
    Index covariance_size;

    int compare(const Numbers& other) const noexcept {
        const int means = compare(mean, other.mean, n_features);
        return means != 0 ? means : compare(covariance, other.covariance, covariance_size);
    }

private:
    static int compare(const double* a, const double* b, Index n) noexcept {
        const auto [x, y] = std::mismatch(a, a + n, b);
        return x == a + n ? 0 : *x < *y ? -1 : 1;
    }
};

}  // namespace

void tell_identical(const Parameters& parameters, const std::vector<double>& counts, std::vector<Event>& events) {
    const families::Family& family = families::get(parameters.covariance_type);
    const Index d = parameters.n_features;
    const bool shared = families::n_covariances(family, parameters.n_components) == 1 && parameters.n_components > 1;
    const Index size = shared ? 0 : signed_size(parameters.covariances) / parameters.n_components;
    const auto numbers = [&](Index k) {
        return Numbers{parameters.means.data() + k * d, parameters.covariances.data() + k * size, d, size};
    };
    std::vector<Index> order;
    for (Index k = 0; k < parameters.n_components; ++k) {
        if (counts[k] > 0) order.push_back(k);
    }
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return numbers(a).compare(numbers(b)) < 0; });
    std::vector<Index> found;
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (numbers(order[i - 1]).compare(numbers(order[i])) == 0) found.push_back(order[i]);
    }
    std::sort(found.begin(), found.end());
    for (const Index k : found) events.push_back({0, k, Act::identical});
}

}  // namespace gaussmix::em
