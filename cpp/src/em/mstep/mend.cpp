#include "em/mstep/mend.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "em/mstep/estimate.hpp"
#include "em/mstep/unseen.hpp"
#include "families/prepare.hpp"
#include "kernels/layout.hpp"

namespace gaussmix {
namespace em {
namespace {

constexpr double least_own = 4;      // of the ridge: a component that is not wider is not worth halving
constexpr Index last_reseeding = 1;  // later, EM itself took the rows, and the likelihood would fall

bool knows(const std::vector<Event>& events, Index component, Act act) {
    return std::any_of(events.begin(), events.end(),
                       [&](const Event& event) { return event.component == component && event.act == act; });
}

/// A component and the feature in which it is widest, in units of the data's spread.
struct Widest {
    Index component = -1;
    Index feature = 0;
    double spread = 0;  // weight * sum of the scaled variances
};

/// Returns the component with the largest part of the data's spread, among those wider than the ridge makes them.
Widest widest(const families::Family& family, const Parameters& parameters, const Ridge& ridge) {
    Widest best;
    for (Index k = 0; k < parameters.n_components; ++k) {
        Widest own{k, 0, 0};
        double largest = 0;
        for (Index j = 0; j < parameters.n_features; ++j) {
            const double variance = family.variance(parameters, k, j);
            own.spread += parameters.weights[k] * (variance / ridge.rescue[j]);
            if (variance <= least_own * ridge.added[j] || variance / ridge.rescue[j] <= largest) continue;
            largest = variance / ridge.rescue[j];
            own.feature = j;
        }
        if (largest > 0 && own.spread > best.spread) best = own;
    }
    return best;
}

/// Returns whether in some direction v the ridge is more than half of the variance that is not of missing values: v^T
/// (Sigma - 2 ridge) v < 0. `trace` is tr(Sigma_k^-1 ridge), at least the largest ratio of the ridge to a variance.
/// Where nearly all values are missing, nothing is known.
bool is_held(const families::Family& family, const Parameters& parameters, Index k, const Ridge& ridge, double trace,
             const std::vector<double>& unseen, const kernels::Table& table) {
    if (unseen.empty() && !(trace > 0.5)) return false;
    constexpr double nearly_all = 0.999;
    Parameters without = families::component(parameters, k);
    subtract_unseen(unseen, k, nearly_all, without);
    family.lift(without, 0, -2, ridge.added);
    std::vector<double> root(family.whitening.root_size(parameters.n_features));
    return !family.root(without, 0, table, root.data());
}

}  // namespace

void tell(std::vector<Event>& events, const Event& event) {
    if (!knows(events, event.component, event.act)) events.push_back(event);
}

void keep_mended(Parameters& parameters, const Ridge& ridge, const std::vector<Event>& events) {
    for (const Event& event : events) {
        if (event.act != Act::jitter) continue;
        families::get(parameters.covariance_type).lift(parameters, event.component, first_jitter, ridge.rescue);
    }
}

void constrain(const families::Constraint& constraint, const Ridge& ridge, Index iteration, std::vector<Event>& events,
               const rows::Context& context, Parameters& parameters) {
    const families::Family& family = families::get(parameters.covariance_type);
    if (parameters.n_components == 1 || family.is_free()) return;
    std::vector<double> root(family.whitening.root_size(parameters.n_features));
    for (double jitter = first_jitter; !family.constrain(constraint, context, parameters); jitter *= 10) {
        std::vector<Index> singular;
        for (Index k = 0; k < parameters.n_components; ++k) {
            if (!family.root(parameters, k, context.table, root.data())) singular.push_back(k);
        }
        if (singular.empty()) {  // by rounding alone
            singular.resize(parameters.n_components);
            std::iota(singular.begin(), singular.end(), Index{0});
        }
        for (const Index k : singular) {
            if (!std::isfinite(jitter)) families::refuse(parameters, k);
            family.lift(parameters, k, jitter, ridge.rescue);
            tell(events, {iteration, k, Act::jitter});
        }
    }
}

void revive(Parameters& parameters, Index k, const Ridge& ridge, Index iteration, std::vector<Event>& events) {
    const families::Family& family = families::get(parameters.covariance_type);
    const Widest source = iteration <= last_reseeding ? widest(family, parameters, ridge) : Widest{};
    if (source.component < 0) {
        tell(events, {iteration, k, Act::prune});
        return;
    }
    double& weight = parameters.weights[source.component];
    weight /= 2;
    parameters.weights[k] = weight;
    family.halve(parameters, source.component, k, source.feature);
    events.push_back({iteration, k, Act::reseed});
}

std::vector<double> ridge_traces(const ScorerNumbers& scorer, const Ridge& ridge, const Known& known) {
    std::vector<double> traces(scorer.n_components);
    const whitening::Form& form = whitening::of(scorer);
    parallel::Pace pace;
    for (std::size_t k = 0; k < traces.size(); ++k) {
        if (known.covariance(static_cast<Index>(k))) continue;
        pace.spend(scorer.n_features * scorer.n_features / 2);
        if (form.is_shared() && k > 0) {
            traces[k] = traces[0];
            continue;
        }
        traces[k] = form.trace_of_diagonal(whitening::factor_of(scorer, static_cast<Index>(k)), scorer.n_features,
                                           ridge.added.data());
    }
    return traces;
}

std::vector<double> prepare(Parameters& parameters, const Ridge& ridge, const Known& known,
                            const std::vector<double>& unseen, Index iteration, std::vector<Event>& events,
                            const rows::Context& context, ScorerNumbers& scorer) {
    const families::Family& family = families::get(parameters.covariance_type);
    Index mending = -1;
    double jitter = 0;
    const auto mend = [&](Parameters& mended, Index k) {
        // A constraint spreads the jitter of one covariance over the others, for which mending must not begin anew.
        if (mending < 0 || (k != mending && family.is_free())) {
            jitter = knows(events, k, Act::jitter) ? 10 * first_jitter : first_jitter;
        }
        if (known.covariance(k)) families::refuse(mended, k);
        if (k != mending) tell(events, {iteration, k, Act::jitter});
        mending = k;
        if (!std::isfinite(jitter)) families::refuse(mended, k);
        family.lift(mended, k, jitter, ridge.rescue);
        jitter *= 10;
    };
    families::prepare(parameters, context, std::ref(mend), scorer,
                      families::least_sure_eigenvalue(parameters.n_features));
    std::vector<double> traces = ridge_traces(scorer, ridge, known);
    for (Index k = 0; k < families::n_covariances(family, parameters.n_components); ++k) {
        const bool counts = family.whitening.is_shared() || parameters.weights[k] > 0;
        const double trace = traces[k];
        if (counts && !knows(events, k, Act::floor) &&
            is_held(family, parameters, k, ridge, trace, unseen, context.table)) {
            events.push_back({iteration, k, Act::floor});
        }
    }
    return traces;
}

}  // namespace em

Scorer prepare(Parameters& parameters, const Ridge& ridge, Index iteration, std::vector<Event>& events,
               const Execution& execution) {
    parameters = symmetrised(std::move(parameters));
    em::check(ridge, parameters.n_features);
    Scorer scorer;
    em::prepare(parameters, ridge, {}, {}, iteration, events, rows::Context(execution), scorer.numbers());
    return scorer;
}

}  // namespace gaussmix
