/// Models made of models, and conditional distributions.
#include <algorithm>
#include <utility>
#include <vector>

#include "capi/options.hpp"
#include "text/invalid.hpp"

using namespace gaussmix;
using namespace gaussmix::capi;

namespace {

const Parameters& parameters_of(const gaussmix_model* model) { return required(model, "model").model.parameters; }

/// Copies n items that the caller has.
template <class T, class Given>
std::vector<T> items(const Given* given, std::int64_t n, const char* argument) {
    if (n < 0) text::invalid("{} has {} items: give none or more", argument, n);
    if (n == 0) return {};
    return {&required(given, argument), given + n};
}

/// Hands a model of these parameters to the caller.
void hand_out(Parameters parameters, gaussmix_model** model, const char* argument) {
    gaussmix_model*& out = required(model, argument);
    out = new gaussmix_model{make_model(std::move(parameters))};
}

const Conditional& conditional_of(const gaussmix_conditional* conditional) {
    return required(conditional, "conditional").conditional;
}

Index n_targets(const Conditional& conditional) { return signed_size(conditional.target()); }

}  // namespace

int32_t gaussmix_marginal(const gaussmix_model* model, const int64_t* features, int64_t n_features,
                          gaussmix_model** marginal, gaussmix_error* error) {
    return guarded(error, [&] {
        hand_out(gaussmix::marginal(parameters_of(model), items<Index>(features, n_features, "features")), marginal,
                 "marginal");
    });
}

int32_t gaussmix_transform(const gaussmix_model* model, const double* matrix, const double* shift, int64_t n_rows,
                           gaussmix_model** image, gaussmix_error* error) {
    return guarded(error, [&] {
        const Parameters& parameters = parameters_of(model);
        if (n_rows > parameters.n_features) text::invalid("n_rows={} is more than the number of features", n_rows);
        const std::vector<double> b = items<double>(shift, n_rows, "shift");
        const std::vector<double> a = items<double>(matrix, n_rows * parameters.n_features, "matrix");
        hand_out(transform(parameters, a, b), image, "image");
    });
}

int32_t gaussmix_mix(const gaussmix_model* const* models, const double* weights, int64_t n, gaussmix_model** mixture,
                     gaussmix_error* error) {
    return guarded(error, [&] {
        std::vector<Parameters> mixtures;
        for (const gaussmix_model* model : items<const gaussmix_model*>(models, n, "models")) {
            mixtures.push_back(parameters_of(model));
        }
        hand_out(mix(mixtures, items<double>(weights, n, "weights")), mixture, "mixture");
    });
}

int32_t gaussmix_merge_components(const gaussmix_model* model, int64_t i, int64_t j, gaussmix_model** merged,
                                  gaussmix_error* error) {
    return guarded(error, [&] { hand_out(merge_components(parameters_of(model), i, j), merged, "merged"); });
}

int32_t gaussmix_whole(const gaussmix_model* model, double* mean, double* covariance, gaussmix_error* error) {
    return guarded(error, [&] {
        const Parameters& parameters = parameters_of(model);
        const auto write = [](const std::vector<double>& numbers, double* out) {
            if (out != nullptr) std::copy(numbers.begin(), numbers.end(), out);
        };
        write(gaussmix::mean(parameters), mean);
        if (covariance != nullptr) write(gaussmix::covariance(parameters), covariance);
    });
}

int32_t gaussmix_cdf(const gaussmix_model* model, const double* x, int64_t n, const gaussmix_execution* execution,
                     double* probabilities, gaussmix_error* error) {
    return guarded(error, [&] {
        cdf(parameters_of(model), items<double>(x, n, "x"), {&required(probabilities, "probabilities"), n},
            execution_of(execution));
    });
}

int32_t gaussmix_quantiles(const gaussmix_model* model, const double* p, int64_t n, const gaussmix_execution* execution,
                           double* x, gaussmix_error* error) {
    return guarded(error, [&] {
        quantiles(parameters_of(model), items<double>(p, n, "p"), {&required(x, "x"), n}, execution_of(execution));
    });
}

int32_t gaussmix_conditional_create(const gaussmix_model* model, const int64_t* given, int64_t n_given,
                                    const gaussmix_execution* execution, gaussmix_conditional** conditional,
                                    gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_conditional*& out = required(conditional, "conditional");
        out = new gaussmix_conditional{
            Conditional(parameters_of(model), items<Index>(given, n_given, "given"), execution_of(execution))};
    });
}

void gaussmix_conditional_free(gaussmix_conditional* conditional) { delete conditional; }

int64_t gaussmix_conditional_n_targets(const gaussmix_conditional* conditional) {
    return conditional == nullptr ? 0 : n_targets(conditional->conditional);
}

int32_t gaussmix_condition(const gaussmix_conditional* conditional, const double* values, gaussmix_model** model,
                           gaussmix_error* error) {
    return guarded(error, [&] {
        const Conditional& given = conditional_of(conditional);
        hand_out(condition(given, items<double>(values, given.n_given(), "values")), model, "model");
    });
}

int32_t gaussmix_conditional_weights(const gaussmix_conditional* conditional, const gaussmix_matrix* x,
                                     const gaussmix_execution* execution, double* weights, gaussmix_error* error) {
    return guarded(error, [&] {
        const Conditional& given = conditional_of(conditional);
        const MatrixView view = view_of(x);
        predict_proba(given.scorer(), view, {&required(weights, "weights"), numbers(view.n_rows, given.n_components())},
                      execution_of(execution));
    });
}

int32_t gaussmix_conditional_means(const gaussmix_conditional* conditional, const gaussmix_matrix* x,
                                   const gaussmix_execution* execution, double* means, gaussmix_error* error) {
    return guarded(error, [&] {
        const Conditional& given = conditional_of(conditional);
        const MatrixView view = view_of(x);
        gaussmix::means(given, view, {&required(means, "means"), numbers(view.n_rows, n_targets(given))},
                        execution_of(execution));
    });
}

int32_t gaussmix_conditional_variances(const gaussmix_conditional* conditional, const gaussmix_matrix* x,
                                       const gaussmix_execution* execution, double* variances, gaussmix_error* error) {
    return guarded(error, [&] {
        const Conditional& given = conditional_of(conditional);
        const MatrixView view = view_of(x);
        gaussmix::variances(given, view, {&required(variances, "variances"), numbers(view.n_rows, n_targets(given))},
                            execution_of(execution));
    });
}

int32_t gaussmix_conditional_covariances(const gaussmix_conditional* conditional, const gaussmix_matrix* x,
                                         const gaussmix_execution* execution, double* covariances,
                                         gaussmix_error* error) {
    return guarded(error, [&] {
        const Conditional& given = conditional_of(conditional);
        const MatrixView view = view_of(x);
        const Index m = n_targets(given);
        gaussmix::covariances(given, view, {&required(covariances, "covariances"), numbers(view.n_rows, m * m)},
                              execution_of(execution));
    });
}

int32_t gaussmix_conditional_score_samples(const gaussmix_conditional* conditional, const gaussmix_matrix* x,
                                           const gaussmix_matrix* y, const gaussmix_execution* execution,
                                           double* log_densities, gaussmix_error* error) {
    return guarded(error, [&] {
        const MatrixView view = view_of(x);
        score_samples(conditional_of(conditional), view, view_of(y, "y"),
                      {&required(log_densities, "log_densities"), view.n_rows}, execution_of(execution));
    });
}

int32_t gaussmix_conditional_sample(const gaussmix_conditional* conditional, const gaussmix_matrix* x, uint64_t seed,
                                    const gaussmix_execution* execution, double* y, int64_t* labels,
                                    gaussmix_error* error) {
    return guarded(error, [&] {
        const Conditional& given = conditional_of(conditional);
        const MatrixView view = view_of(x);
        sample(given, view, seed, {&required(y, "y"), numbers(view.n_rows, n_targets(given))},
               {&required(labels, "labels"), view.n_rows}, execution_of(execution));
    });
}

int32_t gaussmix_conditional_quantiles(const gaussmix_conditional* conditional, const gaussmix_matrix* x,
                                       const double* p, int64_t n_p, const gaussmix_execution* execution,
                                       double* quantiles, gaussmix_error* error) {
    return guarded(error, [&] {
        const Conditional& given = conditional_of(conditional);
        const MatrixView view = view_of(x);
        const std::vector<double> probabilities = items<double>(p, n_p, "p");
        gaussmix::quantiles(given, view, probabilities,
                            {&required(quantiles, "quantiles"), numbers(view.n_rows, std::max<Index>(n_p, 1))},
                            execution_of(execution));
    });
}
