/// All of gaussmix.h, used well and badly, by a program in plain C.
#include <gaussmix.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { N_ROWS = 600, N_FEATURES = 2 };

static double rows[N_ROWS * N_FEATURES];
static double weights[N_ROWS];
static int64_t truth[N_ROWS];

/// Two clusters about (0, 0) and (9, -3), from a small generator: the same numbers everywhere.
static void make_rows(void) {
    uint64_t state = 1;
    for (int i = 0; i < N_ROWS; ++i) {
        truth[i] = i % 3 == 0;
        weights[i] = 1 + i % 2;
        for (int j = 0; j < N_FEATURES; ++j) {
            double sum = 0;
            for (int t = 0; t < 4; ++t) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                sum += (double)(state >> 40) / 16777216.0 - 0.5;
            }
            rows[i * N_FEATURES + j] = sum + (truth[i] ? (j == 0 ? 9 : -3) : 0);
        }
    }
}

static gaussmix_matrix all_rows(void) { return gaussmix_row_major(rows, N_ROWS, N_FEATURES); }

static gaussmix_model* fitted(const gaussmix_options* options) {
    gaussmix_error error;
    gaussmix_model* model = NULL;
    const gaussmix_matrix x = all_rows();
    CHECK(gaussmix_fit(&x, NULL, options, NULL, &model, &error) == GAUSSMIX_OK);
    CHECK(error.code == GAUSSMIX_OK && error.message[0] == '\0');
    return model;
}

static int same_means(const gaussmix_model* a, const gaussmix_model* b) {
    return memcmp(gaussmix_model_means(a), gaussmix_model_means(b), 2 * N_FEATURES * sizeof(double)) == 0;
}

static int close(double a, double b) { return fabs(a - b) <= 1e-9 * fmax(1, fmax(fabs(a), fabs(b))); }

static void a_fit_tells_everything(void) {
    const gaussmix_options options = gaussmix_default_options(2);
    gaussmix_model* model = fitted(&options);
    const double* w = gaussmix_model_weights(model);
    CHECK(gaussmix_model_n_components(model) == 2);
    CHECK(gaussmix_model_n_features(model) == N_FEATURES);
    CHECK(gaussmix_model_covariance_type(model) == GAUSSMIX_FULL);
    CHECK(gaussmix_model_n_parameters(model) == 1 + 4 + 6);
    CHECK(gaussmix_model_covariances_size(model) == 8);
    CHECK(gaussmix_model_n_collapsed(model) == 0);
    CHECK(gaussmix_model_covariances(model)[0] > 0);
    CHECK(close(w[0] + w[1], 1) && close(fmin(w[0], w[1]), 1.0 / 3));
    CHECK(strcmp(gaussmix_status_name(gaussmix_model_status(model)), "converged") == 0);
    CHECK(gaussmix_model_n_iter(model) == gaussmix_model_history_size(model));
    CHECK(isfinite(gaussmix_model_history(model)[0]));
    CHECK(gaussmix_model_restart(model) == 0);
    CHECK(gaussmix_model_n_events(model) == 0);
    gaussmix_model_free(model);
}

static void a_model_scores_and_draws(void) {
    gaussmix_error error;
    gaussmix_model* model = NULL;
    const gaussmix_matrix x = all_rows();
    const double mixture[] = {0.25, 0.75};
    const double means[] = {9, -3, 0, 0};
    const double covariances[] = {1, 2};
    double score = 0;
    double weighted = 0;
    double sum = 0;
    double bic = 0;
    double aic = 0;
    double icl = 0;
    static double densities[N_ROWS];
    static double responsibilities[N_ROWS * 2];
    static double drawn[N_ROWS * N_FEATURES];
    static int64_t labels[N_ROWS];
    CHECK(gaussmix_model_create(GAUSSMIX_SPHERICAL, 2, N_FEATURES, mixture, means, covariances, &model, &error) == 0);
    CHECK(gaussmix_model_status(model) == GAUSSMIX_STATUS_GIVEN);
    CHECK(gaussmix_score(model, &x, NULL, NULL, &score, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_score(model, &x, weights, NULL, &weighted, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_score_samples(model, &x, NULL, densities, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_predict(model, &x, NULL, labels, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_predict_proba(model, &x, NULL, responsibilities, &error) == GAUSSMIX_OK);
    for (int i = 0; i < N_ROWS; ++i) {
        sum += densities[i];
        CHECK(labels[i] == 1 - truth[i]);
        CHECK(responsibilities[2 * i + labels[i]] > 0.5);
        CHECK(close(responsibilities[2 * i] + responsibilities[2 * i + 1], 1));
    }
    CHECK(close(score, sum / N_ROWS) && weighted != score);
    CHECK(gaussmix_criteria(model, &x, NULL, &bic, &aic, &icl, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_criteria(model, &x, NULL, NULL, NULL, NULL, &error) == GAUSSMIX_OK);
    CHECK(close(aic, 2.0 * (double)gaussmix_model_n_parameters(model) - 2 * sum));
    CHECK(close(bic, log(N_ROWS) * (double)gaussmix_model_n_parameters(model) - 2 * sum) && icl >= bic);
    CHECK(gaussmix_weighted_criteria(model, &x, weights, NULL, &bic, &aic, &icl, &error) == GAUSSMIX_OK);
    CHECK(close(aic, 2.0 * (double)gaussmix_model_n_parameters(model) - 2 * weighted * 1.5 * N_ROWS));
    CHECK(close(bic - aic, (log(1.5 * N_ROWS) - 2) * (double)gaussmix_model_n_parameters(model)) && icl >= bic);
    for (int i = 0; i < N_ROWS; ++i) responsibilities[i] = 1.0 / N_ROWS;
    CHECK(gaussmix_weighted_criteria(model, &x, responsibilities, NULL, &bic, NULL, NULL, &error) ==
          GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "scale the weights") != NULL);
    CHECK(gaussmix_sample(model, N_ROWS, 7, NULL, drawn, labels, &error) == GAUSSMIX_OK);
    for (int i = 0; i < N_ROWS; ++i) CHECK(labels[i] == 0 || labels[i] == 1);
    gaussmix_model_free(model);
}

/// The same numbers, seen with other strides: bit for bit the same. As floats: nearly.
static void views_are_read_in_place(void) {
    static double backwards[N_FEATURES * N_ROWS];
    static float floats[N_ROWS * N_FEATURES];
    const gaussmix_options options = gaussmix_default_options(2);
    gaussmix_error error;
    gaussmix_model* model = fitted(&options);
    gaussmix_model* other = NULL;
    for (int i = 0; i < N_ROWS; ++i) {
        for (int j = 0; j < N_FEATURES; ++j) {
            backwards[j * N_ROWS + N_ROWS - 1 - i] = rows[i * N_FEATURES + j];
            floats[i * N_FEATURES + j] = (float)rows[i * N_FEATURES + j];
        }
    }
    gaussmix_matrix x = gaussmix_column_major(backwards, N_ROWS, N_FEATURES);
    x.data = backwards + N_ROWS - 1;
    x.row_stride = -x.row_stride;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &other, &error) == GAUSSMIX_OK);
    CHECK(same_means(model, other));
    gaussmix_model_free(other);

    x = all_rows();
    x.data = floats;
    x.scalar = GAUSSMIX_F32;
    x.row_stride /= 2;
    x.feature_stride /= 2;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &other, &error) == GAUSSMIX_OK);
    CHECK(fabs(gaussmix_model_means(other)[0] - gaussmix_model_means(model)[0]) < 1e-6);
    gaussmix_model_free(other);
    gaussmix_model_free(model);
}

static void a_fit_starts_where_it_is_told(void) {
    static double responsibilities[N_ROWS * 2];
    gaussmix_options options = gaussmix_default_options(2);
    gaussmix_model* by_labels;
    gaussmix_model* by_responsibilities;
    gaussmix_model* by_model;
    options.max_iter = 1;
    options.tol = 0;
    for (int i = 0; i < N_ROWS; ++i) responsibilities[2 * i + truth[i]] = 1;
    const gaussmix_matrix view = gaussmix_row_major(responsibilities, N_ROWS, 2);

    options.start_labels = truth;
    by_labels = fitted(&options);
    options.start_labels = NULL;
    options.start_responsibilities = &view;
    by_responsibilities = fitted(&options);
    CHECK(close(gaussmix_model_means(by_labels)[0], gaussmix_model_means(by_responsibilities)[0]));
    options.start_responsibilities = NULL;
    options.start_model = by_labels;
    by_model = fitted(&options);
    CHECK(gaussmix_model_history(by_model)[0] >= gaussmix_model_history(by_labels)[0]);

    gaussmix_error error;
    gaussmix_model* none = NULL;
    const gaussmix_matrix x = all_rows();
    options.start_labels = truth;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &none, &error) == GAUSSMIX_INVALID_ARGUMENT && none == NULL);
    CHECK(strstr(error.message, "start_model") != NULL);
    gaussmix_model_free(by_labels);
    gaussmix_model_free(by_responsibilities);
    gaussmix_model_free(by_model);
}

static int stop_at_third(const gaussmix_progress* progress, void* seen) {
    *(int*)seen += 1;
    CHECK(progress->iteration == *(int*)seen && progress->restart == 0);
    return progress->iteration == 3;
}

static int stop_at_once(void* asked) {
    *(int*)asked += 1;
    return 1;
}

static void callbacks_stop_a_fit(void) {
    gaussmix_error error;
    gaussmix_execution execution = gaussmix_default_execution();
    gaussmix_options options = gaussmix_default_options(2);
    gaussmix_model* model = NULL;
    const gaussmix_matrix x = all_rows();
    int seen = 0;
    int asked = 0;
    options.tol = 0;
    options.on_iteration = stop_at_third;
    options.on_iteration_data = &seen;
    model = fitted(&options);
    CHECK(seen == 3 && gaussmix_model_n_iter(model) == 3);
    CHECK(gaussmix_model_status(model) == GAUSSMIX_STATUS_INTERRUPTED);
    gaussmix_model_free(model);

    model = NULL;
    execution.poll = stop_at_once;
    execution.poll_data = &asked;
    CHECK(gaussmix_fit(&x, NULL, &options, &execution, &model, &error) == GAUSSMIX_INTERRUPTED);
    CHECK(asked == 1 && model == NULL);
}

static void priors_and_strictness_are_heeded(void) {
    const double mean[] = {3, -1};
    gaussmix_prior prior = gaussmix_default_prior();
    gaussmix_options options = gaussmix_default_options(2);
    gaussmix_model* plain = fitted(&options);
    gaussmix_model* shrunk;
    gaussmix_error error;
    CHECK(prior.mean_precision == 0.01 && isnan(prior.degrees_of_freedom));
    prior.mean = mean;
    prior.mean_precision = 1000;
    prior.degrees_of_freedom = 4;
    options.prior = &prior;
    options.reg_covar = 1e-3;
    shrunk = fitted(&options);
    CHECK(!same_means(plain, shrunk));
    CHECK(gaussmix_model_concentration(shrunk) == NULL && gaussmix_model_concentration_size(shrunk) == 0);
    gaussmix_model_free(plain);
    gaussmix_model_free(shrunk);

    static const double one_place[8] = {1, 1, 1, 1, 5, 5, 5, 5};
    const gaussmix_matrix x = gaussmix_row_major(one_place, 8, 1);
    gaussmix_model* model = NULL;
    gaussmix_event event;
    gaussmix_end end;
    options = gaussmix_default_options(2);
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &model, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_model_n_events(model) == 2);
    CHECK(gaussmix_model_event(model, 0, &event, &error) == GAUSSMIX_OK && event.component == 0);
    CHECK(strcmp(gaussmix_act_name(event.act), "floor") == 0);
    CHECK(gaussmix_model_n_collapsed(model) == 2);
    CHECK(gaussmix_model_collapsed(model)[0] == 0 && gaussmix_model_collapsed(model)[1] == 1);
    CHECK(gaussmix_model_event(model, 2, &event, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_model_event(model, -1, &event, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_model_n_ends(model) == 1);
    CHECK(gaussmix_model_end(model, 0, &end, &error) == GAUSSMIX_OK && end.times == 1 && end.collapsed == 1);
    CHECK(end.log_likelihood == gaussmix_model_history(model)[gaussmix_model_history_size(model) - 1]);
    CHECK(gaussmix_model_end(model, 1, &end, &error) == GAUSSMIX_INVALID_ARGUMENT);
    gaussmix_model_free(model);
    options.strict = 1;
    model = NULL;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &model, &error) == GAUSSMIX_DEGENERATE && model == NULL);
}

static void variational_bayes_gives_a_posterior(void) {
    const gaussmix_matrix x = gaussmix_row_major(rows, N_ROWS, N_FEATURES);
    gaussmix_error error;
    const gaussmix_prior prior = gaussmix_default_prior();
    gaussmix_weight_prior weight_prior = gaussmix_default_weight_prior();
    gaussmix_options options = gaussmix_default_options(2);
    double rows_counted = 0;
    gaussmix_model* model;
    CHECK(weight_prior.process == 1 && isnan(weight_prior.concentration));
    weight_prior.process = 0;
    weight_prior.concentration = 0.5;
    options.prior = &prior;
    options.variational = &weight_prior;
    model = fitted(&options);
    CHECK(gaussmix_model_concentration_size(model) == 2);
    for (int k = 0; k < 2; ++k) {
        rows_counted += gaussmix_model_concentration(model)[k] - 0.5;
        CHECK(close(gaussmix_model_mean_precision(model)[k] - 0.01, gaussmix_model_concentration(model)[k] - 0.5));
        CHECK(gaussmix_model_degrees_of_freedom(model)[k] > 150);
    }
    CHECK(close(rows_counted, N_ROWS));

    // From its posterior it goes on; a start without one is refused.
    options.start_model = model;
    options.max_iter = 1;
    options.tol = 0;
    gaussmix_model* next = fitted(&options);
    const double before = gaussmix_model_history(model)[gaussmix_model_history_size(model) - 1];
    CHECK(gaussmix_model_history(next)[0] >= before - 1e-9);
    options.variational = NULL;
    options.prior = NULL;
    gaussmix_model* point = fitted(&options);
    CHECK(gaussmix_model_concentration(point) == NULL);
    options.start_model = point;
    options.prior = &prior;
    options.variational = &weight_prior;
    gaussmix_model_free(next);
    next = NULL;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &next, &error) == GAUSSMIX_INVALID_ARGUMENT && next == NULL);
    CHECK(strstr(error.message, "without a posterior") != NULL);
    options.start_model = NULL;
    weight_prior = gaussmix_default_weight_prior();
    next = fitted(&options);
    CHECK(gaussmix_model_concentration_size(next) == 4);
    gaussmix_model_free(next);
    gaussmix_model_free(point);
    gaussmix_model_free(model);
}

/// Rows have the same scores, and a fit and a run go on from the file.
static void files_keep_the_posterior(const char* path) {
    const gaussmix_matrix x = gaussmix_row_major(rows, N_ROWS, N_FEATURES);
    const gaussmix_weight_prior weight_prior = gaussmix_default_weight_prior();
    double covariance[N_FEATURES * N_FEATURES] = {0};
    gaussmix_prior prior = gaussmix_default_prior();
    gaussmix_options options = gaussmix_default_options(2);
    gaussmix_error error;
    gaussmix_model* loaded = NULL;
    gaussmix_summary* summary = NULL;
    gaussmix_run* run = NULL;
    double before[N_ROWS];
    double after[N_ROWS];
    for (int j = 0; j < N_FEATURES; ++j) covariance[j * N_FEATURES + j] = 1;
    prior.covariance = covariance;
    options.prior = &prior;
    options.variational = &weight_prior;
    gaussmix_model* model = fitted(&options);
    CHECK(gaussmix_save(model, path, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_load(path, &loaded, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_model_concentration_size(loaded) == 4);
    CHECK(memcmp(gaussmix_model_concentration(loaded), gaussmix_model_concentration(model), 4 * sizeof(double)) == 0);
    CHECK(gaussmix_score_samples(model, &x, NULL, before, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_score_samples(loaded, &x, NULL, after, &error) == GAUSSMIX_OK);
    CHECK(memcmp(before, after, sizeof before) == 0);

    options.start_model = loaded;
    options.max_iter = 1;
    gaussmix_model_free(fitted(&options));
    CHECK(gaussmix_summarize(&x, NULL, NULL, &summary, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_run_create(summary, &options, NULL, &run, &error) == GAUSSMIX_OK);
    gaussmix_model* begun = NULL;
    CHECK(gaussmix_run_model(run, &begun, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_score_samples(begun, &x, NULL, after, &error) == GAUSSMIX_OK);
    CHECK(memcmp(before, after, sizeof before) == 0);
    gaussmix_run_free(run);
    gaussmix_summary_free(summary);
    gaussmix_model_free(begun);
    gaussmix_model_free(loaded);
    gaussmix_model_free(model);
}

static void noise_is_one_more_term(void) {
    const gaussmix_matrix x = gaussmix_row_major(rows, N_ROWS, N_FEATURES);
    gaussmix_error error;
    gaussmix_noise noise = gaussmix_default_noise();
    gaussmix_options options = gaussmix_default_options(2);
    double shares[3 * N_ROWS];
    double of_components[2 * N_ROWS];
    int64_t labels[N_ROWS];
    CHECK(isnan(noise.weight) && isnan(noise.log_volume) && options.noise == NULL);
    noise.weight = 0.2;
    noise.log_volume = 9;
    options.noise = &noise;
    options.max_iter = 0;
    gaussmix_model* model = fitted(&options);
    CHECK(gaussmix_model_n_terms(model) == 3);
    CHECK(close(gaussmix_model_noise_weight(model), 0.2) && close(gaussmix_model_noise_log_volume(model), 9));
    CHECK(gaussmix_predict_terms(model, &x, NULL, shares, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_predict_proba(model, &x, NULL, of_components, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_predict(model, &x, NULL, labels, &error) == GAUSSMIX_OK);
    for (int i = 0; i < N_ROWS; ++i) {
        CHECK(of_components[2 * i] == shares[3 * i] && of_components[2 * i + 1] == shares[3 * i + 1]);
        CHECK(close(shares[3 * i] + shares[3 * i + 1] + shares[3 * i + 2], 1));
        CHECK((labels[i] < 0) == (shares[3 * i + 2] > shares[3 * i] && shares[3 * i + 2] > shares[3 * i + 1]));
    }
    CHECK(gaussmix_model_set_noise(model, 0.5, 3, &error) == GAUSSMIX_OK);
    CHECK(close(gaussmix_model_weights(model)[0] + gaussmix_model_weights(model)[1], 0.5));
    CHECK(close(gaussmix_model_noise_log_volume(model), 3));
    CHECK(gaussmix_model_set_noise(model, 2, 3, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(close(gaussmix_model_noise_weight(model), 0.5));
    gaussmix_model_free(model);

    noise.log_volume = NAN;
    options.max_iter = 20;
    model = fitted(&options);
    CHECK(gaussmix_model_noise_log_volume(model) > 0);
    gaussmix_model_free(model);
    noise.weight = 2;
    model = NULL;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &model, &error) == GAUSSMIX_INVALID_ARGUMENT && model == NULL);
    CHECK(strstr(error.message, "noise.weight=2") != NULL);
    options.noise = NULL;
    model = fitted(&options);
    CHECK(gaussmix_model_n_terms(model) == 2 && gaussmix_model_noise_weight(model) == 0);
    gaussmix_model_free(model);
    CHECK(gaussmix_model_n_terms(NULL) == 0);
}

static void what_is_fixed_stays(void) {
    const gaussmix_matrix x = gaussmix_row_major(rows, N_ROWS, N_FEATURES);
    gaussmix_error error;
    gaussmix_options options = gaussmix_default_options(2);
    options.max_iter = 0;
    gaussmix_model* start = fitted(&options);
    const int64_t first = 0;
    options.start_model = start;
    options.max_iter = 5;
    options.fixed_means = &first;
    options.n_fixed_means = 1;
    options.fixed_weights = &first;
    options.n_fixed_weights = 1;
    options.fixed_covariances = &first;
    options.n_fixed_covariances = 1;
    gaussmix_model* model = fitted(&options);
    for (int j = 0; j < N_FEATURES; ++j) CHECK(gaussmix_model_means(model)[j] == gaussmix_model_means(start)[j]);
    for (int j = 0; j < N_FEATURES * N_FEATURES; ++j) {
        CHECK(gaussmix_model_covariances(model)[j] == gaussmix_model_covariances(start)[j]);
    }
    CHECK(gaussmix_model_weights(model)[0] == gaussmix_model_weights(start)[0]);
    gaussmix_model_free(model);

    options.n_fixed_weights = options.n_fixed_means = options.n_fixed_covariances = 0;
    options.least_weight = 0.5;
    options.least_variance = options.most_variance = 2;
    model = fitted(&options);
    CHECK(close(gaussmix_model_weights(model)[0], 0.5) && close(gaussmix_model_covariances(model)[0], 2));
    gaussmix_model_free(model);

    model = NULL;
    options.n_fixed_means = -1;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &model, &error) == GAUSSMIX_INVALID_ARGUMENT && model == NULL);
    CHECK(strstr(error.message, "n_fixed_means=-1") != NULL);
    options.n_fixed_means = 1;
    options.fixed_means = NULL;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &model, &error) == GAUSSMIX_INVALID_ARGUMENT && model == NULL);
    CHECK(strstr(error.message, "the pointer is null") != NULL);
    gaussmix_model_free(start);
}

static int64_t steps = 0;

static int stop_selecting(int64_t n_done, int64_t n_steps, void* data) {
    CHECK(n_done <= n_steps && data == &steps);
    ++steps;
    return 1;
}

static void a_selection_has_cells(void) {
    gaussmix_error error;
    const gaussmix_matrix x = gaussmix_row_major(rows, N_ROWS, N_FEATURES);
    const int64_t families[] = {GAUSSMIX_FULL, GAUSSMIX_VEI};
    const int64_t counts[] = {1, 2};
    gaussmix_selection* selection = NULL;
    gaussmix_cell cell;
    gaussmix_model* model = NULL;
    int64_t best = -1;
    double bic = 0;
    gaussmix_select_options options = gaussmix_default_select_options();
    CHECK(options.size == sizeof(options) && options.fit == NULL && isnan(options.max_seconds));
    options.covariance_types = families;
    options.n_covariance_types = 2;
    options.n_components = counts;
    options.n_n_components = 2;
    CHECK(gaussmix_select(&x, NULL, &options, NULL, &selection, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_selection_n_cells(selection) == 4 && gaussmix_selection_n_cells(NULL) == 0);
    CHECK(gaussmix_selection_cell(selection, 3, &cell, &error) == GAUSSMIX_OK);
    CHECK(cell.covariance_type == GAUSSMIX_VEI && cell.n_components == 2 && cell.may_be_chosen == 1);
    CHECK(strcmp(gaussmix_selection_reason(selection, 3), "") == 0);
    CHECK(gaussmix_selection_reason(selection, 4) == NULL && gaussmix_selection_reason(NULL, 0) == NULL);
    CHECK(gaussmix_selection_model(selection, 3, &model, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_criteria(model, &x, NULL, &bic, NULL, NULL, &error) == GAUSSMIX_OK && close(bic, cell.bic));
    gaussmix_model_free(model);
    for (int64_t criterion = GAUSSMIX_BIC; criterion <= GAUSSMIX_ICL; ++criterion) {
        CHECK(gaussmix_selection_best(selection, criterion, &best, &error) == GAUSSMIX_OK);
        for (int64_t i = 0; i < 4; ++i) {
            gaussmix_cell other;
            CHECK(gaussmix_selection_cell(selection, best, &cell, &error) == GAUSSMIX_OK);
            CHECK(gaussmix_selection_cell(selection, i, &other, &error) == GAUSSMIX_OK);
            CHECK(criterion != GAUSSMIX_BIC || cell.bic <= other.bic);
            CHECK(criterion != GAUSSMIX_AIC || cell.aic <= other.aic);
            CHECK(criterion != GAUSSMIX_ICL || cell.icl <= other.icl);
        }
    }
    CHECK(gaussmix_selection_best(selection, 3, &best, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_selection_best(selection, 0, NULL, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_selection_best(NULL, 0, &best, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_selection_cell(selection, -1, &cell, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_selection_cell(selection, 0, NULL, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_selection_model(selection, 4, &model, &error) == GAUSSMIX_INVALID_ARGUMENT);
    gaussmix_selection_free(selection);
    gaussmix_selection_free(NULL);

    // A family of variances, more components than rows, and limits.
    gaussmix_noise noise = gaussmix_default_noise();
    gaussmix_options of_fits = gaussmix_default_options(1);
    const int64_t many = N_ROWS + 1;
    of_fits.noise = &noise;
    options.fit = &of_fits;
    options.n_components = &many;
    options.n_n_components = 1;
    options.max_fits = 1;
    options.max_seconds = 100;
    CHECK(gaussmix_select(&x, NULL, &options, NULL, &selection, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_selection_cell(selection, 0, &cell, &error) == GAUSSMIX_OK);
    CHECK(isnan(cell.bic) && cell.may_be_chosen == 0);
    CHECK(strstr(gaussmix_selection_reason(selection, 0), "more components than the") != NULL);
    CHECK(gaussmix_selection_model(selection, 0, &model, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_selection_best(selection, GAUSSMIX_BIC, &best, &error) == GAUSSMIX_DEGENERATE);
    gaussmix_selection_free(selection);

    // With one feature, families that differ there; the observer stops before anything is fitted.
    const gaussmix_matrix one = gaussmix_row_major(rows, N_ROWS * N_FEATURES, 1);
    options = gaussmix_default_select_options();
    options.on_step = stop_selecting;
    options.on_step_data = &steps;
    const gaussmix_execution alone = {sizeof(gaussmix_execution), 1, NULL, NULL, NULL};
    CHECK(gaussmix_select(&one, NULL, &options, &alone, &selection, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_selection_n_cells(selection) == 18 && steps == 1);
    CHECK(gaussmix_selection_cell(selection, 17, &cell, &error) == GAUSSMIX_OK);
    CHECK(cell.covariance_type == GAUSSMIX_SPHERICAL && cell.n_components == 9);
    gaussmix_selection_free(selection);

    const int64_t label = 0;
    of_fits.start_labels = &label;
    options.fit = &of_fits;
    CHECK(gaussmix_select(&x, NULL, &options, NULL, &selection, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "starts") != NULL);
    options.fit = NULL;
    options.n_components = counts;
    CHECK(gaussmix_select(&x, NULL, &options, NULL, &selection, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "n_n_components=0") != NULL);
    CHECK(gaussmix_select(&x, NULL, NULL, NULL, &selection, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_select(&x, NULL, &options, NULL, NULL, &error) == GAUSSMIX_INVALID_ARGUMENT);
}

/// Which columns the labels name decides which component is which.
static void labels_name_components(void) {
    const gaussmix_matrix x = gaussmix_row_major(rows, N_ROWS, N_FEATURES);
    gaussmix_error error;
    gaussmix_options options = gaussmix_default_options(2);
    gaussmix_model* model = fitted(&options);
    int64_t labels[N_ROWS];
    int64_t found[N_ROWS];
    CHECK(gaussmix_predict(model, &x, NULL, labels, &error) == GAUSSMIX_OK);
    gaussmix_model_free(model);
    const uint8_t crossed[4] = {0, 1, 1, 0};
    int64_t set_of[N_ROWS];
    for (int i = 0; i < N_ROWS; ++i) set_of[i] = i % 3 == 0 ? labels[i] : -1;
    gaussmix_allowed allowed = {sizeof(gaussmix_allowed), crossed, 2, 2, set_of};
    options.allowed = &allowed;
    model = fitted(&options);
    CHECK(gaussmix_predict(model, &x, NULL, found, &error) == GAUSSMIX_OK);
    for (int i = 0; i < N_ROWS; ++i) CHECK(found[i] == 1 - labels[i]);
    const int64_t counts[2] = {2, 3};
    gaussmix_selection* selection = NULL;
    gaussmix_select_options choice = gaussmix_default_select_options();
    choice.fit = &options;
    choice.n_components = counts;
    choice.n_n_components = 1;
    gaussmix_model_free(model);
    model = NULL;
    CHECK(gaussmix_select(&x, NULL, &choice, NULL, &selection, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_selection_model(selection, 0, &model, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_predict(model, &x, NULL, found, &error) == GAUSSMIX_OK);
    for (int i = 0; i < N_ROWS; ++i) CHECK(found[i] == 1 - labels[i]);
    gaussmix_selection_free(selection);
    selection = NULL;
    choice.n_n_components = 2;
    CHECK(gaussmix_select(&x, NULL, &choice, NULL, &selection, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "allowed has 1 entries, expected one for each of the 2 numbers") != NULL);
    gaussmix_shard* shard = NULL;
    CHECK(gaussmix_shard_create_allowed(&x, NULL, &allowed, NULL, &shard, &error) == GAUSSMIX_OK && shard != NULL);
    gaussmix_shard_free(shard);
    shard = NULL;
    gaussmix_model_free(model);

    model = NULL;
    set_of[0] = 2;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &model, &error) == GAUSSMIX_INVALID_ARGUMENT && model == NULL);
    CHECK(strstr(error.message, "labels has 2 at row 0") != NULL);
    CHECK(gaussmix_shard_create_allowed(&x, NULL, &allowed, NULL, &shard, &error) == GAUSSMIX_INVALID_ARGUMENT);
    allowed.sets = NULL;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &model, &error) == GAUSSMIX_INVALID_ARGUMENT && model == NULL);
}

static void files_keep_every_bit(const char* folder) {
    const char* const names[] = {"length",
                                 "gr\xC3\xB6\xC3\x9F"
                                 "e"};
    const gaussmix_options options = gaussmix_default_options(2);
    char path[4096];
    gaussmix_error error;
    gaussmix_model* model = fitted(&options);
    gaussmix_model* loaded = NULL;
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    CHECK(gaussmix_model_feature_name(model, 0) == NULL);
    CHECK(gaussmix_model_set_feature_names(model, names, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_save(model, path, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_load(path, &loaded, &error) == GAUSSMIX_OK);
    CHECK(same_means(model, loaded));
    CHECK(gaussmix_model_status(loaded) == gaussmix_model_status(model));
    CHECK(gaussmix_model_n_iter(loaded) == gaussmix_model_n_iter(model));
    CHECK(strcmp(gaussmix_model_feature_name(loaded, 1), names[1]) == 0);
    CHECK(gaussmix_model_feature_name(loaded, 2) == NULL);
    gaussmix_model_free(loaded);
    gaussmix_model_free(model);
    files_keep_the_posterior(path);

    loaded = NULL;
    FILE* file = fopen(path, "wb");
    CHECK(file != NULL && fputs("{}", file) >= 0 && fclose(file) == 0);
    CHECK(gaussmix_load(path, &loaded, &error) == GAUSSMIX_BAD_FILE && loaded == NULL);
    CHECK(strstr(error.message, path) != NULL);
    CHECK(remove(path) == 0);
    CHECK(gaussmix_load(path, &loaded, &error) == GAUSSMIX_IO && error.system_error != 0);
}

/// What came as bytes takes the place of what was sent.
static gaussmix_moments* sent(gaussmix_moments* moments) {
    gaussmix_error error;
    gaussmix_moments* back = NULL;
    size_t size = 0;
    CHECK(gaussmix_moments_to_bytes(moments, NULL, 0, &size, &error) == GAUSSMIX_OK && size > 0);
    void* bytes = malloc(size);
    CHECK(gaussmix_moments_to_bytes(moments, bytes, size - 1, &size, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_moments_to_bytes(moments, bytes, size, &size, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_moments_from_bytes(bytes, size, &back, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_moments_from_bytes(bytes, size - 8, &back, &error) == GAUSSMIX_INVALID_ARGUMENT);
    free(bytes);
    gaussmix_moments_free(moments);
    return back;
}

static gaussmix_summary* sent_summary(gaussmix_summary* summary) {
    gaussmix_error error;
    gaussmix_summary* back = NULL;
    size_t size = 0;
    CHECK(gaussmix_summary_to_bytes(summary, NULL, 0, &size, &error) == GAUSSMIX_OK && size > 0);
    void* bytes = malloc(size);
    CHECK(gaussmix_summary_to_bytes(summary, bytes, size, &size, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_summary_from_bytes(bytes, size, &back, &error) == GAUSSMIX_OK);
    free(bytes);
    gaussmix_summary_free(summary);
    return back;
}

/// One shard of all rows gives the bits of a fit from the same start, and its moments may travel.
static void a_shard_is_read_as_a_fit_reads_its_rows(void) {
    gaussmix_error error;
    gaussmix_options options = gaussmix_default_options(2);
    gaussmix_shard* shard = NULL;
    gaussmix_shard* empty = NULL;
    gaussmix_summary* summary = NULL;
    gaussmix_summary* nothing = NULL;
    gaussmix_run* run = NULL;
    gaussmix_model* found = NULL;
    const gaussmix_matrix x = gaussmix_row_major(rows, N_ROWS, N_FEATURES);
    const gaussmix_matrix none = gaussmix_row_major(rows, 0, N_FEATURES);
    options.start_labels = truth;
    options.max_iter = 1;
    gaussmix_model* start = fitted(&options);
    options.start_labels = NULL;
    options.start_model = start;
    options.max_iter = 6;
    gaussmix_model* whole = fitted(&options);
    CHECK(gaussmix_shard_create(&x, NULL, NULL, &shard, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_shard_create(&none, NULL, NULL, &empty, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_shard_summary(shard, &summary, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_shard_summary(empty, &nothing, &error) == GAUSSMIX_OK);
    summary = sent_summary(summary);
    CHECK(gaussmix_summary_merge(summary, nothing, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_run_create(summary, &options, NULL, &run, &error) == GAUSSMIX_OK);
    while (!gaussmix_run_done(run)) {
        gaussmix_moments* moments = NULL;
        gaussmix_moments* more = NULL;
        CHECK(gaussmix_shard_moments(shard, run, &moments, &error) == GAUSSMIX_OK);
        CHECK(gaussmix_shard_moments(empty, run, &more, &error) == GAUSSMIX_OK);
        CHECK(gaussmix_run_advance(run, more, &error) == GAUSSMIX_INVALID_ARGUMENT);
        CHECK(gaussmix_moments_merge(moments, more, &error) == GAUSSMIX_OK);
        moments = sent(moments);
        CHECK(gaussmix_run_advance(run, moments, &error) == GAUSSMIX_OK);
        CHECK(gaussmix_run_advance(run, moments, &error) == GAUSSMIX_INVALID_ARGUMENT);
        gaussmix_moments_free(moments);
        gaussmix_moments_free(more);
    }
    CHECK(gaussmix_run_model(run, &found, &error) == GAUSSMIX_OK);
    CHECK(memcmp(gaussmix_model_means(found), gaussmix_model_means(whole), 2 * N_FEATURES * sizeof(double)) == 0);
    gaussmix_model_free(found);
    gaussmix_model_free(whole);
    gaussmix_model_free(start);
    gaussmix_run_free(run);
    gaussmix_summary_free(summary);
    gaussmix_summary_free(nothing);
    gaussmix_shard_free(shard);
    gaussmix_shard_free(empty);
}

/// A run over two pieces gives what a fit of all rows gives.
static void a_run_takes_rows_in_pieces(void) {
    gaussmix_error error;
    gaussmix_options options = gaussmix_default_options(2);
    gaussmix_model* start;
    gaussmix_model* whole;
    gaussmix_model* found = NULL;
    gaussmix_summary* summary = NULL;
    gaussmix_summary* other = NULL;
    gaussmix_run* run = NULL;
    const gaussmix_matrix first = gaussmix_row_major(rows, 250, N_FEATURES);
    const gaussmix_matrix second = gaussmix_row_major(rows + (size_t)250 * N_FEATURES, N_ROWS - 250, N_FEATURES);
    options.start_labels = truth;
    options.max_iter = 1;
    start = fitted(&options);
    options.start_labels = NULL;
    options.start_model = start;
    options.max_iter = 5;
    options.tol = 0;
    whole = fitted(&options);

    CHECK(gaussmix_summarize(&first, NULL, NULL, &summary, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_summarize(&second, NULL, NULL, &other, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_summary_merge(summary, other, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_run_create(summary, &options, NULL, &run, &error) == GAUSSMIX_OK);
    while (!gaussmix_run_done(run)) {
        gaussmix_moments* moments = NULL;
        gaussmix_moments* more = NULL;
        CHECK(gaussmix_accumulate(run, &first, NULL, NULL, &moments, &error) == GAUSSMIX_OK);
        CHECK(gaussmix_accumulate(run, &second, NULL, NULL, &more, &error) == GAUSSMIX_OK);
        CHECK(gaussmix_moments_merge(moments, more, &error) == GAUSSMIX_OK);
        CHECK(gaussmix_run_advance(run, moments, &error) == GAUSSMIX_OK);
        gaussmix_moments_free(moments);
        gaussmix_moments_free(more);
    }
    CHECK(gaussmix_run_model(run, &found, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_model_status(found) == GAUSSMIX_STATUS_MAX_ITER && gaussmix_model_n_iter(found) == 5);
    for (int i = 0; i < 2 * N_FEATURES; ++i) {
        CHECK(close(gaussmix_model_means(found)[i], gaussmix_model_means(whole)[i]));
        CHECK(close(gaussmix_model_covariances(found)[2 * i], gaussmix_model_covariances(whole)[2 * i]));
    }
    gaussmix_run_free(run);
    run = NULL;
    CHECK(gaussmix_run_create(summary, &options, NULL, &run, &error) == GAUSSMIX_OK);
    CHECK(!gaussmix_run_done(run));
    gaussmix_run_interrupt(run);
    gaussmix_run_interrupt(run);
    CHECK(gaussmix_run_done(run));
    gaussmix_run_free(run);

    // What a prior leaves open is taken from the summary.
    const gaussmix_prior prior = gaussmix_default_prior();
    options.prior = &prior;
    run = NULL;
    CHECK(gaussmix_run_create(summary, &options, NULL, &run, &error) == GAUSSMIX_INVALID_ARGUMENT && run == NULL);
    CHECK(strstr(error.message, "prior") != NULL);
    options.covariance_type = GAUSSMIX_DIAG;
    options.start_model = NULL;
    gaussmix_model* diagonal = fitted(&options);
    options.start_model = diagonal;
    CHECK(gaussmix_run_create(summary, &options, NULL, &run, &error) == GAUSSMIX_OK);
    gaussmix_run_free(run);
    gaussmix_model_free(diagonal);
    gaussmix_model_free(found);
    gaussmix_model_free(whole);
    gaussmix_model_free(start);
    gaussmix_summary_free(summary);
    gaussmix_summary_free(other);
}

/// A program built with a header that has fewer options, or more.
static void options_may_be_fewer_or_more(void) {
    struct {
        gaussmix_options known;
        int64_t unknown;
    } later;
    const size_t n_known = offsetof(gaussmix_options, tol);
    unsigned char raw[sizeof(gaussmix_options)];
    gaussmix_error error;
    gaussmix_model* earlier_model = NULL;
    gaussmix_model* later_model = NULL;
    const gaussmix_options options = gaussmix_default_options(2);
    gaussmix_model* model = fitted(&options);
    const gaussmix_matrix x = all_rows();

    gaussmix_options earlier;
    memset(&earlier, 0xAA, sizeof earlier);
    gaussmix_options_init(&earlier, n_known);
    memcpy(raw, &earlier, sizeof raw);
    for (size_t i = n_known; i < sizeof raw; ++i) CHECK(raw[i] == 0xAA);
    earlier.n_components = 2;
    CHECK(gaussmix_fit(&x, NULL, &earlier, NULL, &earlier_model, &error) == GAUSSMIX_OK);
    CHECK(same_means(model, earlier_model));

    gaussmix_options_init(&later.known, sizeof later);
    later.known.n_components = 2;
    CHECK(later.unknown == 0);
    CHECK(gaussmix_fit(&x, NULL, &later.known, NULL, &later_model, &error) == GAUSSMIX_OK);
    CHECK(same_means(model, later_model));
    later.unknown = 1;
    CHECK(gaussmix_fit(&x, NULL, &later.known, NULL, &later_model, &error) == GAUSSMIX_INVALID_ARGUMENT);
    later.known.size = 0;
    CHECK(gaussmix_fit(&x, NULL, &later.known, NULL, &later_model, &error) == GAUSSMIX_INVALID_ARGUMENT);
    gaussmix_model_free(earlier_model);
    gaussmix_model_free(later_model);
    gaussmix_model_free(model);
}

static int32_t try_fit(const gaussmix_matrix* x, const gaussmix_options* options, gaussmix_error* error) {
    gaussmix_model* model = NULL;
    const int32_t code = gaussmix_fit(x, NULL, options, NULL, &model, error);
    CHECK(code == error->code);
    CHECK((code == GAUSSMIX_OK) == (model != NULL) && (code == GAUSSMIX_OK) == (error->message[0] == '\0'));
    gaussmix_model_free(model);
    return code;
}

static void errors_say_what_is_wrong(void) {
    gaussmix_error error;
    gaussmix_options options = gaussmix_default_options(2);
    gaussmix_execution execution = gaussmix_default_execution();
    gaussmix_model* model = NULL;
    gaussmix_matrix x = all_rows();
    double score;

    options.n_components = 0;
    CHECK(try_fit(&x, &options, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "n_components=0") != NULL && error.row == -1);
    options = gaussmix_default_options(2);
    options.covariance_type = GAUSSMIX_EVV + 1;
    CHECK(try_fit(&x, &options, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "covariance_type=14") != NULL);
    options.covariance_type = INT64_MIN;
    CHECK(try_fit(&x, &options, &error) == GAUSSMIX_INVALID_ARGUMENT);
    options = gaussmix_default_options(2);
    x.scalar = 11;
    CHECK(try_fit(&x, &options, &error) == GAUSSMIX_INVALID_ARGUMENT);
    x = all_rows();
    x.n_rows = -1;
    CHECK(try_fit(&x, &options, &error) == GAUSSMIX_INVALID_ARGUMENT);
    x = all_rows();
    x.data = NULL;
    CHECK(try_fit(&x, &options, &error) == GAUSSMIX_INVALID_ARGUMENT);

    x = all_rows();
    const double before = rows[77];
    rows[77] = NAN;
    CHECK(try_fit(&x, &options, &error) == GAUSSMIX_NOT_FINITE);
    CHECK(error.row == 38 && error.feature == 1);
    rows[77] = before;

    execution.instruction_set = "abacus";
    CHECK(gaussmix_fit(&x, NULL, &options, &execution, &model, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "abacus") != NULL);
    execution.instruction_set = NULL;
    execution.n_threads = -1;
    CHECK(gaussmix_fit(&x, NULL, &options, &execution, &model, &error) == GAUSSMIX_INVALID_ARGUMENT);

    execution.n_threads = INT64_MAX;
    CHECK(gaussmix_fit(&x, NULL, &options, &execution, &model, &error) == GAUSSMIX_INVALID_ARGUMENT);
    options.init = 4;
    CHECK(try_fit(&x, &options, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "init=4 is unknown") != NULL);
    options = gaussmix_default_options(2);
    options.pruning = -1;
    CHECK(try_fit(&x, &options, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "pruning=-1 is unknown") != NULL);
    options = gaussmix_default_options(2);
    options.effort = 3;
    CHECK(try_fit(&x, &options, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "effort=3 is unknown") != NULL);
    options.effort = GAUSSMIX_EFFORT_HIGH;
    options.acceleration = 3;
    CHECK(try_fit(&x, &options, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "acceleration=3 is unknown") != NULL);
    options.acceleration = GAUSSMIX_ACCELERATION_OFF;
    CHECK(try_fit(&x, &options, &error) == GAUSSMIX_OK);
    options = gaussmix_default_options(2);
    const double one = 1;
    CHECK(gaussmix_model_create(GAUSSMIX_FULL, 0, 1, &one, &one, &one, &model, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "n_components=0 must be at least 1") != NULL);
    CHECK(gaussmix_model_create(GAUSSMIX_FULL, 1, -1, &one, &one, &one, &model, &error) == GAUSSMIX_INVALID_ARGUMENT);
    const double origin[] = {0, 0};
    double matrix[] = {1, 0.5, 0.5 + 0x1p-25, 1};
    CHECK(gaussmix_model_create(GAUSSMIX_FULL, 1, 2, &one, origin, matrix, &model, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_model_covariances(model)[1] == 0.5 + 0x1p-26 &&
          gaussmix_model_covariances(model)[2] == 0.5 + 0x1p-26);
    gaussmix_model_free(model);
    model = NULL;
    matrix[2] = 0.25;
    CHECK(gaussmix_model_create(GAUSSMIX_TIED, 1, 2, &one, origin, matrix, &model, &error) ==
          GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "not symmetric at (1, 0): it has 0.25 there and 0.5 at (0, 1)") != NULL);
    CHECK(gaussmix_model_create(GAUSSMIX_FULL, 1, 1, &one, &one, &one, &model, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_save(model, NULL, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_save(model, "no such folder/model", NULL) == GAUSSMIX_IO);
    const char* const no_name = NULL;
    CHECK(gaussmix_model_set_feature_names(model, &no_name, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_model_set_feature_names(model, NULL, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_model_feature_name(model, -1) == NULL && gaussmix_model_feature_name(model, 0) == NULL);
    gaussmix_model_free(model);
    model = NULL;
    rows[77] = NAN;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &model, NULL) == GAUSSMIX_NOT_FINITE);
    rows[77] = before;

    CHECK(gaussmix_fit(NULL, NULL, &options, NULL, &model, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(strstr(error.message, "x is NULL") != NULL);
    CHECK(gaussmix_fit(&x, NULL, NULL, NULL, &model, NULL) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, NULL, NULL) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_score(NULL, &x, NULL, NULL, &score, NULL) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_save(NULL, "x", NULL) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_load(NULL, &model, NULL) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_run_advance(NULL, NULL, NULL) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_model_n_components(NULL) == 0 && gaussmix_model_means(NULL) == NULL);
    CHECK(gaussmix_model_n_collapsed(NULL) == 0 && gaussmix_model_collapsed(NULL) == NULL);
    CHECK(gaussmix_run_done(NULL) != 0);
    gaussmix_run_interrupt(NULL);
    gaussmix_model_free(NULL);
    gaussmix_run_free(NULL);
    gaussmix_moments_free(NULL);
    gaussmix_summary_free(NULL);
    gaussmix_options_init(NULL, sizeof options);

    // A message longer than its room is cut off between characters.
    char path[3000];
    memset(path, 'x', sizeof path);
    for (size_t i = 0; i + 1 < sizeof path; i += 2) memcpy(path + i, "\xC3\xA4", 2);
    path[sizeof path - 2] = '\0';
    CHECK(gaussmix_load(path, &model, &error) == GAUSSMIX_IO);
    CHECK(strlen(error.message) >= 997 && strlen(error.message) <= 999);
    CHECK(strcmp(gaussmix_status_name(99), "unknown") == 0 && strcmp(gaussmix_act_name(-1), "unknown") == 0);
}

static void sizes_beyond_any_memory_are_refused(void) {
    const int64_t sizes[] = {INT64_MAX, INT64_MAX / 2 + 1, (int64_t)1 << 40, (int64_t)1 << 32};
    const gaussmix_matrix rows_of_two = all_rows();
    const double one = 1;
    gaussmix_error error;
    gaussmix_model* model = NULL;
    gaussmix_summary* summary = NULL;
    gaussmix_model* fitted = NULL;
    gaussmix_options options = gaussmix_default_options(2);
    int64_t label;
    double drawn[2];
    CHECK(gaussmix_fit(&rows_of_two, NULL, &options, NULL, &fitted, &error) == GAUSSMIX_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        const int64_t size = sizes[i];
        for (int64_t family = GAUSSMIX_FULL; family <= GAUSSMIX_EVV; ++family) {
            CHECK(gaussmix_model_create(family, size, size, &one, &one, &one, &model, &error) ==
                  GAUSSMIX_OUT_OF_MEMORY);
            options = gaussmix_default_options(size);
            options.covariance_type = family;
            CHECK(try_fit(&rows_of_two, &options, &error) == GAUSSMIX_INVALID_ARGUMENT);
            if (size < (int64_t)1 << 40) continue;
            options.n_components = 1;
            gaussmix_matrix wide = rows_of_two;
            wide.n_features = size;
            CHECK(try_fit(&wide, &options, &error) != GAUSSMIX_OK);
        }
        if (size > (int64_t)1 << 60) {
            gaussmix_matrix long_one = rows_of_two;
            long_one.n_rows = size;
            CHECK(gaussmix_summarize(&long_one, NULL, NULL, &summary, &error) == GAUSSMIX_INVALID_ARGUMENT);
            CHECK(gaussmix_predict(fitted, &long_one, NULL, &label, &error) == GAUSSMIX_INVALID_ARGUMENT);
            CHECK(gaussmix_sample(fitted, size, 0, NULL, drawn, &label, &error) == GAUSSMIX_INVALID_ARGUMENT);
        }
    }
    CHECK(model == NULL && summary == NULL);
    gaussmix_model_free(fitted);
}

static void a_model_has_parts(void) {
    gaussmix_error error;
    gaussmix_model* model = NULL;
    const double weights2[] = {0.25, 0.75};
    const double means[] = {0, 1, 4, 5};
    const double covariances[] = {2, 1, 1, 2, 1, 0, 0, 1};
    CHECK(gaussmix_model_create(GAUSSMIX_FULL, 2, 2, weights2, means, covariances, &model, &error) == GAUSSMIX_OK);
    const int64_t second[] = {1};
    gaussmix_model* part = NULL;
    CHECK(gaussmix_marginal(model, second, 1, &part, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_model_n_features(part) == 1 && gaussmix_model_means(part)[1] == 5);
    double x[] = {-1, 1, 5};
    double p[3];
    CHECK(gaussmix_cdf(part, x, 3, NULL, p, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_quantiles(part, p, 3, NULL, x, &error) == GAUSSMIX_OK);
    CHECK(close(x[0], -1) && close(x[1], 1) && close(x[2], 5));
    gaussmix_model_free(part);
    const double a[] = {1, 1};
    const double b[] = {3};
    CHECK(gaussmix_transform(model, a, b, 1, &part, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_model_means(part)[0] == 4 && gaussmix_model_covariances(part)[0] == 6);
    gaussmix_model_free(part);
    const gaussmix_model* pair[] = {model, model};
    const double halves[] = {0.5, 0.5};
    CHECK(gaussmix_mix(pair, halves, 2, &part, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_model_n_components(part) == 4);
    gaussmix_model* merged = NULL;
    CHECK(gaussmix_merge_components(part, 0, 2, &merged, &error) == GAUSSMIX_OK);
    double mean[2];
    double covariance[4];
    CHECK(gaussmix_whole(merged, mean, covariance, &error) == GAUSSMIX_OK);
    CHECK(mean[0] == 3 && mean[1] == 4 && close(covariance[0], 0.25 * 2 + 0.75 + 0.25 * 9 + 0.75));
    CHECK(gaussmix_whole(merged, NULL, NULL, &error) == GAUSSMIX_OK);
    gaussmix_model_free(part);
    gaussmix_model_free(merged);

    gaussmix_conditional* conditional = NULL;
    const int64_t first[] = {0};
    CHECK(gaussmix_conditional_create(model, first, 1, NULL, &conditional, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_conditional_n_targets(conditional) == 1 && gaussmix_conditional_n_targets(NULL) == 0);
    const double given[] = {2, 4};
    const gaussmix_matrix rows2 = gaussmix_row_major(given, 2, 1);
    double shares[4];
    double y[2];
    double spread[2];
    double same[2];
    int64_t labels[2];
    CHECK(gaussmix_conditional_weights(conditional, &rows2, NULL, shares, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_conditional_means(conditional, &rows2, NULL, y, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_conditional_variances(conditional, &rows2, NULL, spread, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_conditional_covariances(conditional, &rows2, NULL, same, &error) == GAUSSMIX_OK);
    CHECK(close(y[0], shares[0] * 2 + shares[1] * 5) && memcmp(spread, same, sizeof(same)) == 0);
    CHECK(gaussmix_condition(conditional, given, &part, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_model_weights(part)[0] == shares[0] && close(gaussmix_model_covariances(part)[0], 1.5));
    gaussmix_model_free(part);
    const double medians[] = {0.5};
    double limits[2];
    CHECK(gaussmix_conditional_quantiles(conditional, &rows2, medians, 1, NULL, limits, &error) == GAUSSMIX_OK);
    CHECK(limits[0] > 0 && limits[0] < 6);
    const gaussmix_matrix targets = gaussmix_row_major(y, 2, 1);
    CHECK(gaussmix_conditional_score_samples(conditional, &rows2, &targets, NULL, spread, &error) == GAUSSMIX_OK);
    CHECK(isfinite(spread[0]) && isfinite(spread[1]));
    CHECK(gaussmix_conditional_sample(conditional, &rows2, 1, NULL, y, labels, &error) == GAUSSMIX_OK);
    CHECK(isfinite(y[0]) && labels[0] >= 0 && labels[0] < 2);

    const int64_t none[] = {7};
    part = NULL;
    CHECK(gaussmix_marginal(model, none, 1, &part, &error) == GAUSSMIX_INVALID_ARGUMENT && part == NULL);
    CHECK(gaussmix_marginal(model, NULL, 1, &part, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_marginal(model, none, -1, &part, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_marginal(model, second, 1, NULL, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_transform(model, a, b, 3, &part, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_transform(model, a, b, 0, &part, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_conditional_means(NULL, &rows2, NULL, y, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_conditional_means(conditional, &rows2, NULL, NULL, &error) == GAUSSMIX_INVALID_ARGUMENT);
    gaussmix_conditional_free(conditional);
    gaussmix_conditional_free(NULL);
    gaussmix_model_free(model);
}

static void missing_values_are_fitted_around(const char* folder) {
    gaussmix_error error;
    gaussmix_model* model = NULL;
    gaussmix_model* loaded = NULL;
    static double holed[N_ROWS * N_FEATURES];
    static double filled[N_ROWS * N_FEATURES];
    static double drawn[2 * N_ROWS * N_FEATURES];
    static double covariances[N_ROWS * N_FEATURES * N_FEATURES];
    static double densities[N_ROWS];
    char path[1000];
    for (int i = 0; i < N_ROWS * N_FEATURES; ++i) holed[i] = i % 7 == 3 ? NAN : rows[i];
    gaussmix_matrix x = gaussmix_row_major(holed, N_ROWS, N_FEATURES);
    const gaussmix_options options = gaussmix_default_options(2);
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &model, &error) == GAUSSMIX_NOT_FINITE);
    CHECK(error.row == 1 && error.feature == 1);
    x.scalar |= GAUSSMIX_MISSING;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &model, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_model_missing(model) == 1 && gaussmix_model_missing(NULL) == 0);
    CHECK(gaussmix_score_samples(model, &x, NULL, densities, &error) == GAUSSMIX_OK && isfinite(densities[1]));
    x.scalar = GAUSSMIX_F64;  // imputation needs no telling
    CHECK(gaussmix_impute(model, &x, NULL, filled, covariances, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_draw_missing(model, &x, 2, 7, NULL, drawn, &error) == GAUSSMIX_OK);
    for (int i = 0; i < N_ROWS * N_FEATURES; ++i) {
        const int lost = i % 7 == 3;
        CHECK(lost ? fabs(filled[i] - rows[i]) < 4 : filled[i] == rows[i]);
        CHECK(lost ? isfinite(drawn[i]) && drawn[i] != filled[i] : drawn[N_ROWS * N_FEATURES + i] == rows[i]);
    }
    CHECK(covariances[4] == 0 && covariances[7] > 0);
    CHECK(gaussmix_impute(model, &x, NULL, drawn, NULL, &error) == GAUSSMIX_OK);
    CHECK(memcmp(drawn, filled, sizeof(filled)) == 0);
    CHECK(gaussmix_impute(model, &x, NULL, NULL, NULL, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_impute(NULL, &x, NULL, filled, NULL, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_draw_missing(model, &x, 0, 7, NULL, drawn, &error) == GAUSSMIX_INVALID_ARGUMENT);
    CHECK(gaussmix_draw_missing(model, &x, INT64_MAX, 7, NULL, drawn, &error) == GAUSSMIX_INVALID_ARGUMENT);
    x.scalar = GAUSSMIX_MISSING + 11;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &loaded, &error) == GAUSSMIX_INVALID_ARGUMENT);
    snprintf(path, sizeof(path), "%s/missing.safetensors", folder);
    CHECK(gaussmix_save(model, path, &error) == GAUSSMIX_OK && gaussmix_load(path, &loaded, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_model_missing(loaded) == 1);
    gaussmix_model_free(loaded);
    gaussmix_model_free(model);
    model = fitted(&options);
    CHECK(gaussmix_model_missing(model) == 0);
    gaussmix_model_free(model);
}

int main(int argc, char** argv) {
    make_rows();
    CHECK(gaussmix_abi_version() == GAUSSMIX_ABI_VERSION);
    CHECK(strchr(gaussmix_version(), '.') != NULL);
    a_fit_tells_everything();
    a_model_scores_and_draws();
    a_model_has_parts();
    views_are_read_in_place();
    a_fit_starts_where_it_is_told();
    callbacks_stop_a_fit();
    priors_and_strictness_are_heeded();
    variational_bayes_gives_a_posterior();
    noise_is_one_more_term();
    what_is_fixed_stays();
    a_selection_has_cells();
    labels_name_components();
    files_keep_every_bit(argc > 1 ? argv[1] : ".");
    missing_values_are_fitted_around(argc > 1 ? argv[1] : ".");
    a_run_takes_rows_in_pieces();
    a_shard_is_read_as_a_fit_reads_its_rows();
    options_may_be_fewer_or_more();
    errors_say_what_is_wrong();
    sizes_beyond_any_memory_are_refused();
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
