/// Uses of a model: scores, labels, responsibilities, and samples.
#include <algorithm>
#include <vector>

#include "capi/options.hpp"

using namespace gaussmix;
using namespace gaussmix::capi;

namespace {

void write_terms(const Scorer& scorer, const gaussmix_matrix* x, const gaussmix_execution* execution,
                 double* responsibilities) {
    const MatrixView view = view_of(x);
    predict_proba(scorer, view,
                  {&required(responsibilities, "responsibilities"), numbers(view.n_rows, scorer.n_terms())},
                  execution_of(execution));
}

}  // namespace

int32_t gaussmix_score(const gaussmix_model* model, const gaussmix_matrix* x, const double* sample_weight,
                       const gaussmix_execution* execution, double* score, gaussmix_error* error) {
    return guarded(error, [&] {
        const Scorer& scorer = required(model, "model").model.scorer;
        const MatrixView view = view_of(x);
        required(score, "score") =
            gaussmix::score(scorer, view, weights_of(sample_weight, view), execution_of(execution));
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
        const Model& fitted = required(model, "model").model;
        const MatrixView view = view_of(x);
        const Criteria found =
            criteria(evidence(fitted.scorer, view, weights_of(sample_weight, view), execution_of(execution)),
                     n_parameters(fitted.parameters));
        if (bic != nullptr) *bic = found.bic;
        if (aic != nullptr) *aic = found.aic;
        if (icl != nullptr) *icl = found.icl;
    });
}

int32_t gaussmix_score_samples(const gaussmix_model* model, const gaussmix_matrix* x,
                               const gaussmix_execution* execution, double* log_densities, gaussmix_error* error) {
    return guarded(error, [&] {
        const Scorer& scorer = required(model, "model").model.scorer;
        const MatrixView view = view_of(x);
        score_samples(scorer, view, {&required(log_densities, "log_densities"), view.n_rows}, execution_of(execution));
    });
}

int32_t gaussmix_predict(const gaussmix_model* model, const gaussmix_matrix* x, const gaussmix_execution* execution,
                         int64_t* labels, gaussmix_error* error) {
    return guarded(error, [&] {
        const Scorer& scorer = required(model, "model").model.scorer;
        const MatrixView view = view_of(x);
        predict(scorer, view, {&required(labels, "labels"), view.n_rows}, execution_of(execution));
    });
}

int32_t gaussmix_predict_proba(const gaussmix_model* model, const gaussmix_matrix* x,
                               const gaussmix_execution* execution, double* responsibilities, gaussmix_error* error) {
    return guarded(error, [&] {
        const Scorer& scorer = required(model, "model").model.scorer;
        if (scorer.n_terms() == scorer.n_components()) return write_terms(scorer, x, execution, responsibilities);
        // Hosts that know of no background have room for the components.
        const MatrixView view = view_of(x);
        double* out = &required(responsibilities, "responsibilities");
        const std::vector<double> terms = predict_proba(scorer, view, execution_of(execution));
        for (auto row = terms.begin(); row != terms.end(); row += scorer.n_terms()) {
            out = std::copy_n(row, scorer.n_components(), out);
        }
    });
}

int32_t gaussmix_predict_terms(const gaussmix_model* model, const gaussmix_matrix* x,
                               const gaussmix_execution* execution, double* responsibilities, gaussmix_error* error) {
    return guarded(error, [&] { write_terms(required(model, "model").model.scorer, x, execution, responsibilities); });
}

int32_t gaussmix_sample(const gaussmix_model* model, int64_t n_rows, uint64_t seed, const gaussmix_execution* execution,
                        double* rows, int64_t* labels, gaussmix_error* error) {
    return guarded(error, [&] {
        const Parameters& parameters = required(model, "model").model.parameters;
        sample(parameters, n_rows, seed, {&required(rows, "rows"), numbers(n_rows, parameters.n_features)},
               {&required(labels, "labels"), n_rows}, execution_of(execution));
    });
}

int32_t gaussmix_impute(const gaussmix_model* model, const gaussmix_matrix* x, const gaussmix_execution* execution,
                        double* rows, double* covariances, gaussmix_error* error) {
    return guarded(error, [&] {
        const Scorer& scorer = required(model, "model").model.scorer;
        const MatrixView view = view_of(x);
        const Index d = scorer.n_features();
        const Output<double> filled(&required(rows, "rows"), numbers(view.n_rows, d));
        if (covariances == nullptr) {
            impute(scorer, view, filled, execution_of(execution));
        } else {
            impute(scorer, view, filled, {covariances, numbers(view.n_rows, d * d)}, execution_of(execution));
        }
    });
}

int32_t gaussmix_draw_missing(const gaussmix_model* model, const gaussmix_matrix* x, int64_t n_draws, uint64_t seed,
                              const gaussmix_execution* execution, double* rows, gaussmix_error* error) {
    return guarded(error, [&] {
        const Scorer& scorer = required(model, "model").model.scorer;
        const MatrixView view = view_of(x);
        const Index width = numbers(n_draws, scorer.n_features());
        draw_missing(scorer, view, n_draws, seed,
                     {&required(rows, "rows"), width == 0 ? 0 : numbers(view.n_rows, width)}, execution_of(execution));
    });
}
