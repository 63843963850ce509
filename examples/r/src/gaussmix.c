/// Glue between R and gaussmix.h. R's matrices are read where they lie; its interrupts stop a fit.
#define R_NO_REMAP
#include <R.h>
#include <R_ext/Rdynload.h>
#include <R_ext/Utils.h>
#include <Rinternals.h>
#include <gaussmix.h>

static void check_interrupt(void* unused) {
    (void)unused;
    R_CheckUserInterrupt();
}

/// R's own check leaves by a long jump, which must not pass through gaussmix: let it jump no further than here.
static int interrupted(void* unused) { return R_ToplevelExec(check_interrupt, unused) ? 0 : 1; }

static gaussmix_execution execution(void) {
    gaussmix_execution result = gaussmix_default_execution();
    result.poll = interrupted;
    return result;
}

/// Tells R of a failure; rows and columns counted from 1, as R does.
static void check(int32_t code, const gaussmix_error* error) {
    if (code == GAUSSMIX_NOT_FINITE) {
        Rf_error(
            "x has NA, NaN or infinity in row %.0f, column %.0f: leave such rows out, or, unless it is infinite, fit "
            "around it with missing = \"em\"",
            (double)error->row + 1, (double)error->feature + 1);
    }
    if (code != GAUSSMIX_OK) Rf_error("%s", error->message);
}

static gaussmix_matrix view(SEXP x) { return gaussmix_column_major(REAL(x), Rf_nrows(x), Rf_ncols(x)); }

/// The same, where NA and NaN are missing values if `missing` is TRUE.
static gaussmix_matrix perhaps_with_holes(SEXP x, SEXP missing) {
    gaussmix_matrix rows = view(x);
    if (Rf_asLogical(missing) == TRUE) rows.scalar |= GAUSSMIX_MISSING;
    return rows;
}

static void finalize(SEXP pointer) {
    gaussmix_model_free(R_ExternalPtrAddr(pointer));
    R_ClearExternalPtr(pointer);
}

/// An R object that frees the model it will hold; made first, so that no error of R can leak a model.
static SEXP holder(void) {
    SEXP pointer = PROTECT(R_MakeExternalPtr(NULL, R_NilValue, R_NilValue));
    R_RegisterCFinalizerEx(pointer, finalize, TRUE);
    UNPROTECT(1);
    return pointer;
}

static gaussmix_model* held(SEXP pointer) {
    gaussmix_model* model = TYPEOF(pointer) == EXTPTRSXP ? R_ExternalPtrAddr(pointer) : NULL;
    if (model == NULL) Rf_error("this is no gaussmix model of this session: load it from a file");
    return model;
}

/// Of n_components, covariance_type, n_init, max_iter, tol, reg_covar, seed, effort, acceleration; `noise` receives the
/// weight and the log-volume of a background, unless they are NULL.
static gaussmix_options options_of(SEXP numbers, SEXP background, gaussmix_noise* noise) {
    const double* n = REAL(numbers);
    gaussmix_options options = gaussmix_default_options((int64_t)n[0]);
    options.covariance_type = (int64_t)n[1];
    options.n_init = (int64_t)n[2];
    options.max_iter = (int64_t)n[3];
    options.tol = n[4];
    options.reg_covar = n[5];
    options.seed = (uint64_t)n[6];
    options.effort = (int64_t)n[7];
    options.acceleration = (int64_t)n[8];
    *noise = gaussmix_default_noise();
    if (!Rf_isNull(background)) {
        noise->weight = REAL(background)[0];
        noise->log_volume = REAL(background)[1];
        options.noise = noise;
    }
    return options;
}

static void name_features(gaussmix_model* model, SEXP names) {
    gaussmix_error error;
    if (Rf_isNull(names)) return;
    const int64_t d = gaussmix_model_n_features(model);
    const char** texts = (const char**)R_alloc((size_t)d, sizeof(char*));
    for (int64_t j = 0; j < d; ++j) texts[j] = Rf_translateCharUTF8(STRING_ELT(names, j));
    check(gaussmix_model_set_feature_names(model, texts, &error), &error);
}

static int64_t* integers(SEXP values) {
    int64_t* result = (int64_t*)R_alloc((size_t)Rf_length(values), sizeof(int64_t));
    for (int i = 0; i < Rf_length(values); ++i) result[i] = (int64_t)REAL(values)[i];
    return result;
}

/// Reads what is known: a model to start from, the components whose weights, means and covariances stay, four bounds,
/// and what `allowed` receives, the components that each row may have come from, unless it is NULL.
static void know(SEXP known, int64_t n_rows, gaussmix_options* options, gaussmix_allowed* allowed) {
    if (!Rf_isNull(VECTOR_ELT(known, 0))) options->start_model = held(VECTOR_ELT(known, 0));
    options->fixed_weights = integers(VECTOR_ELT(known, 1));
    options->n_fixed_weights = Rf_length(VECTOR_ELT(known, 1));
    options->fixed_means = integers(VECTOR_ELT(known, 2));
    options->n_fixed_means = Rf_length(VECTOR_ELT(known, 2));
    options->fixed_covariances = integers(VECTOR_ELT(known, 3));
    options->n_fixed_covariances = Rf_length(VECTOR_ELT(known, 3));
    const double* bounds = REAL(VECTOR_ELT(known, 4));
    options->least_weight = bounds[0];
    options->most_weight = bounds[1];
    options->least_variance = bounds[2];
    options->most_variance = bounds[3];
    SEXP sets = VECTOR_ELT(known, 5);
    if (Rf_isNull(sets)) return;
    *allowed = (gaussmix_allowed){sizeof(gaussmix_allowed), RAW(sets), n_rows, options->n_components + 1, NULL};
    options->allowed = allowed;
}

static SEXP fit(SEXP x, SEXP sample_weight, SEXP numbers, SEXP names, SEXP missing, SEXP background, SEXP known) {
    gaussmix_error error;
    gaussmix_noise noise;
    gaussmix_allowed allowed;
    gaussmix_model* model = NULL;
    const gaussmix_matrix rows = perhaps_with_holes(x, missing);
    const gaussmix_execution how = execution();
    gaussmix_options options = options_of(numbers, background, &noise);
    know(known, rows.n_rows, &options, &allowed);
    SEXP pointer = PROTECT(holder());
    check(gaussmix_fit(&rows, Rf_isNull(sample_weight) ? NULL : REAL(sample_weight), &options, &how, &model, &error),
          &error);
    R_SetExternalPtrAddr(pointer, model);
    name_features(model, names);
    UNPROTECT(1);
    return pointer;
}

static void finalize_selection(SEXP pointer) {
    gaussmix_selection_free(R_ExternalPtrAddr(pointer));
    R_ClearExternalPtr(pointer);
}

/// The cells, as columns of a table, and their models; `families` is NULL for all that make sense.
static SEXP select_cells(SEXP x, SEXP sample_weight, SEXP numbers, SEXP names, SEXP background, SEXP families,
                         SEXP counts, SEXP missing) {
    const char* columns[] = {"covariance_type", "n_components", "bic", "aic", "icl", "reason", "model", ""};
    gaussmix_error error;
    gaussmix_noise noise;
    gaussmix_selection* selection = NULL;
    const gaussmix_matrix rows = perhaps_with_holes(x, missing);
    const gaussmix_execution how = execution();
    const gaussmix_options of_fits = options_of(numbers, background, &noise);
    gaussmix_select_options options = gaussmix_default_select_options();
    options.fit = &of_fits;
    options.n_components = integers(counts);
    options.n_n_components = Rf_length(counts);
    if (!Rf_isNull(families)) {
        options.covariance_types = integers(families);
        options.n_covariance_types = Rf_length(families);
    }
    SEXP keeper = PROTECT(R_MakeExternalPtr(NULL, R_NilValue, R_NilValue));
    R_RegisterCFinalizerEx(keeper, finalize_selection, TRUE);
    check(gaussmix_select(&rows, Rf_isNull(sample_weight) ? NULL : REAL(sample_weight), &options, &how, &selection,
                          &error),
          &error);
    R_SetExternalPtrAddr(keeper, selection);
    const int64_t n = gaussmix_selection_n_cells(selection);
    SEXP result = PROTECT(Rf_mkNamed(VECSXP, columns));
    for (int column = 0; column < 2; ++column) SET_VECTOR_ELT(result, column, Rf_allocVector(INTSXP, n));
    for (int column = 2; column < 5; ++column) SET_VECTOR_ELT(result, column, Rf_allocVector(REALSXP, n));
    SET_VECTOR_ELT(result, 5, Rf_allocVector(STRSXP, n));
    SET_VECTOR_ELT(result, 6, Rf_allocVector(VECSXP, n));
    for (int64_t i = 0; i < n; ++i) {
        gaussmix_cell cell;
        check(gaussmix_selection_cell(selection, i, &cell, &error), &error);
        INTEGER(VECTOR_ELT(result, 0))[i] = (int)cell.covariance_type;
        INTEGER(VECTOR_ELT(result, 1))[i] = (int)cell.n_components;
        REAL(VECTOR_ELT(result, 2))[i] = cell.bic;
        REAL(VECTOR_ELT(result, 3))[i] = cell.aic;
        REAL(VECTOR_ELT(result, 4))[i] = cell.icl;
        SET_STRING_ELT(VECTOR_ELT(result, 5), i, Rf_mkCharCE(gaussmix_selection_reason(selection, i), CE_UTF8));
        if (ISNAN(cell.bic)) continue;
        gaussmix_model* model = NULL;
        SEXP pointer = holder();
        SET_VECTOR_ELT(VECTOR_ELT(result, 6), i, pointer);
        check(gaussmix_selection_model(selection, i, &model, &error), &error);
        R_SetExternalPtrAddr(pointer, model);
        name_features(model, names);
    }
    UNPROTECT(2);
    return result;
}

static SEXP load(SEXP path) {
    gaussmix_error error;
    gaussmix_model* model = NULL;
    SEXP pointer = PROTECT(holder());
    check(gaussmix_load(CHAR(STRING_ELT(path, 0)), &model, &error), &error);
    R_SetExternalPtrAddr(pointer, model);
    UNPROTECT(1);
    return pointer;
}

static SEXP save(SEXP pointer, SEXP path) {
    gaussmix_error error;
    check(gaussmix_save(held(pointer), CHAR(STRING_ELT(path, 0)), &error), &error);
    return R_NilValue;
}

static SEXP doubles(const double* values, int64_t size) {
    SEXP result = Rf_allocVector(REALSXP, size);
    for (int64_t i = 0; i < size; ++i) REAL(result)[i] = values[i];
    return result;
}

/// Of a part of the posterior; NULL where the model has none.
static SEXP posterior(const double* values, int64_t size) {
    return values == NULL ? R_NilValue : doubles(values, size);
}

static SEXP feature_names(const gaussmix_model* model) {
    const int64_t d = gaussmix_model_n_features(model);
    if (gaussmix_model_feature_name(model, 0) == NULL) return R_NilValue;
    SEXP result = PROTECT(Rf_allocVector(STRSXP, d));
    for (int64_t j = 0; j < d; ++j) {
        SET_STRING_ELT(result, j, Rf_mkCharCE(gaussmix_model_feature_name(model, j), CE_UTF8));
    }
    UNPROTECT(1);
    return result;
}

static SEXP parameters(SEXP pointer) {
    const char* names[] = {"weights",
                           "means",
                           "covariances",
                           "covariance_type",
                           "status",
                           "n_iter",
                           "history",
                           "feature_names",
                           "weight_concentration",
                           "mean_precision",
                           "degrees_of_freedom",
                           "collapsed",
                           "missing",
                           "noise_weight",
                           "noise_log_volume",
                           ""};
    const gaussmix_model* m = held(pointer);
    const int64_t k = gaussmix_model_n_components(m);
    SEXP result = PROTECT(Rf_mkNamed(VECSXP, names));
    SET_VECTOR_ELT(result, 0, doubles(gaussmix_model_weights(m), k));
    SET_VECTOR_ELT(result, 1, doubles(gaussmix_model_means(m), k * gaussmix_model_n_features(m)));
    SET_VECTOR_ELT(result, 2, doubles(gaussmix_model_covariances(m), gaussmix_model_covariances_size(m)));
    SET_VECTOR_ELT(result, 3, Rf_ScalarInteger((int)gaussmix_model_covariance_type(m)));
    SET_VECTOR_ELT(result, 4, Rf_mkString(gaussmix_status_name(gaussmix_model_status(m))));
    SET_VECTOR_ELT(result, 5, Rf_ScalarInteger((int)gaussmix_model_n_iter(m)));
    SET_VECTOR_ELT(result, 6, doubles(gaussmix_model_history(m), gaussmix_model_history_size(m)));
    SET_VECTOR_ELT(result, 7, feature_names(m));
    SET_VECTOR_ELT(result, 8, posterior(gaussmix_model_concentration(m), gaussmix_model_concentration_size(m)));
    SET_VECTOR_ELT(result, 9, posterior(gaussmix_model_mean_precision(m), k));
    SET_VECTOR_ELT(result, 10, posterior(gaussmix_model_degrees_of_freedom(m), k));
    SEXP collapsed = Rf_allocVector(INTSXP, gaussmix_model_n_collapsed(m));
    SET_VECTOR_ELT(result, 11, collapsed);
    for (int64_t i = 0; i < gaussmix_model_n_collapsed(m); ++i) {
        INTEGER(collapsed)[i] = (int)gaussmix_model_collapsed(m)[i] + 1;  // counted from 1
    }
    SET_VECTOR_ELT(result, 12, Rf_ScalarLogical((int)gaussmix_model_missing(m)));
    if (gaussmix_model_n_terms(m) > k) {
        SET_VECTOR_ELT(result, 13, Rf_ScalarReal(gaussmix_model_noise_weight(m)));
        SET_VECTOR_ELT(result, 14, Rf_ScalarReal(gaussmix_model_noise_log_volume(m)));
    }
    UNPROTECT(1);
    return result;
}

static SEXP predict(SEXP pointer, SEXP x, SEXP missing) {
    gaussmix_error error;
    const gaussmix_matrix rows = perhaps_with_holes(x, missing);
    const gaussmix_execution how = execution();
    const gaussmix_model* model = held(pointer);
    int64_t* labels = (int64_t*)R_alloc((size_t)rows.n_rows, sizeof(int64_t));
    check(gaussmix_predict(model, &rows, &how, labels, &error), &error);
    SEXP result = Rf_allocVector(INTSXP, rows.n_rows);
    for (int64_t i = 0; i < rows.n_rows; ++i) INTEGER(result)[i] = (int)labels[i];
    return result;
}

typedef int32_t of_rows(const gaussmix_model*, const gaussmix_matrix*, const gaussmix_execution*, double*,
                        gaussmix_error*);

/// What `compute` says of each row: `width` numbers.
static SEXP asked(SEXP pointer, SEXP x, SEXP missing, of_rows* compute, int64_t width) {
    gaussmix_error error;
    const gaussmix_matrix rows = perhaps_with_holes(x, missing);
    const gaussmix_execution how = execution();
    SEXP result = PROTECT(Rf_allocVector(REALSXP, rows.n_rows * width));
    check(compute(held(pointer), &rows, &how, REAL(result), &error), &error);
    UNPROTECT(1);
    return result;
}

static SEXP predict_proba(SEXP pointer, SEXP x, SEXP missing) {
    return asked(pointer, x, missing, gaussmix_predict_terms, gaussmix_model_n_terms(held(pointer)));
}

static SEXP score_samples(SEXP pointer, SEXP x, SEXP missing) {
    return asked(pointer, x, missing, gaussmix_score_samples, 1);
}

/// Of n_draws, how often the rows are wanted with missing values drawn; 0: once, with their means.
static SEXP impute(SEXP pointer, SEXP x, SEXP n_draws, SEXP seed) {
    gaussmix_error error;
    const gaussmix_matrix rows = view(x);
    const gaussmix_execution how = execution();
    const int64_t draws = (int64_t)Rf_asReal(n_draws);
    const int64_t times = draws > 0 ? draws : 1;
    SEXP result = PROTECT(Rf_allocVector(REALSXP, times * rows.n_rows * rows.n_features));
    if (draws > 0) {
        check(gaussmix_draw_missing(held(pointer), &rows, draws, (uint64_t)Rf_asReal(seed), &how, REAL(result), &error),
              &error);
    } else {
        check(gaussmix_impute(held(pointer), &rows, &how, REAL(result), NULL, &error), &error);
    }
    UNPROTECT(1);
    return result;
}

static SEXP criteria(SEXP pointer, SEXP x, SEXP sample_weight, SEXP missing) {
    gaussmix_error error;
    const gaussmix_matrix rows = perhaps_with_holes(x, missing);
    const gaussmix_execution how = execution();
    SEXP result = PROTECT(Rf_allocVector(REALSXP, 3));
    double* found = REAL(result);
    check(gaussmix_weighted_criteria(held(pointer), &rows, Rf_isNull(sample_weight) ? NULL : REAL(sample_weight), &how,
                                     &found[0], &found[1], &found[2], &error),
          &error);
    UNPROTECT(1);
    return result;
}

static const R_CallMethodDef methods[] = {{"C_fit", (DL_FUNC)&fit, 7},
                                          {"C_select", (DL_FUNC)&select_cells, 8},
                                          {"C_load", (DL_FUNC)&load, 1},
                                          {"C_save", (DL_FUNC)&save, 2},
                                          {"C_parameters", (DL_FUNC)&parameters, 1},
                                          {"C_predict", (DL_FUNC)&predict, 3},
                                          {"C_predict_proba", (DL_FUNC)&predict_proba, 3},
                                          {"C_score_samples", (DL_FUNC)&score_samples, 3},
                                          {"C_criteria", (DL_FUNC)&criteria, 4},
                                          {"C_impute", (DL_FUNC)&impute, 4},
                                          {NULL, NULL, 0}};

void R_init_gaussmix(DllInfo* dll) {
    R_registerRoutines(dll, NULL, methods, NULL, NULL);
    R_useDynamicSymbols(dll, FALSE);
}
