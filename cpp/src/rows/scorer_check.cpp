#include "rows/scorer_check.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "text/format.hpp"
#include "whitening/sizes.hpp"
#include "whitening/whitening.hpp"

namespace gaussmix::rows {
namespace {

/// Returns whether all are finite. It runs in as many chains as a compiler needs to use vectors, because one row is
/// scored in a microsecond.
bool all_finite(const std::vector<double>& values) noexcept {
    constexpr std::size_t chains = 8;
    double zeros[chains] = {};  // NaN from the first number on that is not finite
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
    if (!all_finite(values)) whitening::refuse_scorer(text::format("has a number in {} that is not finite", name));
}

}  // namespace

void check(const ScorerNumbers& scorer) {
    const Index k = scorer.n_components;
    const Index d = scorer.n_features;
    const whitening::Form& form = whitening::of(scorer);
    if (k < 1 || d < 1) whitening::refuse_scorer("has no components or no features");
    const Index n_terms = scorer.n_terms() == k + 1 ? k + 1 : k;
    whitening::check_size("weights", scorer.weights, n_terms, 1);
    whitening::check_size("log_constants", scorer.log_constants, n_terms, 1);
    whitening::check_size("means", scorer.means, k, d);
    form.check_sizes(scorer);
    check_finite("means", scorer.means);
    check_finite("factors", scorer.factors);
    check_finite("weights", scorer.weights);
    check_finite("centre", scorer.centre);
    check_finite("whitened_means", scorer.whitened_means);
    if (scorer.box.known()) {
        whitening::check_size("log_widths", scorer.box.log_widths, 1, d);
        whitening::check_size("middle", scorer.box.middle, 1, d);
        check_finite("log_widths", scorer.box.log_widths);
        check_finite("middle", scorer.box.middle);
    }
    check_finite("turn", scorer.turn);
    check_finite("scales", scorer.scales);
    check_finite("offsets", scorer.offsets);
    if (*std::min_element(scorer.weights.begin(), scorer.weights.end()) < 0)
        whitening::refuse_scorer("has a negative weight");
    bool counts = false;  // whether some component has weight
    for (const double value : scorer.log_constants) {
        if (!(value < HUGE_VAL)) whitening::refuse_scorer("has a number in log_constants that is NaN or infinite");
        counts = counts || value > -HUGE_VAL;
    }
    if (!counts) whitening::refuse_scorer("has no component of any weight");
}

}  // namespace gaussmix::rows
