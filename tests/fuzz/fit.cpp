/// Fits of rows of any type, strides, numbers, weights, starts and options: a sound mixture or an error with a reason,
/// and the same bits again on another number of threads.
#include <cmath>

#include "rows.hpp"

namespace {

using namespace gaussmix;

Options decode_options(fuzz::Bytes& bytes) {
    constexpr Init inits[] = {Init::kmeans, Init::kmeans_plusplus, Init::random_from_data, Init::random};
    Options options;
    options.covariance_type = bytes.pick(fuzz::families);
    options.init = bytes.pick(inits);
    options.max_iter = bytes.whole(1, 12);
    options.n_init = 1 + bytes.byte() % 2;
    options.tol = bytes.flag() ? 0 : 1e-3;
    options.seed = bytes.byte();
    options.pruning = bytes.flag() ? Pruning::off : Pruning::automatic;
    options.strict = bytes.byte() % 8 == 1;
    const std::uint8_t ridge = bytes.byte();
    if (ridge % 4 == 1) options.reg_covar = 0;
    if (ridge % 4 == 2) options.reg_covar = bytes.number();
    return options;
}

std::vector<double> some_or_none(fuzz::Bytes& bytes, Index n) {
    return bytes.flag() ? bytes.numbers(n) : std::vector<double>{};
}

void decode_prior(fuzz::Bytes& bytes, Options& options, Index d) {
    if (bytes.byte() % 4 != 1) return;
    Prior& prior = options.prior.emplace();
    prior.mean = some_or_none(bytes, d);
    if (bytes.flag()) prior.mean_precision = bytes.number();
    if (bytes.flag()) prior.degrees_of_freedom = bytes.number();
    const bool matrix =
        options.covariance_type == CovarianceType::full || options.covariance_type == CovarianceType::tied;
    prior.covariance = some_or_none(bytes, matrix ? d * d : options.covariance_type == CovarianceType::diag ? d : 1);
    if (bytes.flag()) options.variational = WeightPrior{bytes.flag(), {}};
}

/// A start, and the memory it looks at.
struct GivenStart {
    std::vector<std::int64_t> labels;
    std::vector<double> responsibilities;
    Start start;

    GivenStart(fuzz::Bytes& bytes, Index n, Index d, const Options& options) {
        const Index k_total = options.n_components;
        switch (bytes.byte() % 8) {
            case 1:
                for (Index i = 0; i < n; ++i)
                    labels.push_back(bytes.byte() % std::max<Index>(k_total + (bytes.empty() ? 0 : 1), 1));
                start = Labels{labels.data(), n};
                break;
            case 2:
                for (Index i = 0; i < n * k_total; ++i) {
                    responsibilities.push_back(bytes.empty() ? 0.5 : std::fabs(bytes.number()));
                }
                start = Responsibilities{row_major(responsibilities.data(), n, k_total)};
                break;
            case 3: {
                Parameters p;
                p.covariance_type = options.covariance_type;
                p.n_components = k_total;
                p.n_features = d;
                p.weights.assign(static_cast<std::size_t>(k_total), 1 / static_cast<double>(k_total));
                p.means = bytes.numbers(k_total * d);
                const double variance = std::fabs(bytes.number());
                switch (p.covariance_type) {
                    case CovarianceType::spherical:
                        p.covariances.assign(static_cast<std::size_t>(k_total), variance);
                        break;
                    case CovarianceType::diag:
                        p.covariances.assign(static_cast<std::size_t>(k_total * d), variance);
                        break;
                    default:
                        for (Index i = 0; i < (p.covariance_type == CovarianceType::tied ? 1 : k_total) * d * d; ++i) {
                            p.covariances.push_back(i % (d * d) % (d + 1) == 0 ? variance : 0);
                        }
                }
                start = std::move(p);
                break;
            }
            default: break;
        }
    }
};

/// What is known of parameters and of rows, and the memory that it looks at. It comes last, so that inputs without it
/// keep their meaning.
struct Known {
    std::vector<std::uint8_t> sets;
    std::vector<std::int64_t> set_of;
    AllowedView allowed;

    Known(fuzz::Bytes& bytes, Index n, Options& options) {
        const Index k_total = options.n_components;
        const std::uint8_t kind = bytes.byte();
        if ((kind & 1) != 0) {
            for (std::vector<Index>* fixed :
                 {&options.fixed.weights, &options.fixed.means, &options.fixed.covariances}) {
                const std::uint8_t which = bytes.byte();
                for (Index k = 0; k < std::min<Index>(k_total, 7); ++k) {
                    if ((which >> k & 1) != 0) fixed->push_back(k);
                }
            }
        }
        if ((kind & 2) != 0) options.bounds.least_weight = static_cast<double>(bytes.byte()) / 256;
        if ((kind & 4) != 0) options.bounds.least_variance = std::fabs(bytes.number());
        if ((kind & 8) != 0) options.bounds.most_variance = 0.125 + static_cast<double>(bytes.byte());
        if ((kind & 16) == 0 || k_total < 1) return;
        const Index n_sets = bytes.whole(1, 5);
        const Index n_terms = k_total + (bytes.flag() ? 1 : 0);
        for (Index i = 0; i < n_sets * n_terms; ++i) sets.push_back(bytes.byte() % 3 == 0 ? 1 : 0);
        for (Index i = 0; i < n; ++i) set_of.push_back(bytes.byte() % (n_sets + 1) - 1);
        allowed = {sets.data(), n_sets, n_terms, set_of.data(), n};
    }
};

/// A given mixture may be so far from the rows, or from the prior mean, that its log-likelihood is minus infinity.
void require_sound(const Model& found, const MatrixView& x, bool start_may_be_far) {
    const Parameters& p = found.parameters;
    validate(p);
    double sum = 0;
    for (const double weight : p.weights) sum += weight;
    fuzz::require(std::fabs(sum - 1) < 1e-9, "the weights sum to 1");
    for (const double value : found.history) {
        fuzz::require(std::isfinite(value) || (start_may_be_far && value < 0), "the history is finite");
    }
    fuzz::require(found.n_iter == static_cast<Index>(found.history.size()), "the history has the iterations");
    for (const Event& event : found.events) {
        fuzz::require(event.component >= 0 && event.component < p.n_components, "an event names a component");
        fuzz::require(event.iteration >= 0 && event.iteration <= found.n_iter, "an event names an iteration");
        fuzz::require(!describe(event).empty(), "an event has words");
    }
    for (const Index k : found.collapsed) {
        fuzz::require(k >= 0 && k < p.n_components, "a collapsed component is one of the mixture");
        fuzz::require(!found.events.empty(), "what has collapsed was told of");
    }
    std::vector<double> log_density(static_cast<std::size_t>(x.n_rows));
    score_samples(found.scorer, x, log_density);
    for (const double value : log_density) fuzz::require(std::isfinite(value), "a log density is finite");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes(data, size);
    Options options = decode_options(bytes);
    const std::uint8_t shape = bytes.byte();  // small, wide, long
    const Index n = bytes.whole(shape < 4 ? 0 : 1, shape % 16 == 3 ? 1500 : 40);
    const Index d = bytes.whole(1, shape % 16 == 2 ? 70 : 6);
    options.n_components = bytes.whole(shape == 255 ? -1 : 1, std::min<Index>(n + 1, 20));
    decode_prior(bytes, options, d);
    if (n < 1) {
        fuzz::accepted({Errc::invalid_argument}, [&] { fit(options, row_major(&options.tol, n, d)); });
        return 0;
    }
    const fuzz::Rows rows(bytes, n, d);
    const std::vector<double> weights = fuzz::decode_weights(bytes, n);
    const GivenStart given(bytes, n, d, options);
    const Known known(bytes, n, options);

    const auto fit_on = [&](int n_threads) {
        Execution execution;
        execution.n_threads = n_threads;
        return fit(options, Piece{rows.view(), fuzz::view_of(weights), known.allowed}, given.start, execution);
    };
    // Finite rows always have a mixture, unless it cannot be written as doubles or is asked to be something else.
    const bool start_may_be_far = std::holds_alternative<Parameters>(given.start);
    const bool may_fail = options.strict || options.prior || options.reg_covar || rows.largest() > 1e150 ||
                          start_may_be_far || options.bounds.most_variance < 1e300 || options.bounds.least_variance > 0;
    const Errc degenerate = may_fail ? Errc::degenerate : Errc::invalid_argument;
    Model found;
    if (!fuzz::accepted({Errc::invalid_argument, Errc::not_finite, degenerate}, [&] { found = fit_on(1); })) return 0;
    require_sound(found, rows.view(), start_may_be_far);
    const Model again = fit_on(3);
    fuzz::require_same(found.parameters, again.parameters);
    fuzz::require(fuzz::same_bits(found.history, again.history), "the history is the same bits");
    return 0;
}
