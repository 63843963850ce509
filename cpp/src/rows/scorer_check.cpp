#include "rows/scorer_check.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "gaussmix/error.hpp"
#include "kernels/layout.hpp"
#include "text/enumerator.hpp"

namespace gaussmix::rows {
namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw Error(Errc::invalid_argument, "the scorer " + why + ": make one with `prepare`, and leave it as it is");
}

/// n times m, which is not computed as it may overflow.
void check_size(const char* name, const std::vector<double>& values, Index n, Index m) {
    const auto size = static_cast<Index>(values.size());
    if (size % m == 0 && size / m == n) return;
    refuse("has " + std::to_string(size) + " numbers in " + name + ", expected " + std::to_string(n) + " times " +
           std::to_string(m));
}

/// In as many chains as a compiler needs to make vectors of them: one row is scored in a microsecond.
bool all_finite(const std::vector<double>& values) noexcept {
    constexpr std::size_t chains = 8;
    double zeros[chains] = {};  // NaN once a number was not finite
    std::size_t i = 0;
    for (; i + chains <= values.size(); i += chains) {
        for (std::size_t c = 0; c < chains; ++c) zeros[c] += 0 * values[i + c];
    }
    for (; i < values.size(); ++i) zeros[0] += 0 * values[i];
    double sum = 0;
    for (const double zero : zeros) sum += zero;
    return sum == 0;
}

void check_finite(const char* name, const std::vector<double>& values) {
    if (!all_finite(values)) refuse(std::string("has a number in ") + name + " that is not finite");
}

}  // namespace

void check(const Scorer& scorer) {
    const Index k = scorer.n_components;
    const Index d = scorer.n_features;
    text::check_enumerator(scorer.whitening, Whitening::shared, "the scorer's whitening");
    if (k < 1 || d < 1) refuse("has no components or no features");
    check_size("weights", scorer.weights, k, 1);
    check_size("log_constants", scorer.log_constants, k, 1);
    check_size("means", scorer.means, k, d);
    switch (scorer.whitening) {
        case Whitening::scalar: check_size("factors", scorer.factors, k, 1); break;
        case Whitening::diagonal: check_size("factors", scorer.factors, k, d); break;
        case Whitening::full: check_size("factors", scorer.factors, k, kernels::packed_factor_size(d)); break;
        case Whitening::shared:
            check_size("factors", scorer.factors, 1, kernels::packed_factor_size(d));
            check_size("centre", scorer.centre, 1, d);
            check_size("whitened_means", scorer.whitened_means, k, d);
            break;
    }
    check_finite("means", scorer.means);
    check_finite("factors", scorer.factors);
    check_finite("weights", scorer.weights);
    check_finite("centre", scorer.centre);
    check_finite("whitened_means", scorer.whitened_means);
    if (*std::min_element(scorer.weights.begin(), scorer.weights.end()) < 0) refuse("has a negative weight");
    bool counts = false;  // some component
    for (const double value : scorer.log_constants) {
        if (!(value < HUGE_VAL)) refuse("has a number in log_constants that is NaN or infinite");
        counts = counts || value > -HUGE_VAL;
    }
    if (!counts) refuse("has no component of any weight");
}

}  // namespace gaussmix::rows
