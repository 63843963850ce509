#include "families/turn.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "kernels/layout.hpp"

namespace gaussmix::families {
namespace {

/// Cosine of the angle at which two axes of a component may meet, if they are to count as orthogonal.
constexpr double rounding = 1e-12;

/// A row is turned about the centre of all components; the turned numbers of a component have this many times the
/// rounding that they would have about its own mean.
constexpr double most_amplified = 64;

/// Returns by how much each coordinate of component k is to be scaled, (d,), or nothing unless distances are then those
/// of its factor W: the columns of W T^-1 must be orthogonal, and their lengths are the scales. That loses fewer digits
/// of small variances than T Sigma T^T would.
std::vector<double> scales_of(const ScorerNumbers& scorer, Index k, const std::vector<double>& inverse) {
    const Index d = scorer.n_features;
    const whitening::Form& form = whitening::of(scorer);
    std::vector<double> whitened(d * d);
    std::vector<double> scales(d);
    parallel::Pace pace;
    for (Index j = 0; j < d; ++j) {
        double* own = whitened.data() + j * d;
        form.apply(whitening::factor_of(scorer, k), d, inverse.data() + j * d, own);
        scales[j] = std::sqrt(std::inner_product(own, own + d, own, 0.0));
        pace.spend(2 * d * d);
        for (Index i = 0; i < j; ++i) {
            const double* other = whitened.data() + i * d;
            const double overlap = std::inner_product(own, own + d, other, 0.0);
            if (!(std::abs(overlap) <= rounding * scales[i] * scales[j])) return {};
        }
    }
    return scales;
}

}  // namespace

void turn(const Parameters& parameters, const rows::Context& context, ScorerNumbers& scorer) {
    const Family& family = get(parameters.covariance_type);
    const Index d = parameters.n_features;
    const SharedAxes shared = family.shared_axes(parameters, scorer, context);
    if (shared.matrix.empty()) return;
    const std::vector<double> centre = whitening::centre_of(scorer);
    std::vector<double> scales;
    std::vector<double> offsets;
    for (Index k = 0; k < parameters.n_components; ++k) {
        const std::vector<double> own = scales_of(scorer, k, shared.inverse);
        if (own.empty()) return;
        for (Index j = 0; j < d; ++j) {
            const double* axis = shared.matrix.data() + j * d;
            double offset = 0;
            double amplified = 0;
            for (Index l = 0; l < d; ++l) {
                const double gap = parameters.means[k * d + l] - centre[l];
                offset -= axis[l] * gap;
                amplified += std::abs(axis[l]) * (std::abs(gap) + std::sqrt(family.variance(parameters, k, l)));
            }
            if (!(own[j] * amplified <= most_amplified)) return;
            offsets.push_back(own[j] * offset);
        }
        scales.insert(scales.end(), own.begin(), own.end());
    }
    scorer.centre = centre;
    scorer.scales = std::move(scales);
    scorer.offsets = std::move(offsets);
    scorer.turn.assign(kernels::turn_size(d), 0.0);
    for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j < d; ++j) scorer.turn[kernels::turn_index(i, j, d)] = shared.matrix[i * d + j];
    }
}

}  // namespace gaussmix::families
