/// A family that the library does not have, in this file alone. A program or a library that has it beside the core's
/// objects fits, scores, draws, saves and loads it as the others, since nothing in the core asks which family it has.
#include "families/variances.hpp"

namespace {

using namespace gaussmix;

/// Variances of the features, of which all components share the first.
class EqualFirst final : public families::OfVariances {
public:
    EqualFirst()
        : OfVariances(static_cast<CovarianceType>(100), "equal_first", "", whitening::diagonal, scatter::diagonal) {}

    Index count(Index components, Index n_features) const noexcept override {
        return 1 + components * (n_features - 1);
    }
    bool is_free() const noexcept override { return false; }
    bool constrain(const families::Constraint& constraint, const rows::Context&,
                   Parameters& parameters) const override {
        double sum = 0;
        double total = 0;
        for (Index k = 0; k < parameters.n_components; ++k) {
            const double weight = constraint.weights[k];
            sum += weight * variance(parameters, k, 0);
            total += weight;
        }
        if (!(sum > 0)) return false;
        for (Index k = 0; k < parameters.n_components; ++k) {
            parameters.covariances[k * parameters.n_features] = sum / total;
        }
        return true;
    }
};

const EqualFirst family;
[[maybe_unused]] const bool is_added = (families::add(family), true);

}  // namespace
