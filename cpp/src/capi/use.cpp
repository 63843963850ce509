/// Use a model on rows: scores, labels, responsibilities, and rows drawn from it.
#include "capi/options.hpp"

using namespace gaussmix;
using namespace gaussmix::capi;

int32_t gaussmix_score(const gaussmix_model* model, const gaussmix_matrix* x, const double* sample_weight,
                       const gaussmix_execution* execution, double* score, gaussmix_error* error) {
    return guarded(error, [&] {
        const Scorer& scorer = required(model, "model").fit.scorer;
        const MatrixView view = view_of(x);
        required(score, "score") =
            gaussmix::score(view, weights_of(sample_weight, view), scorer, execution_of(execution));
    });
}

int32_t gaussmix_criteria(const gaussmix_model* model, const gaussmix_matrix* x, const gaussmix_execution* execution,
                          double* bic, double* aic, double* icl, gaussmix_error* error) {
    return gaussmix_weighted_criteria(model, x, nullptr, execution, bic, aic, icl, error);
}

int32_t gaussmix_weighted_criteria(const gaussmix_model* model, const gaussmix_matrix* x, const double* sample_weight,
                                   const gaussmix_execution* execution, double* bic, double* aic, double* icl,
                                   gaussmix_error* error) {
    return guarded(error, [&] {
        const Fit& fit = required(model, "model").fit;
        const MatrixView view = view_of(x);
        const Criteria found =
            criteria(evidence(view, weights_of(sample_weight, view), fit.scorer, execution_of(execution)),
                     n_parameters(fit.parameters));
        if (bic != nullptr) *bic = found.bic;
        if (aic != nullptr) *aic = found.aic;
        if (icl != nullptr) *icl = found.icl;
    });
}

int32_t gaussmix_score_samples(const gaussmix_model* model, const gaussmix_matrix* x,
                               const gaussmix_execution* execution, double* log_densities, gaussmix_error* error) {
    return guarded(error, [&] {
        const Scorer& scorer = required(model, "model").fit.scorer;
        score_samples(view_of(x), scorer, &required(log_densities, "log_densities"), execution_of(execution));
    });
}

int32_t gaussmix_predict(const gaussmix_model* model, const gaussmix_matrix* x, const gaussmix_execution* execution,
                         int64_t* labels, gaussmix_error* error) {
    return guarded(error, [&] {
        const Scorer& scorer = required(model, "model").fit.scorer;
        predict(view_of(x), scorer, &required(labels, "labels"), execution_of(execution));
    });
}

int32_t gaussmix_predict_proba(const gaussmix_model* model, const gaussmix_matrix* x,
                               const gaussmix_execution* execution, double* responsibilities, gaussmix_error* error) {
    return guarded(error, [&] {
        const Scorer& scorer = required(model, "model").fit.scorer;
        predict_proba(view_of(x), scorer, &required(responsibilities, "responsibilities"), execution_of(execution));
    });
}

int32_t gaussmix_sample(const gaussmix_model* model, int64_t n_rows, uint64_t seed, const gaussmix_execution* execution,
                        double* rows, int64_t* labels, gaussmix_error* error) {
    return guarded(error, [&] {
        const Parameters& parameters = required(model, "model").fit.parameters;
        sample(parameters, n_rows, seed, &required(rows, "rows"), &required(labels, "labels"), execution_of(execution));
    });
}
