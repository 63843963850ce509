/// Every function of the C interface with what it cannot use: NULL for each pointer, numbers that are no constant,
/// sizes that no array has. Each call returns a code, and makes no handle.
#include <gaussmix.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { N_ROWS = 40, N_FEATURES = 2, N_COMPONENTS = 2 };

static double rows[N_ROWS * N_FEATURES];
static const int64_t wild[] = {-1, 14, 77, INT64_MIN, INT64_MAX, INT64_C(1) << 32};
static const int64_t no_size[] = {0, -1, INT64_MIN, INT64_MAX, INT64_C(1) << 62};

#define EACH(i, values) for (size_t i = 0; i < sizeof(values) / sizeof(*(values)); ++i)

/// Refused, with a message and the same code in it.
#define REFUSED(call)                                                               \
    do {                                                                            \
        memset(&error, 0, sizeof error);                                            \
        const int32_t code = (call);                                                \
        CHECK(code == GAUSSMIX_INVALID_ARGUMENT || code == GAUSSMIX_OUT_OF_MEMORY); \
        CHECK(code == error.code && error.message[0] != '\0');                      \
    } while (0)

static gaussmix_error error;

static gaussmix_matrix all_rows(void) { return gaussmix_row_major(rows, N_ROWS, N_FEATURES); }

static gaussmix_model* fitted(void) {
    const gaussmix_options options = gaussmix_default_options(N_COMPONENTS);
    const gaussmix_matrix x = all_rows();
    gaussmix_model* model = NULL;
    CHECK(gaussmix_fit(&x, NULL, &options, NULL, &model, &error) == GAUSSMIX_OK);
    return model;
}

/// Every function that reads rows.
static void rows_are_refused(const gaussmix_model* model, const gaussmix_run* run, const gaussmix_matrix* x) {
    const gaussmix_options options = gaussmix_default_options(N_COMPONENTS);
    static double numbers[N_ROWS * N_COMPONENTS];
    static int64_t labels[N_ROWS];
    gaussmix_model* made = NULL;
    gaussmix_summary* summary = NULL;
    gaussmix_moments* moments = NULL;
    double score;
    REFUSED(gaussmix_fit(x, NULL, &options, NULL, &made, &error));
    REFUSED(gaussmix_score(model, x, NULL, NULL, &score, &error));
    REFUSED(gaussmix_criteria(model, x, NULL, &score, NULL, NULL, &error));
    REFUSED(gaussmix_score_samples(model, x, NULL, numbers, &error));
    REFUSED(gaussmix_predict(model, x, NULL, labels, &error));
    REFUSED(gaussmix_predict_proba(model, x, NULL, numbers, &error));
    if (x == NULL || x->n_rows != 0) {  // pieces of the data may be empty
        REFUSED(gaussmix_summarize(x, NULL, NULL, &summary, &error));
        REFUSED(gaussmix_accumulate(run, x, NULL, NULL, &moments, &error));
    }
    CHECK(made == NULL && summary == NULL && moments == NULL);
}

static void views(const gaussmix_model* model, const gaussmix_run* run) {
    gaussmix_matrix x;
    rows_are_refused(model, run, NULL);
    x = all_rows();
    x.data = NULL;
    rows_are_refused(model, run, &x);
    EACH(i, wild) {
        x = all_rows();
        x.scalar = wild[i];
        rows_are_refused(model, run, &x);
    }
    EACH(i, no_size) {
        x = all_rows();
        x.n_rows = no_size[i];
        if (no_size[i] != INT64_C(1) << 62) rows_are_refused(model, run, &x);
        x = all_rows();
        x.n_features = no_size[i];
        rows_are_refused(model, run, &x);
    }
}

static void null_pointers(const gaussmix_model* model, gaussmix_run* run, const gaussmix_summary* summary) {
    const gaussmix_matrix x = all_rows();
    gaussmix_options options = gaussmix_default_options(N_COMPONENTS);
    static double numbers[N_ROWS * N_COMPONENTS];
    static int64_t labels[N_ROWS];
    const double one = 1;
    gaussmix_model* made = NULL;
    gaussmix_run* begun = NULL;
    gaussmix_event event;
    gaussmix_end end;
    gaussmix_moments* moments = NULL;
    gaussmix_summary* other = NULL;

    REFUSED(gaussmix_model_create(GAUSSMIX_FULL, 1, 1, NULL, &one, &one, &made, &error));
    REFUSED(gaussmix_model_create(GAUSSMIX_FULL, 1, 1, &one, NULL, &one, &made, &error));
    REFUSED(gaussmix_model_create(GAUSSMIX_FULL, 1, 1, &one, &one, NULL, &made, &error));
    REFUSED(gaussmix_model_create(GAUSSMIX_FULL, 1, 1, &one, &one, &one, NULL, &error));
    REFUSED(gaussmix_model_event(NULL, 0, &event, &error));
    REFUSED(gaussmix_model_event(model, 0, NULL, &error));
    REFUSED(gaussmix_model_event(model, -1, &event, &error));
    REFUSED(gaussmix_model_event(model, INT64_MAX, &event, &error));
    REFUSED(gaussmix_model_end(NULL, 0, &end, &error));
    REFUSED(gaussmix_model_end(model, 0, NULL, &error));
    REFUSED(gaussmix_model_end(model, -1, &end, &error));
    REFUSED(gaussmix_model_end(model, INT64_MAX, &end, &error));
    REFUSED(gaussmix_model_set_feature_names(NULL, NULL, &error));
    REFUSED(gaussmix_save(NULL, "never-written", &error));
    REFUSED(gaussmix_save(model, NULL, &error));
    REFUSED(gaussmix_load(NULL, &made, &error));
    REFUSED(gaussmix_load("never-read", NULL, &error));
    REFUSED(gaussmix_fit(&x, NULL, NULL, NULL, &made, &error));
    REFUSED(gaussmix_fit(&x, NULL, &options, NULL, NULL, &error));
    REFUSED(gaussmix_score(NULL, &x, NULL, NULL, numbers, &error));
    REFUSED(gaussmix_score(model, &x, NULL, NULL, NULL, &error));
    REFUSED(gaussmix_criteria(NULL, &x, NULL, numbers, NULL, NULL, &error));
    REFUSED(gaussmix_score_samples(NULL, &x, NULL, numbers, &error));
    REFUSED(gaussmix_score_samples(model, &x, NULL, NULL, &error));
    REFUSED(gaussmix_predict(NULL, &x, NULL, labels, &error));
    REFUSED(gaussmix_predict(model, &x, NULL, NULL, &error));
    REFUSED(gaussmix_predict_proba(NULL, &x, NULL, numbers, &error));
    REFUSED(gaussmix_predict_proba(model, &x, NULL, NULL, &error));
    REFUSED(gaussmix_sample(NULL, 2, 0, NULL, numbers, labels, &error));
    REFUSED(gaussmix_sample(model, 2, 0, NULL, NULL, labels, &error));
    REFUSED(gaussmix_sample(model, 2, 0, NULL, numbers, NULL, &error));
    REFUSED(gaussmix_summarize(&x, NULL, NULL, NULL, &error));
    REFUSED(gaussmix_summary_merge(NULL, summary, &error));
    CHECK(gaussmix_summarize(&x, NULL, NULL, &other, &error) == GAUSSMIX_OK);
    REFUSED(gaussmix_summary_merge(other, NULL, &error));
    gaussmix_summary_free(other);
    REFUSED(gaussmix_run_create(summary, NULL, NULL, &begun, &error));
    REFUSED(gaussmix_run_create(summary, &options, NULL, &begun, &error));  // no start_model
    options.start_model = model;
    REFUSED(gaussmix_run_create(NULL, &options, NULL, &begun, &error));
    REFUSED(gaussmix_run_create(summary, &options, NULL, NULL, &error));
    REFUSED(gaussmix_run_model(NULL, &made, &error));
    REFUSED(gaussmix_run_model(run, NULL, &error));
    REFUSED(gaussmix_accumulate(NULL, &x, NULL, NULL, &moments, &error));
    REFUSED(gaussmix_accumulate(run, &x, NULL, NULL, NULL, &error));
    CHECK(gaussmix_accumulate(run, &x, NULL, NULL, &moments, &error) == GAUSSMIX_OK);
    REFUSED(gaussmix_moments_merge(NULL, moments, &error));
    REFUSED(gaussmix_moments_merge(moments, NULL, &error));
    REFUSED(gaussmix_run_advance(NULL, moments, &error));
    gaussmix_shard* shard = NULL;
    size_t size = 0;
    REFUSED(gaussmix_shard_create(NULL, NULL, NULL, &shard, &error));
    REFUSED(gaussmix_shard_create(&x, NULL, NULL, NULL, &error));
    REFUSED(gaussmix_shard_summary(NULL, &other, &error));
    REFUSED(gaussmix_shard_moments(NULL, run, &moments, &error));
    gaussmix_shard_create(&x, NULL, NULL, &shard, &error);
    REFUSED(gaussmix_shard_summary(shard, NULL, &error));
    REFUSED(gaussmix_shard_moments(shard, NULL, &moments, &error));
    REFUSED(gaussmix_shard_moments(shard, run, NULL, &error));
    gaussmix_shard_free(shard);
    gaussmix_shard_free(NULL);
    REFUSED(gaussmix_summary_to_bytes(NULL, NULL, 0, &size, &error));
    REFUSED(gaussmix_summary_to_bytes(summary, NULL, 0, NULL, &error));
    REFUSED(gaussmix_summary_to_bytes(summary, numbers, 1, &size, &error));
    REFUSED(gaussmix_moments_to_bytes(NULL, NULL, 0, &size, &error));
    REFUSED(gaussmix_moments_to_bytes(moments, NULL, 0, NULL, &error));
    REFUSED(gaussmix_moments_to_bytes(moments, numbers, 1, &size, &error));
    REFUSED(gaussmix_summary_from_bytes(NULL, 0, &other, &error));
    REFUSED(gaussmix_summary_from_bytes(NULL, 64, &other, &error));
    REFUSED(gaussmix_summary_from_bytes(numbers, sizeof(numbers), &other, &error));
    REFUSED(gaussmix_summary_from_bytes(numbers, sizeof(numbers), NULL, &error));
    REFUSED(gaussmix_moments_from_bytes(NULL, 0, &moments, &error));
    REFUSED(gaussmix_moments_from_bytes(numbers, sizeof(numbers), &moments, &error));
    REFUSED(gaussmix_moments_from_bytes(numbers, sizeof(numbers), NULL, &error));
    REFUSED(gaussmix_run_advance(run, NULL, &error));
    gaussmix_moments_free(moments);
    CHECK(made == NULL && begun == NULL);

    CHECK(gaussmix_model_n_components(NULL) == 0 && gaussmix_model_n_features(NULL) == 0);
    CHECK(gaussmix_model_covariance_type(NULL) == 0 && gaussmix_model_n_parameters(NULL) == 0);
    CHECK(gaussmix_model_weights(NULL) == NULL && gaussmix_model_means(NULL) == NULL);
    CHECK(gaussmix_model_covariances(NULL) == NULL && gaussmix_model_covariances_size(NULL) == 0);
    CHECK(gaussmix_model_status(NULL) == 0 && gaussmix_model_n_iter(NULL) == 0 && gaussmix_model_restart(NULL) == 0);
    CHECK(gaussmix_model_history(NULL) == NULL && gaussmix_model_history_size(NULL) == 0);
    CHECK(gaussmix_model_n_events(NULL) == 0 && gaussmix_model_concentration(NULL) == NULL);
    CHECK(gaussmix_model_concentration_size(NULL) == 0 && gaussmix_model_mean_precision(NULL) == NULL);
    CHECK(gaussmix_model_degrees_of_freedom(NULL) == NULL && gaussmix_model_feature_name(NULL, 0) == NULL);
    gaussmix_options_init(NULL, sizeof options);
    gaussmix_prior_init(NULL, sizeof(gaussmix_prior));
    gaussmix_weight_prior_init(NULL, sizeof(gaussmix_weight_prior));
    gaussmix_execution_init(NULL, sizeof(gaussmix_execution));
    gaussmix_options_init(&options, 0);
    gaussmix_options_init(&options, 1);
}

/// Of a fit and of a run.
static void options_are_refused(const gaussmix_options* options, const gaussmix_summary* summary,
                                const gaussmix_model* model) {
    const gaussmix_matrix x = all_rows();
    gaussmix_options with_start = *options;
    gaussmix_model* made = NULL;
    gaussmix_run* begun = NULL;
    with_start.start_model = model;
    REFUSED(gaussmix_fit(&x, NULL, options, NULL, &made, &error));
    REFUSED(gaussmix_run_create(summary, &with_start, NULL, &begun, &error));
    CHECK(made == NULL && begun == NULL);
}

static void options_and_sizes(const gaussmix_summary* summary, const gaussmix_model* model) {
    const size_t sizes[] = {0, 1, 7, 65537, (size_t)-1};
    const double one = 1;
    const int64_t n = INT64_C(1) << 32;
    const gaussmix_matrix x = all_rows();
    gaussmix_options options = gaussmix_default_options(N_COMPONENTS);
    gaussmix_execution execution = gaussmix_default_execution();
    gaussmix_prior prior = gaussmix_default_prior();
    gaussmix_weight_prior weight_prior = gaussmix_default_weight_prior();
    gaussmix_model* made = NULL;
    double score;
    double drawn;
    int64_t label;
    EACH(i, wild) {
        options = gaussmix_default_options(N_COMPONENTS);
        options.covariance_type = wild[i];
        options_are_refused(&options, summary, model);
        options = gaussmix_default_options(N_COMPONENTS);
        options.init = wild[i];
        options_are_refused(&options, summary, model);
        options = gaussmix_default_options(N_COMPONENTS);
        options.pruning = wild[i];
        options_are_refused(&options, summary, model);
        REFUSED(gaussmix_model_create(wild[i], 1, 1, &one, &one, &one, &made, &error));
        CHECK(strcmp(gaussmix_status_name(wild[i]), "unknown") == 0);
        CHECK(strcmp(gaussmix_act_name(wild[i]), "unknown") == 0);
    }
    EACH(i, no_size) {
        options = gaussmix_default_options(no_size[i]);
        options_are_refused(&options, summary, model);
        REFUSED(gaussmix_model_create(GAUSSMIX_FULL, no_size[i], 1, &one, &one, &one, &made, &error));
        REFUSED(gaussmix_model_create(GAUSSMIX_FULL, 1, no_size[i], &one, &one, &one, &made, &error));
        REFUSED(gaussmix_sample(model, no_size[i], 0, NULL, &drawn, &label, &error));
    }
    REFUSED(gaussmix_model_create(GAUSSMIX_FULL, n, n, &one, &one, &one, &made, &error));
    EACH(i, sizes) {
        options = gaussmix_default_options(N_COMPONENTS);
        options.size = sizes[i];
        options_are_refused(&options, summary, model);
        options = gaussmix_default_options(N_COMPONENTS);
        options.prior = &prior;
        prior.size = sizes[i];
        options_are_refused(&options, summary, model);
        prior = gaussmix_default_prior();
        options.variational = &weight_prior;
        weight_prior.size = sizes[i];
        options_are_refused(&options, summary, model);
        weight_prior = gaussmix_default_weight_prior();
        execution.size = sizes[i];
        REFUSED(gaussmix_score(model, &x, NULL, &execution, &score, &error));
        execution = gaussmix_default_execution();
    }
    execution.n_threads = 100000;
    REFUSED(gaussmix_score(model, &x, NULL, &execution, &score, &error));
    EACH(i, wild) {
        if (wild[i] == 14 || wild[i] == 77) continue;
        execution.n_threads = wild[i];
        REFUSED(gaussmix_score(model, &x, NULL, &execution, &score, &error));
    }
    CHECK(made == NULL);
}

int main(void) {
    const gaussmix_matrix x = all_rows();
    gaussmix_options options = gaussmix_default_options(N_COMPONENTS);
    gaussmix_summary* summary = NULL;
    gaussmix_run* run = NULL;
    for (int i = 0; i < N_ROWS * N_FEATURES; ++i) rows[i] = (i % 3) + 0.01 * ((i * 7) % 11) + (i > N_ROWS ? 9 : 0);
    gaussmix_model* model = fitted();
    options.start_model = model;
    CHECK(gaussmix_summarize(&x, NULL, NULL, &summary, &error) == GAUSSMIX_OK);
    CHECK(gaussmix_run_create(summary, &options, NULL, &run, &error) == GAUSSMIX_OK);
    views(model, run);
    null_pointers(model, run, summary);
    options_and_sizes(summary, model);
    gaussmix_run_free(run);
    gaussmix_summary_free(summary);
    gaussmix_model_free(model);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
