/// Moments as additive values: their check, and the merge of two.
#include "gaussmix/moments.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "moments/check.hpp"
#include "scatter/scatter.hpp"
#include "text/invalid.hpp"
#include "text/number.hpp"

namespace gaussmix {

namespace moments {
namespace {

/// Returns whether this is `Moments{}`: no rows under any mixture.
bool is_default(const Moments& moments) {
    return moments.n_components == 0 && moments.n_features == 0 && moments.n_rows == 0 && moments.total_weight == 0 &&
           moments.weights.empty() && moments.reference.empty() && moments.first.empty() && moments.scatter.empty();
}

}  // namespace

void check(const Moments& moments) {
    check_piece(moments);
    if (moments.total_weight > 0) return;
    text::invalid("moments have no rows of positive weight: merge those of all pieces");
}

void check_piece(const Moments& moments) {
    if (is_default(moments)) return;
    const Index k = moments.n_components;
    const Index d = moments.n_features;
    if (k < 1 || d < 1) text::invalid("moments have no components or no features");
    const scatter::Form& form = scatter::of(moments);
    const auto check_array = [&](const char* name, const std::vector<double>& values, Index size) {
        if (signed_size(values) != size) {
            text::invalid("moments: {} has {} numbers, expected {}", name, values.size(), size);
        }
        std::int64_t beyond = 0;
        for (const double value : values) beyond += std::abs(value) <= std::numeric_limits<double>::max() ? 0 : 1;
        if (beyond > 0) {
            text::invalid("moments: {} has a number that is not finite: were there NaN or infinity in the rows?", name);
        }
    };
    check_array("weights", moments.weights, moments.has_background() ? k + 1 : k);
    // First checks that there are d numbers at all: from there on, products of sizes cannot overflow.
    if (d > signed_size(moments.reference)) check_array("reference", moments.reference, d);
    check_array("reference", moments.reference, k * d);
    check_array("first", moments.first, k * d);
    check_array("scatter", moments.scatter, form.size(k, d));
    if (!moments.spread.empty()) check_array("spread", moments.spread, form.size(k, d));
    if (!(moments.total_weight >= 0) || !std::isfinite(moments.total_weight)) {
        text::invalid("moments: the total weight is {}, which is negative or not finite", moments.total_weight);
    }
    if (moments.n_rows < 0 || !(moments.log_likelihood < HUGE_VAL) || !(moments.rounding >= 0)) {
        text::invalid("moments: a negative number of rows, or NaN for the log-likelihood or its rounding");
    }
    double sum = 0;
    for (const double weight : moments.weights) {
        if (weight < 0) text::invalid("moments: a weight is negative");
        sum += weight;
    }
    constexpr double rounding = 1e-3;  // single precision and negligible pairs lose far less
    if (!(std::abs(sum - moments.total_weight) <= rounding * moments.total_weight)) {
        text::invalid("moments: the weights sum to {}, but the total weight is {}: they are of other rows",
                      text::number(sum, moments.total_weight), text::number(moments.total_weight, sum));
    }
}

}  // namespace moments

Moments merge(const Moments& a, const Moments& b) {
    moments::check_piece(a);
    moments::check_piece(b);
    if (a.n_components == 0) return b;
    if (b.n_components == 0) return a;
    if (a.scatter_kind != b.scatter_kind || a.weights.size() != b.weights.size() || a.n_components != b.n_components ||
        a.n_features != b.n_features) {
        text::invalid("moments of different shapes cannot be merged");
    }
    if (a.model != b.model) {
        text::invalid("moments under different mixtures cannot be merged: take all of them under one scorer");
    }
    const Index d = a.n_features;
    Moments sum = a;
    sum.n_rows += b.n_rows;
    sum.total_weight += b.total_weight;
    sum.log_likelihood += b.log_likelihood;
    sum.rounding = std::max(a.rounding, b.rounding);
    const scatter::Form& form = scatter::of(a);
    std::vector<double> c(d);
    for (Index k = 0; k < a.n_components; ++k) {
        // With c = reference_b - reference_a: sum r (z + c)(z + c)^T = S_b + s_b c^T + c s_b^T + w_b c c^T.
        const double weight = b.weights[k];
        const double* s = b.first.data() + k * d;
        sum.weights[k] += weight;
        for (Index j = 0; j < d; ++j) {
            const Index at = k * d + j;
            c[j] = b.reference[at] - a.reference[at];
            sum.first[at] += s[j] + weight * c[j];
        }
        form.add_shift(sum.scatter.data() + form.offset(k, d), d, 1, s, c.data(), weight);
    }
    if (a.has_background()) sum.weights.back() += b.weights.back();
    for (std::size_t i = 0; i < sum.scatter.size(); ++i) sum.scatter[i] += b.scatter[i];
    if (sum.spread.empty()) sum.spread.resize(b.spread.size());
    for (std::size_t i = 0; i < b.spread.size(); ++i) sum.spread[i] += b.spread[i];
    return sum;
}

}  // namespace gaussmix
