/// The binary layout that gaussmix.h promises, as of GAUSSMIX_ABI_VERSION 7: where a compiler refuses a line, programs
/// that exist would break. Fields may be added at the end of structures that begin with `size`, and constants; then add
/// them here.
#include <gaussmix.h>

#define SAME(name, condition) typedef char name[(condition) ? 1 : -1]
#define AT(type, field, bytes) SAME(type##_##field, offsetof(gaussmix_##type, field) == (bytes))

#if INTPTR_MAX == INT64_MAX
AT(error, code, 0);
AT(error, system_error, 4);
AT(error, row, 8);
AT(error, feature, 16);
AT(error, message, 24);
SAME(error_size, sizeof(gaussmix_error) == 1024);

AT(matrix, data, 0);
AT(matrix, n_rows, 8);
AT(matrix, n_features, 16);
AT(matrix, row_stride, 24);
AT(matrix, feature_stride, 32);
AT(matrix, scalar, 40);
SAME(matrix_size, sizeof(gaussmix_matrix) == 48);

AT(event, iteration, 0);
AT(event, component, 8);
AT(event, act, 16);
SAME(event_size, sizeof(gaussmix_event) == 24);

AT(end, log_likelihood, 0);
AT(end, times, 8);
AT(end, collapsed, 16);
SAME(end_size, sizeof(gaussmix_end) == 24);

AT(progress, restart, 0);
AT(progress, iteration, 8);
AT(progress, log_likelihood, 16);
AT(progress, change, 24);

AT(execution, size, 0);
AT(execution, n_threads, 8);
AT(execution, instruction_set, 16);
AT(execution, poll, 24);
AT(execution, poll_data, 32);

AT(prior, size, 0);
AT(prior, mean_precision, 8);
AT(prior, degrees_of_freedom, 16);
AT(prior, mean, 24);
AT(prior, covariance, 32);

AT(weight_prior, size, 0);
AT(weight_prior, process, 8);
AT(weight_prior, concentration, 16);

AT(options, size, 0);
AT(options, n_components, 8);
AT(options, covariance_type, 16);
AT(options, init, 24);
AT(options, n_init, 32);
AT(options, max_iter, 40);
AT(options, tol, 48);
AT(options, reg_covar, 56);
AT(options, seed, 64);
AT(options, pruning, 72);
AT(options, strict, 80);
AT(options, prior, 88);
AT(options, variational, 96);
AT(options, start_labels, 104);
AT(options, start_responsibilities, 112);
AT(options, start_model, 120);
AT(options, on_iteration, 128);
AT(options, on_iteration_data, 136);
AT(options, effort, 144);
AT(options, acceleration, 152);
AT(options, noise, 160);
AT(options, fixed_weights, 168);
AT(options, n_fixed_weights, 176);
AT(options, fixed_means, 184);
AT(options, n_fixed_means, 192);
AT(options, fixed_covariances, 200);
AT(options, n_fixed_covariances, 208);
AT(options, least_weight, 216);
AT(options, most_weight, 224);
AT(options, least_variance, 232);
AT(options, most_variance, 240);
AT(options, allowed, 248);

AT(allowed, size, 0);
AT(allowed, sets, 8);
AT(allowed, n_sets, 16);
AT(allowed, n_terms, 24);
AT(allowed, set_of, 32);

AT(select_options, size, 0);
AT(select_options, covariance_types, 8);
AT(select_options, n_covariance_types, 16);
AT(select_options, n_components, 24);
AT(select_options, n_n_components, 32);
AT(select_options, fit, 40);
AT(select_options, max_fits, 48);
AT(select_options, max_seconds, 56);
AT(select_options, on_step, 64);
AT(select_options, on_step_data, 72);

AT(cell, covariance_type, 0);
AT(cell, n_components, 8);
AT(cell, bic, 16);
AT(cell, aic, 24);
AT(cell, icl, 32);
AT(cell, may_be_chosen, 40);
SAME(cell_size, sizeof(gaussmix_cell) == 48);

AT(noise, size, 0);
AT(noise, weight, 8);
AT(noise, log_volume, 16);
#endif

SAME(codes, GAUSSMIX_OK == 0 && GAUSSMIX_INVALID_ARGUMENT == 1 && GAUSSMIX_NOT_FINITE == 2 &&
                GAUSSMIX_DEGENERATE == 3 && GAUSSMIX_BAD_FILE == 4 && GAUSSMIX_IO == 5 && GAUSSMIX_INTERRUPTED == 6 &&
                GAUSSMIX_OUT_OF_MEMORY == 7 && GAUSSMIX_INTERNAL == 100);
SAME(scalars, GAUSSMIX_F16 == 0 && GAUSSMIX_F32 == 1 && GAUSSMIX_F64 == 2 && GAUSSMIX_I8 == 3 && GAUSSMIX_I16 == 4 &&
                  GAUSSMIX_I32 == 5 && GAUSSMIX_I64 == 6 && GAUSSMIX_U8 == 7 && GAUSSMIX_U16 == 8 &&
                  GAUSSMIX_U32 == 9 && GAUSSMIX_U64 == 10 && GAUSSMIX_MISSING == 256);
SAME(families, GAUSSMIX_FULL == 0 && GAUSSMIX_TIED == 1 && GAUSSMIX_DIAG == 2 && GAUSSMIX_SPHERICAL == 3);
SAME(coded_families, GAUSSMIX_EII == 4 && GAUSSMIX_EEI == 5 && GAUSSMIX_VEI == 6 && GAUSSMIX_EVI == 7 &&
                         GAUSSMIX_VEE == 8 && GAUSSMIX_EVE == 9 && GAUSSMIX_VVE == 10 && GAUSSMIX_EEV == 11 &&
                         GAUSSMIX_VEV == 12 && GAUSSMIX_EVV == 13);
SAME(statuses, GAUSSMIX_STATUS_RUNNING == 0 && GAUSSMIX_STATUS_CONVERGED == 1 && GAUSSMIX_STATUS_MAX_ITER == 2 &&
                   GAUSSMIX_STATUS_STALLED == 3 && GAUSSMIX_STATUS_INTERRUPTED == 4 && GAUSSMIX_STATUS_GIVEN == 5);
SAME(acts, GAUSSMIX_ACT_JITTER == 0 && GAUSSMIX_ACT_FLOOR == 1 && GAUSSMIX_ACT_RESEED == 2 && GAUSSMIX_ACT_PRUNE == 3 &&
               GAUSSMIX_ACT_IDENTICAL == 4 && GAUSSMIX_ACT_CONSTANT == 5 && GAUSSMIX_ACT_APART == 6);
SAME(inits, GAUSSMIX_INIT_KMEANS == 0 && GAUSSMIX_INIT_KMEANS_PLUSPLUS == 1 && GAUSSMIX_INIT_RANDOM_FROM_DATA == 2 &&
                GAUSSMIX_INIT_RANDOM == 3);
SAME(criteria, GAUSSMIX_BIC == 0 && GAUSSMIX_AIC == 1 && GAUSSMIX_ICL == 2);
SAME(prunings, GAUSSMIX_PRUNING_AUTO == 0 && GAUSSMIX_PRUNING_OFF == 1);
SAME(accelerations,
     GAUSSMIX_ACCELERATION_AUTO == 0 && GAUSSMIX_ACCELERATION_OFF == 1 && GAUSSMIX_ACCELERATION_CLASSIC == 2);
SAME(efforts, GAUSSMIX_EFFORT_LOW == 0 && GAUSSMIX_EFFORT_NORMAL == 1 && GAUSSMIX_EFFORT_HIGH == 2);
