/// The C interface of gaussmix: Gaussian mixture models fitted by expectation-maximisation. C99.
///
/// Conventions. A function that can fail returns GAUSSMIX_OK (zero) or another code, and describes the failure in
/// `error`, which may be NULL; a handle that was to be made is then left as it was, and the contents of output arrays
/// are undefined. Nothing throws, aborts or prints. NULL where a pointer is needed is an error, not a crash; getters
/// return zero or NULL for it. Handles are opaque; the argument of a `..._free` function may be NULL. A pointer that a
/// getter returns lives as long as its handle. Many threads may use one model at a time; a run, moments and a summary
/// belong to one thread at a time. Arrays are row-major; K is the number of components, d that of features.
/// Log-likelihoods are in nats.
///
/// Stability. A program built with this header runs with every later library of the same major version: functions keep
/// their names, parameters and meaning, constants their values, structures their fields. Structures that begin with
/// `size` may get more fields at the end, of which the library reads only those that the program has;
/// `gaussmix_progress` may grow in the same way. Functions and constants may be added: GAUSSMIX_ABI_VERSION then rises.
/// docs/hosts.md has more.
#ifndef GAUSSMIX_H
#define GAUSSMIX_H

#include <stddef.h>
#include <stdint.h>

#include "gaussmix/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The version of this header's functions, fields and constants, raised whenever some are added.
#define GAUSSMIX_ABI_VERSION 7

/// Returns that version of the running library; a program may require gaussmix_abi_version() >= GAUSSMIX_ABI_VERSION.
GAUSSMIX_EXPORT int32_t gaussmix_abi_version(void);

/// Returns "major.minor.patch" of the running library.
GAUSSMIX_EXPORT const char* gaussmix_version(void);

// Errors

/// What went wrong.
enum {
    GAUSSMIX_OK = 0,
    GAUSSMIX_INVALID_ARGUMENT = 1,  ///< an argument is unusable: the message names it and the remedy
    GAUSSMIX_NOT_FINITE = 2,        ///< the data contain NaN or infinity: `row` and `feature` say where
    GAUSSMIX_DEGENERATE = 3,        ///< there is no model with finite, positive definite covariances
    GAUSSMIX_BAD_FILE = 4,          ///< a model file is malformed, truncated or of an unknown version
    GAUSSMIX_IO = 5,                ///< the system refused to read or write a file: `system_error` is its errno
    GAUSSMIX_INTERRUPTED = 6,       ///< `poll` asked to stop
    GAUSSMIX_OUT_OF_MEMORY = 7,     ///< the call needs more memory than this machine has
    GAUSSMIX_INTERNAL = 100         ///< a callback threw a C++ exception, or there is a bug in gaussmix
};

/// A description of what went wrong, owned by the caller. Of fixed layout, 1024 bytes.
typedef struct gaussmix_error {
    int32_t code;
    int32_t system_error;
    int64_t row;         ///< counted from 0; -1 where there is none
    int64_t feature;     ///< counted from 0; -1 where there is none
    char message[1000];  ///< UTF-8, ends with a zero; truncated if it is longer
} gaussmix_error;

// Data

/// The types of elements.
enum {
    GAUSSMIX_F16 = 0,
    GAUSSMIX_F32 = 1,
    GAUSSMIX_F64 = 2,
    GAUSSMIX_I8 = 3,
    GAUSSMIX_I16 = 4,
    GAUSSMIX_I32 = 5,
    GAUSSMIX_I64 = 6,
    GAUSSMIX_U8 = 7,
    GAUSSMIX_U16 = 8,
    GAUSSMIX_U32 = 9,
    GAUSSMIX_U64 = 10
};

/// Added to the type of elements: NaN stands for a value that is missing at random, and a row counts by the others:
/// x.scalar |= GAUSSMIX_MISSING.
enum { GAUSSMIX_MISSING = 256 };

/// A view of n_rows observations of n_features numbers, read in place. Strides are in bytes and may be negative or
/// zero. float16 and float32 rows are computed on in single precision, with sums in double precision, unless that would
/// lose digits. Of fixed layout.
typedef struct gaussmix_matrix {
    const void* data;
    int64_t n_rows;
    int64_t n_features;
    int64_t row_stride;
    int64_t feature_stride;
    int64_t scalar;  ///< GAUSSMIX_F64, ...; perhaps with GAUSSMIX_MISSING
} gaussmix_matrix;

/// Returns a view of a row-major array of doubles, (n_rows, n_features).
static inline gaussmix_matrix gaussmix_row_major(const double* data, int64_t n_rows, int64_t n_features) {
    const int64_t width = sizeof(double);
    gaussmix_matrix x;
    x.data = data;
    x.n_rows = n_rows;
    x.n_features = n_features;
    x.row_stride = n_features * width;
    x.feature_stride = width;
    x.scalar = GAUSSMIX_F64;
    return x;
}

/// Returns a view of a column-major array of doubles, (n_rows, n_features), as in R, Julia and Fortran.
static inline gaussmix_matrix gaussmix_column_major(const double* data, int64_t n_rows, int64_t n_features) {
    const int64_t width = sizeof(double);
    gaussmix_matrix x = gaussmix_row_major(data, n_rows, n_features);
    x.row_stride = width;
    x.feature_stride = n_rows * width;
    return x;
}

/// How a call runs, as opposed to what it computes: results do not depend on the number of threads. NULL stands for the
/// defaults.
typedef struct gaussmix_execution {
    size_t size;                  ///< sizeof(gaussmix_execution)
    int64_t n_threads;            ///< up to 4096; 0: OMP_NUM_THREADS, else the CPUs this process may use
    const char* instruction_set;  ///< NULL: that of the environment variable GAUSSMIX_ISA, else the best available
    /// Called often, on the calling thread; any result but zero abandons the call with GAUSSMIX_INTERRUPTED. May be
    /// NULL. It must return: neither longjmp nor exceptions.
    int (*poll)(void* poll_data);
    void* poll_data;
} gaussmix_execution;

// Models

/// A mixture, and how it was fitted. It never changes, except for its feature names.
typedef struct gaussmix_model gaussmix_model;

/// The covariance families, with the shape of the covariances in each.
enum {
    GAUSSMIX_FULL = 0,       ///< (K, d, d): each component its own matrix
    GAUSSMIX_TIED = 1,       ///< (d, d): one matrix shared by all components
    GAUSSMIX_DIAG = 2,       ///< (K, d): each component its own variances
    GAUSSMIX_SPHERICAL = 3,  ///< (K,): each component one variance
    // By mclust's codes: volume, shape and orientation are equal (E) or variable (V), or there is none (I).
    GAUSSMIX_EII = 4,   ///< (K,): one variance
    GAUSSMIX_EEI = 5,   ///< (K, d): variances of the features, the same in all components
    GAUSSMIX_VEI = 6,   ///< (K, d): in the same proportions in all components
    GAUSSMIX_EVI = 7,   ///< (K, d): with the same product in all components
    GAUSSMIX_VEE = 8,   ///< (K, d, d): matrices in the same proportions
    GAUSSMIX_EVE = 9,   ///< (K, d, d): with the same axes and determinants
    GAUSSMIX_VVE = 10,  ///< (K, d, d): with the same axes
    GAUSSMIX_EEV = 11,  ///< (K, d, d): with the same eigenvalues
    GAUSSMIX_VEV = 12,  ///< (K, d, d): with eigenvalues in the same proportions
    GAUSSMIX_EVV = 13   ///< (K, d, d): with the same determinant
};

/// How a fit ended.
enum {
    GAUSSMIX_STATUS_RUNNING = 0,      ///< not yet
    GAUSSMIX_STATUS_CONVERGED = 1,    ///< at rest: less than tol seemed left to gain, and nothing that matters was lost
    GAUSSMIX_STATUS_MAX_ITER = 2,     ///< max_iter iterations were done first
    GAUSSMIX_STATUS_STALLED = 3,      ///< at rest, but lower than before: the ridge or a mended component holds it down
    GAUSSMIX_STATUS_INTERRUPTED = 4,  ///< the observer asked to stop
    GAUSSMIX_STATUS_GIVEN = 5         ///< not fitted: the parameters were given
};

/// The repairs without which a fit could not go on.
enum {
    GAUSSMIX_ACT_JITTER = 0,     ///< the covariance was not positive definite; its diagonal was raised
    GAUSSMIX_ACT_FLOOR = 1,      ///< in some direction only the ridge keeps the component open
    GAUSSMIX_ACT_RESEED = 2,     ///< the component began without rows and was given half of another one
    GAUSSMIX_ACT_PRUNE = 3,      ///< the component lost all its rows; its weight is zero
    GAUSSMIX_ACT_IDENTICAL = 4,  ///< the component began as a copy of another one; EM cannot separate them
    GAUSSMIX_ACT_CONSTANT = 5,   ///< the feature of that number is constant: the background's volume leaves it out
    GAUSSMIX_ACT_APART = 6       ///< no row has the feature of that number and some other
};

/// One such repair. Of fixed layout.
typedef struct gaussmix_event {
    int64_t iteration;  ///< counted from 1; 0: while starting
    int64_t component;  ///< counted from 0
    int64_t act;        ///< GAUSSMIX_ACT_JITTER, ...
} gaussmix_event;

/// A mixture at which the restarts or searches of a fit ended. Of fixed layout.
typedef struct gaussmix_end {
    double log_likelihood;  ///< mean per row
    int64_t times;          ///< how often a restart or a search ended there
    int64_t collapsed;      ///< 1 if a component has collapsed: the log-likelihood is then meaningless
} gaussmix_end;

/// Returns the name of a status ("converged") or an act ("jitter"); "unknown" for other numbers.
GAUSSMIX_EXPORT const char* gaussmix_status_name(int64_t status);
GAUSSMIX_EXPORT const char* gaussmix_act_name(int64_t act);

/// Makes a mixture from its parameters: weights (K,), means (K, d) and covariances in the shape of the family, which
/// are copied. Two numbers of a matrix that should be equal and differ by the rounding of single precision are both
/// replaced by their mean.
GAUSSMIX_EXPORT int32_t gaussmix_model_create(int64_t covariance_type, int64_t n_components, int64_t n_features,
                                              const double* weights, const double* means, const double* covariances,
                                              gaussmix_model** model, gaussmix_error* error);
GAUSSMIX_EXPORT void gaussmix_model_free(gaussmix_model* model);

GAUSSMIX_EXPORT int64_t gaussmix_model_n_components(const gaussmix_model* model);
GAUSSMIX_EXPORT int64_t gaussmix_model_n_features(const gaussmix_model* model);
GAUSSMIX_EXPORT int64_t gaussmix_model_covariance_type(const gaussmix_model* model);
/// Returns the number of free parameters, as BIC and AIC count them.
GAUSSMIX_EXPORT int64_t gaussmix_model_n_parameters(const gaussmix_model* model);
/// Returns K, and one more if there is a background: the columns that gaussmix_predict_terms writes.
GAUSSMIX_EXPORT int64_t gaussmix_model_n_terms(const gaussmix_model* model);
/// Return the share of the rows that belong to the background, and the logarithm of its volume; 0 without one.
GAUSSMIX_EXPORT double gaussmix_model_noise_weight(const gaussmix_model* model);
GAUSSMIX_EXPORT double gaussmix_model_noise_log_volume(const gaussmix_model* model);
/// Gives a model a background, or another one; the components share what is left of the weight.
GAUSSMIX_EXPORT int32_t gaussmix_model_set_noise(gaussmix_model* model, double weight, double log_volume,
                                                 gaussmix_error* error);
/// Return arrays of shapes (K,), (K, d), and that of the family, with covariances_size doubles.
GAUSSMIX_EXPORT const double* gaussmix_model_weights(const gaussmix_model* model);
GAUSSMIX_EXPORT const double* gaussmix_model_means(const gaussmix_model* model);
GAUSSMIX_EXPORT const double* gaussmix_model_covariances(const gaussmix_model* model);
GAUSSMIX_EXPORT int64_t gaussmix_model_covariances_size(const gaussmix_model* model);

/// Return how the fit ended (GAUSSMIX_STATUS_CONVERGED, ...), its number of iterations, and the best restart, counted
/// from 0.
GAUSSMIX_EXPORT int64_t gaussmix_model_status(const gaussmix_model* model);
GAUSSMIX_EXPORT int64_t gaussmix_model_n_iter(const gaussmix_model* model);
GAUSSMIX_EXPORT int64_t gaussmix_model_restart(const gaussmix_model* model);
/// Returns the mean log-likelihood per row at each iteration, under the parameters that entered it, as in C++; its
/// length is history_size.
GAUSSMIX_EXPORT const double* gaussmix_model_history(const gaussmix_model* model);
GAUSSMIX_EXPORT int64_t gaussmix_model_history_size(const gaussmix_model* model);
GAUSSMIX_EXPORT int64_t gaussmix_model_n_events(const gaussmix_model* model);
/// Writes event number i, 0 <= i < n_events.
GAUSSMIX_EXPORT int32_t gaussmix_model_event(const gaussmix_model* model, int64_t i, gaussmix_event* event,
                                             gaussmix_error* error);

/// Return the number of distinct ends of the restarts of a fit and of the searches for their starts (0 if not fitted
/// here), and write end number i: the highest first, collapsed ones last.
GAUSSMIX_EXPORT int64_t gaussmix_model_n_ends(const gaussmix_model* model);
GAUSSMIX_EXPORT int32_t gaussmix_model_end(const gaussmix_model* model, int64_t i, gaussmix_end* end,
                                           gaussmix_error* error);

/// Returns the components that have collapsed, (n_collapsed,), ascending: in some direction in which the rows vary,
/// only the ridge gives them a variance, or they have fewer distinct rows than a covariance needs. {0} if a shared
/// covariance collapsed. A model with n_collapsed > 0 is degenerate: its likelihood, BIC, AIC and ICL do not show how
/// well it describes the data, and it must not be chosen by them. Files of older versions do not record it.
GAUSSMIX_EXPORT const int64_t* gaussmix_model_collapsed(const gaussmix_model* model);
GAUSSMIX_EXPORT int64_t gaussmix_model_n_collapsed(const gaussmix_model* model);

/// Returns 1 if the model was fitted to rows with GAUSSMIX_MISSING, as its file says too, else 0.
GAUSSMIX_EXPORT int64_t gaussmix_model_missing(const gaussmix_model* model);

/// Return the posterior of variational Bayes, which files keep; otherwise NULL and 0 (also for files of such fits by
/// versions that kept the parameters alone). The concentration of the weights is (K,), or that of the sticks (2, K);
/// the precision of each mean, in units of its component's, is (K,); the degrees of freedom of each Wishart
/// distribution are (K,).
GAUSSMIX_EXPORT const double* gaussmix_model_concentration(const gaussmix_model* model);
GAUSSMIX_EXPORT int64_t gaussmix_model_concentration_size(const gaussmix_model* model);
GAUSSMIX_EXPORT const double* gaussmix_model_mean_precision(const gaussmix_model* model);
GAUSSMIX_EXPORT const double* gaussmix_model_degrees_of_freedom(const gaussmix_model* model);

/// Returns the name of feature j in UTF-8; NULL if features have no names.
GAUSSMIX_EXPORT const char* gaussmix_model_feature_name(const gaussmix_model* model, int64_t j);
/// Names all d features, in UTF-8, for files and readers; NULL removes the names. No other thread may use the model
/// during the call.
GAUSSMIX_EXPORT int32_t gaussmix_model_set_feature_names(gaussmix_model* model, const char* const* names,
                                                         gaussmix_error* error);

/// Writes a model file, the same for every host; every later version can load it. The new file is written beside
/// `path`, in UTF-8, and renamed over it.
GAUSSMIX_EXPORT int32_t gaussmix_save(const gaussmix_model* model, const char* path, gaussmix_error* error);
/// Reads a model file. Nothing in the file is trusted.
GAUSSMIX_EXPORT int32_t gaussmix_load(const char* path, gaussmix_model** model, gaussmix_error* error);

// Fit

/// How a fit finds its first parameters if none are given.
enum {
    GAUSSMIX_INIT_KMEANS = 0,            ///< k-means on a sample, split and merged; see Init in options.hpp
    GAUSSMIX_INIT_KMEANS_PLUSPLUS = 1,   ///< greedy k-means++ seeds, each row assigned to the nearest
    GAUSSMIX_INIT_RANDOM_FROM_DATA = 2,  ///< distinct rows as seeds, each row assigned to the nearest
    GAUSSMIX_INIT_RANDOM = 3             ///< random responsibilities
};

/// Whether a fit skips pairs of a row and a component that are provably negligible.
enum {
    GAUSSMIX_PRUNING_AUTO = 0,  ///< where it pays: results change as they do with the order of the rows
    GAUSSMIX_PRUNING_OFF = 1
};

/// How a run raises the likelihood, and how it decides that it has converged: see Acceleration in options.hpp.
enum {
    GAUSSMIX_ACCELERATION_AUTO = 0,    ///< EM, then quasi-Newton steps in its metric
    GAUSSMIX_ACCELERATION_OFF = 1,     ///< EM
    GAUSSMIX_ACCELERATION_CLASSIC = 2  ///< EM with scikit-learn's arithmetic and rule of convergence
};

/// How hard a fit looks for a good start with GAUSSMIX_INIT_KMEANS.
enum {
    GAUSSMIX_EFFORT_LOW = 0,     ///< no search
    GAUSSMIX_EFFORT_NORMAL = 1,  ///< a search on a sample, which takes a few times as long as the rest of a fit
    GAUSSMIX_EFFORT_HIGH = 2     ///< several such searches
};

/// One iteration as an observer sees it. May get more fields at the end.
typedef struct gaussmix_progress {
    int64_t restart;        ///< counted from 0
    int64_t iteration;      ///< counted from 1
    double log_likelihood;  ///< weighted mean per row, under the parameters that entered the iteration
    double change;          ///< from the iteration before; NaN in the first
} gaussmix_progress;

/// The conjugate prior of each component's mean and covariance (Fraley and Raftery 2007, section 2).
typedef struct gaussmix_prior {
    size_t size;                ///< sizeof(gaussmix_prior)
    double mean_precision;      ///< the number of rows that the prior mean counts for; default 0.01
    double degrees_of_freedom;  ///< above d - 1 (above 0 for diag and spherical unless variational); NaN: the default
    const double* mean;         ///< (d,); NULL: taken from the data
    const double* covariance;   ///< (d, d) for full and tied, (d,) for diag, (1,) for spherical; NULL: from the data
} gaussmix_prior;

/// The prior of the weights in variational Bayes.
typedef struct gaussmix_weight_prior {
    size_t size;           ///< sizeof(gaussmix_weight_prior)
    int64_t process;       ///< not zero: a Dirichlet process, truncated after K sticks; zero: a Dirichlet distribution
    double concentration;  ///< positive; the smaller, the fewer components keep weight; NaN: 1 / K
} gaussmix_weight_prior;

/// A uniform background for rows that belong to no component (Banfield and Raftery 1993), as NoiseOptions in C++.
typedef struct gaussmix_noise {
    size_t size;        ///< sizeof(gaussmix_noise)
    double weight;      ///< the share of the rows to start from, in (0, 1); NaN: rows of low density under a first fit
    double log_volume;  ///< the logarithm of its volume, which stays; NaN: that of the least box about the data
} gaussmix_noise;

/// The components that rows may have come from, as AllowedView in C++: sets, and the set of each row. Not copied.
typedef struct gaussmix_allowed {
    size_t size;          ///< sizeof(gaussmix_allowed)
    const uint8_t* sets;  ///< (n_sets, n_terms), row-major: zero where a component is ruled out
    int64_t n_sets;
    int64_t n_terms;        ///< K; or K + 1, of which the last is a background
    const int64_t* set_of;  ///< (n_rows,): the set of each row, negative: every one; NULL: its own number
} gaussmix_allowed;

/// The options of a fit. gaussmix_default_options sets the defaults.
typedef struct gaussmix_options {
    size_t size;  ///< sizeof(gaussmix_options)
    int64_t n_components;
    int64_t covariance_type;  ///< GAUSSMIX_FULL, ...
    int64_t init;             ///< GAUSSMIX_INIT_KMEANS, ...; not used if a start is given
    int64_t n_init;    ///< restarts; the one with the highest log-likelihood is kept, preferably one without collapsed
                       ///< components
    int64_t max_iter;  ///< the most iterations of a run; 0: keeps the start
    double tol;        ///< stop when the mean log-likelihood per row can rise by less; 0: exactly max_iter iterations
    double reg_covar;  ///< added to every variance; NaN: 1e-6 times the variance of each feature, as in C++
    uint64_t seed;
    int64_t pruning;              ///< GAUSSMIX_PRUNING_AUTO, ...
    int64_t strict;               ///< not zero: a fit that had to do any act fails with GAUSSMIX_DEGENERATE
    const gaussmix_prior* prior;  ///< NULL: none, maximum likelihood
    /// Finds a posterior distribution of all parameters instead of a point (Attias 2000; Bishop 2006, section 10.2);
    /// needs a prior. NULL: does not.
    const gaussmix_weight_prior* variational;

    // Where to start, at most one of them.
    const int64_t* start_labels;                    ///< (n_rows,), each in 0 ... K - 1; with noise also -1
    const gaussmix_matrix* start_responsibilities;  ///< (n_rows, K), not negative, each row with a positive sum; with
                                                    ///< noise perhaps (n_rows, K + 1)
    const gaussmix_model* start_model;              ///< in variational Bayes, one with its posterior

    /// Called after each iteration, on the calling thread; any result but zero stops the fit, which then has the status
    /// GAUSSMIX_STATUS_INTERRUPTED. May be NULL. It must return: neither longjmp nor exceptions.
    int (*on_iteration)(const gaussmix_progress* progress, void* on_iteration_data);
    void* on_iteration_data;

    int64_t effort;        ///< GAUSSMIX_EFFORT_NORMAL, ...
    int64_t acceleration;  ///< GAUSSMIX_ACCELERATION_AUTO, ...

    const gaussmix_noise* noise;  ///< NULL: no background; not in variational Bayes

    // What of start_model stays, bit for bit: components of which a parameter is fixed, as Fixed in C++.
    const int64_t* fixed_weights;
    int64_t n_fixed_weights;
    const int64_t* fixed_means;
    int64_t n_fixed_means;
    const int64_t* fixed_covariances;
    int64_t n_fixed_covariances;

    // Limits of what is not fixed, as Bounds in C++.
    double least_weight;
    double most_weight;
    double least_variance;
    double most_variance;

    /// The components that the rows of gaussmix_fit may have come from, or of gaussmix_select with one number of
    /// components; NULL: all.
    const gaussmix_allowed* allowed;
} gaussmix_options;

/// Write the defaults to the first `size` bytes.
GAUSSMIX_EXPORT void gaussmix_options_init(gaussmix_options* options, size_t size);
GAUSSMIX_EXPORT void gaussmix_prior_init(gaussmix_prior* prior, size_t size);
GAUSSMIX_EXPORT void gaussmix_weight_prior_init(gaussmix_weight_prior* prior, size_t size);
GAUSSMIX_EXPORT void gaussmix_noise_init(gaussmix_noise* noise, size_t size);
GAUSSMIX_EXPORT void gaussmix_execution_init(gaussmix_execution* execution, size_t size);

/// Return the documented defaults, which all hosts share.
static inline gaussmix_options gaussmix_default_options(int64_t n_components) {
    gaussmix_options options;
    gaussmix_options_init(&options, sizeof(options));
    options.n_components = n_components;
    return options;
}
static inline gaussmix_prior gaussmix_default_prior(void) {
    gaussmix_prior prior;
    gaussmix_prior_init(&prior, sizeof(prior));
    return prior;
}
static inline gaussmix_weight_prior gaussmix_default_weight_prior(void) {
    gaussmix_weight_prior prior;
    gaussmix_weight_prior_init(&prior, sizeof(prior));
    return prior;
}
static inline gaussmix_noise gaussmix_default_noise(void) {
    gaussmix_noise noise;
    gaussmix_noise_init(&noise, sizeof(noise));
    return noise;
}
static inline gaussmix_execution gaussmix_default_execution(void) {
    gaussmix_execution execution;
    gaussmix_execution_init(&execution, sizeof(execution));
    return execution;
}

/// Fits a mixture by expectation-maximisation (Dempster, Laird and Rubin 1977). `sample_weight`, (n_rows,), may be
/// NULL: each row then has weight one. The same options, data and seed give the same bits in every host.
GAUSSMIX_EXPORT int32_t gaussmix_fit(const gaussmix_matrix* x, const double* sample_weight,
                                     const gaussmix_options* options, const gaussmix_execution* execution,
                                     gaussmix_model** model, gaussmix_error* error);

// Select

/// What a choice among covariance families and numbers of components tries. gaussmix_default_select_options sets the
/// defaults.
typedef struct gaussmix_select_options {
    size_t size;                      ///< sizeof(gaussmix_select_options)
    const int64_t* covariance_types;  ///< (n_covariance_types,), distinct; NULL: all, but with one feature only
                                      ///< GAUSSMIX_EII and GAUSSMIX_SPHERICAL, and without those of matrices if there
                                      ///< are no more rows than features and no prior
    int64_t n_covariance_types;
    const int64_t* n_components;  ///< (n_n_components,), distinct; NULL: 1 ... 9
    int64_t n_n_components;
    /// The options of every fit: max_iter, tol, reg_covar, prior, noise, seed, pruning, effort and acceleration. The
    /// covariance of a prior has the shape that this covariance_type has; each family uses the nearest one that it can
    /// have. Starts must be NULL. NULL: the defaults with max_iter = 1000 and tol = 1e-5, because criteria are
    /// compared.
    const gaussmix_options* fit;
    int64_t max_fits;    ///< completes only this many fits, the best by BIC after a few iterations; 0: all
    double max_seconds;  ///< leaves all cells as they are after this time; NaN: never
    /// Called now and then, on the calling thread, with how many steps are done of those known until now; any result
    /// but zero leaves all cells as they are. May be NULL. It must return: neither longjmp nor exceptions.
    int (*on_step)(int64_t n_done, int64_t n_steps, void* on_step_data);
    void* on_step_data;
} gaussmix_select_options;

GAUSSMIX_EXPORT void gaussmix_select_options_init(gaussmix_select_options* options, size_t size);

static inline gaussmix_select_options gaussmix_default_select_options(void) {
    gaussmix_select_options options;
    gaussmix_select_options_init(&options, sizeof(options));
    return options;
}

/// The fits of some families with some numbers of components. It never changes.
typedef struct gaussmix_selection gaussmix_selection;

/// A family with a number of components. Of fixed layout.
typedef struct gaussmix_cell {
    int64_t covariance_type;
    int64_t n_components;
    double bic;  ///< smaller is better; NaN, as the other two, if nothing was fitted
    double aic;
    double icl;
    int64_t may_be_chosen;  ///< 0: gaussmix_selection_reason says why not
} gaussmix_cell;

/// The criteria to choose by.
enum { GAUSSMIX_BIC = 0, GAUSSMIX_AIC = 1, GAUSSMIX_ICL = 2 };

/// Fits each family with each number of components; the fits share starts and continue from each other's results, so
/// that, without a prior, no cell has a lower likelihood than a cell nested in it, unless either is degenerate: see
/// select.hpp. The bits are the same for any number of threads, and in every host.
GAUSSMIX_EXPORT int32_t gaussmix_select(const gaussmix_matrix* x, const double* sample_weight,
                                        const gaussmix_select_options* options, const gaussmix_execution* execution,
                                        gaussmix_selection** selection, gaussmix_error* error);
GAUSSMIX_EXPORT void gaussmix_selection_free(gaussmix_selection* selection);
GAUSSMIX_EXPORT int64_t gaussmix_selection_n_cells(const gaussmix_selection* selection);
/// Writes cell number i, 0 <= i < n_cells: family by family, in the order of the options.
GAUSSMIX_EXPORT int32_t gaussmix_selection_cell(const gaussmix_selection* selection, int64_t i, gaussmix_cell* cell,
                                                gaussmix_error* error);
/// Returns why cell i must not be chosen, in UTF-8; empty if it may be, NULL if there is no such cell.
GAUSSMIX_EXPORT const char* gaussmix_selection_reason(const gaussmix_selection* selection, int64_t i);
/// Makes a copy of the model of cell i; refused if it has none.
GAUSSMIX_EXPORT int32_t gaussmix_selection_model(const gaussmix_selection* selection, int64_t i, gaussmix_model** model,
                                                 gaussmix_error* error);
/// Writes the number of the cell that is best by a criterion (GAUSSMIX_BIC, ...) among those that may be chosen; the
/// code is GAUSSMIX_DEGENERATE if there is none.
GAUSSMIX_EXPORT int32_t gaussmix_selection_best(const gaussmix_selection* selection, int64_t criterion, int64_t* i,
                                                gaussmix_error* error);

// Use

/// Computes the weighted mean of log p(x_i).
GAUSSMIX_EXPORT int32_t gaussmix_score(const gaussmix_model* model, const gaussmix_matrix* x,
                                       const double* sample_weight, const gaussmix_execution* execution, double* score,
                                       gaussmix_error* error);
/// Computes criteria for choosing the number of components and the family, smaller is better: BIC (Schwarz 1978), AIC
/// (Akaike 1974) and ICL (Biernacki, Celeux and Govaert 2000), counting each row once. Unwanted ones may be NULL.
GAUSSMIX_EXPORT int32_t gaussmix_criteria(const gaussmix_model* model, const gaussmix_matrix* x,
                                          const gaussmix_execution* execution, double* bic, double* aic, double* icl,
                                          gaussmix_error* error);
/// Computes the same for weighted rows: the number of rows is the sum of the weights, so that a weight of 2 counts a
/// row twice. Weights of several rows are refused if they sum to less than two. `sample_weight`, (n_rows,), may be
/// NULL: each row has weight one.
GAUSSMIX_EXPORT int32_t gaussmix_weighted_criteria(const gaussmix_model* model, const gaussmix_matrix* x,
                                                   const double* sample_weight, const gaussmix_execution* execution,
                                                   double* bic, double* aic, double* icl, gaussmix_error* error);
/// Writes log_densities[i] = log p(x_i), (n_rows,).
GAUSSMIX_EXPORT int32_t gaussmix_score_samples(const gaussmix_model* model, const gaussmix_matrix* x,
                                               const gaussmix_execution* execution, double* log_densities,
                                               gaussmix_error* error);
/// Writes labels[i] = argmax_k p(z_i = k | x_i), (n_rows,); -1 for the background.
GAUSSMIX_EXPORT int32_t gaussmix_predict(const gaussmix_model* model, const gaussmix_matrix* x,
                                         const gaussmix_execution* execution, int64_t* labels, gaussmix_error* error);
/// Writes responsibilities[i, k] = p(z_i = k | x_i), (n_rows, K). Rows sum to 1, with that of a background.
GAUSSMIX_EXPORT int32_t gaussmix_predict_proba(const gaussmix_model* model, const gaussmix_matrix* x,
                                               const gaussmix_execution* execution, double* responsibilities,
                                               gaussmix_error* error);
/// Writes the same of each term, (n_rows, gaussmix_model_n_terms): those of a background last. Rows sum to 1.
GAUSSMIX_EXPORT int32_t gaussmix_predict_terms(const gaussmix_model* model, const gaussmix_matrix* x,
                                               const gaussmix_execution* execution, double* responsibilities,
                                               gaussmix_error* error);
/// Draws n_rows rows, (n_rows, d), and the component of each, (n_rows,).
GAUSSMIX_EXPORT int32_t gaussmix_sample(const gaussmix_model* model, int64_t n_rows, uint64_t seed,
                                        const gaussmix_execution* execution, double* rows, int64_t* labels,
                                        gaussmix_error* error);
/// Writes the rows of x, (n_rows, d), with each missing value replaced by its mean given what its row has; and the
/// covariance of each row given what it has, (n_rows, d, d), unless `covariances` is NULL. NaN is a missing value here,
/// with or without GAUSSMIX_MISSING.
GAUSSMIX_EXPORT int32_t gaussmix_impute(const gaussmix_model* model, const gaussmix_matrix* x,
                                        const gaussmix_execution* execution, double* rows, double* covariances,
                                        gaussmix_error* error);
/// Writes the rows n_draws times, (n_draws, n_rows, d), with missing values drawn given what their row has.
GAUSSMIX_EXPORT int32_t gaussmix_draw_missing(const gaussmix_model* model, const gaussmix_matrix* x, int64_t n_draws,
                                              uint64_t seed, const gaussmix_execution* execution, double* rows,
                                              gaussmix_error* error);

// Parts of a model
//
// The models made here have the family of the one given where every mixture of that family stays in it, else
// GAUSSMIX_FULL; the status GAUSSMIX_STATUS_GIVEN; no posterior, and no names. See parts.hpp.

/// Makes the mixture of some features, (n_features,), in that order.
GAUSSMIX_EXPORT int32_t gaussmix_marginal(const gaussmix_model* model, const int64_t* features, int64_t n_features,
                                          gaussmix_model** marginal, gaussmix_error* error);
/// Makes the mixture of A x + b, A (n_rows, d) with linearly independent rows, b (n_rows,).
GAUSSMIX_EXPORT int32_t gaussmix_transform(const gaussmix_model* model, const double* matrix, const double* shift,
                                           int64_t n_rows, gaussmix_model** image, gaussmix_error* error);
/// Makes the mixture of n models of the same features, whose weights (n,) are not negative and sum to 1.
GAUSSMIX_EXPORT int32_t gaussmix_mix(const gaussmix_model* const* models, const double* weights, int64_t n,
                                     gaussmix_model** mixture, gaussmix_error* error);
/// Makes the mixture in which components i and j are one, with their weight, mean and covariance.
GAUSSMIX_EXPORT int32_t gaussmix_merge_components(const gaussmix_model* model, int64_t i, int64_t j,
                                                  gaussmix_model** merged, gaussmix_error* error);
/// Writes the mean, (d,), and the covariance, (d, d), of the whole. Either may be NULL.
GAUSSMIX_EXPORT int32_t gaussmix_whole(const gaussmix_model* model, double* mean, double* covariance,
                                       gaussmix_error* error);
/// Writes probabilities[i] = P(x <= x_i), (n,), for a model of one feature.
GAUSSMIX_EXPORT int32_t gaussmix_cdf(const gaussmix_model* model, const double* x, int64_t n,
                                     const gaussmix_execution* execution, double* probabilities, gaussmix_error* error);
/// Writes its inverse, x[i] with P(x <= x_i) = p_i in 0 ... 1, (n,).
GAUSSMIX_EXPORT int32_t gaussmix_quantiles(const gaussmix_model* model, const double* p, int64_t n,
                                           const gaussmix_execution* execution, double* x, gaussmix_error* error);

/// The distribution of the other features, m targets in their order, given g features of any rows. It never changes.
typedef struct gaussmix_conditional gaussmix_conditional;

GAUSSMIX_EXPORT int32_t gaussmix_conditional_create(const gaussmix_model* model, const int64_t* given, int64_t n_given,
                                                    const gaussmix_execution* execution,
                                                    gaussmix_conditional** conditional, gaussmix_error* error);
GAUSSMIX_EXPORT void gaussmix_conditional_free(gaussmix_conditional* conditional);
GAUSSMIX_EXPORT int64_t gaussmix_conditional_n_targets(const gaussmix_conditional* conditional);
/// Makes the mixture of the targets given one row, (g,).
GAUSSMIX_EXPORT int32_t gaussmix_condition(const gaussmix_conditional* conditional, const double* values,
                                           gaussmix_model** model, gaussmix_error* error);
/// Write for rows x, (n_rows, g): the weights p(k | x), (n_rows, K); means, (n_rows, m); variances of targets, (n_rows,
/// m); covariances, (n_rows, m, m).
GAUSSMIX_EXPORT int32_t gaussmix_conditional_weights(const gaussmix_conditional* conditional, const gaussmix_matrix* x,
                                                     const gaussmix_execution* execution, double* weights,
                                                     gaussmix_error* error);
GAUSSMIX_EXPORT int32_t gaussmix_conditional_means(const gaussmix_conditional* conditional, const gaussmix_matrix* x,
                                                   const gaussmix_execution* execution, double* means,
                                                   gaussmix_error* error);
GAUSSMIX_EXPORT int32_t gaussmix_conditional_variances(const gaussmix_conditional* conditional,
                                                       const gaussmix_matrix* x, const gaussmix_execution* execution,
                                                       double* variances, gaussmix_error* error);
GAUSSMIX_EXPORT int32_t gaussmix_conditional_covariances(const gaussmix_conditional* conditional,
                                                         const gaussmix_matrix* x, const gaussmix_execution* execution,
                                                         double* covariances, gaussmix_error* error);
/// Writes log_densities[i] = log p(y_i | x_i), (n_rows,), for targets y, (n_rows, m).
GAUSSMIX_EXPORT int32_t gaussmix_conditional_score_samples(const gaussmix_conditional* conditional,
                                                           const gaussmix_matrix* x, const gaussmix_matrix* y,
                                                           const gaussmix_execution* execution, double* log_densities,
                                                           gaussmix_error* error);
/// Draws targets for each row, (n_rows, m), and the component of each, (n_rows,).
GAUSSMIX_EXPORT int32_t gaussmix_conditional_sample(const gaussmix_conditional* conditional, const gaussmix_matrix* x,
                                                    uint64_t seed, const gaussmix_execution* execution, double* y,
                                                    int64_t* labels, gaussmix_error* error);
/// Writes the number that the one target is below with probability p_q in 0 ... 1, (n_rows, n_p).
GAUSSMIX_EXPORT int32_t gaussmix_conditional_quantiles(const gaussmix_conditional* conditional,
                                                       const gaussmix_matrix* x, const double* p, int64_t n_p,
                                                       const gaussmix_execution* execution, double* quantiles,
                                                       gaussmix_error* error);

// Rows that come in pieces
//
//   summarise every piece, merge the summaries; gaussmix_run_create from them and a first model; then, while not done:
//   accumulate every piece, merge the moments, gaussmix_run_advance.

/// The location and spread of each feature.
typedef struct gaussmix_summary gaussmix_summary;

/// The sufficient statistics of some rows under the model of a run.
typedef struct gaussmix_moments gaussmix_moments;

/// One EM run: it holds the parameters, the host holds the rows.
typedef struct gaussmix_run gaussmix_run;

GAUSSMIX_EXPORT int32_t gaussmix_summarize(const gaussmix_matrix* x, const double* sample_weight,
                                           const gaussmix_execution* execution, gaussmix_summary** summary,
                                           gaussmix_error* error);
/// Adds the rows of `other` to `into`.
GAUSSMIX_EXPORT int32_t gaussmix_summary_merge(gaussmix_summary* into, const gaussmix_summary* other,
                                               gaussmix_error* error);
GAUSSMIX_EXPORT void gaussmix_summary_free(gaussmix_summary* summary);

/// Makes a run from `start_model` of the options, which must be given (fit it to some of the rows). Of the other
/// options it uses n_components, covariance_type, max_iter, tol, reg_covar, prior and variational. A prior for full or
/// tied must give its covariance; one for diag or spherical should if there are few rows, because the summary knows no
/// clusters.
GAUSSMIX_EXPORT int32_t gaussmix_run_create(const gaussmix_summary* summary, const gaussmix_options* options,
                                            const gaussmix_execution* execution, gaussmix_run** run,
                                            gaussmix_error* error);
GAUSSMIX_EXPORT void gaussmix_run_free(gaussmix_run* run);
/// Returns nonzero when no further iteration is needed, and for NULL.
GAUSSMIX_EXPORT int32_t gaussmix_run_done(const gaussmix_run* run);
/// Does the M-step, and decides whether to go on. The moments must be those of all rows of the summary under the
/// present model, and the run must not have ended.
GAUSSMIX_EXPORT int32_t gaussmix_run_advance(gaussmix_run* run, const gaussmix_moments* moments, gaussmix_error* error);
/// Ends the run with GAUSSMIX_STATUS_INTERRUPTED.
GAUSSMIX_EXPORT void gaussmix_run_interrupt(gaussmix_run* run);
/// Makes a model of the run as it is now.
GAUSSMIX_EXPORT int32_t gaussmix_run_model(const gaussmix_run* run, gaussmix_model** model, gaussmix_error* error);

/// Computes the moments of some rows under the present model of the run: E-step and sums of the M-step, in one reading.
/// There may be no rows.
GAUSSMIX_EXPORT int32_t gaussmix_accumulate(const gaussmix_run* run, const gaussmix_matrix* x,
                                            const double* sample_weight, const gaussmix_execution* execution,
                                            gaussmix_moments** moments, gaussmix_error* error);
/// Adds the moments of `other` to `into`. The order of merging affects the last digits.
GAUSSMIX_EXPORT int32_t gaussmix_moments_merge(gaussmix_moments* into, const gaussmix_moments* other,
                                               gaussmix_error* error);
GAUSSMIX_EXPORT void gaussmix_moments_free(gaussmix_moments* moments);

/// Rows in memory that a run reads again and again. A shard remembers from pass to pass what helps the next one,
/// whereas gaussmix_accumulate remembers nothing. The rows and weights are not copied: they must outlive it and stay
/// unchanged. One thread at a time may use it.
typedef struct gaussmix_shard gaussmix_shard;

GAUSSMIX_EXPORT int32_t gaussmix_shard_create(const gaussmix_matrix* x, const double* sample_weight,
                                              const gaussmix_execution* execution, gaussmix_shard** shard,
                                              gaussmix_error* error);
/// Does the same for rows that carry the components that they may have come from.
GAUSSMIX_EXPORT int32_t gaussmix_shard_create_allowed(const gaussmix_matrix* x, const double* sample_weight,
                                                      const gaussmix_allowed* allowed,
                                                      const gaussmix_execution* execution, gaussmix_shard** shard,
                                                      gaussmix_error* error);
GAUSSMIX_EXPORT void gaussmix_shard_free(gaussmix_shard* shard);
/// Computes the summary of the rows, as gaussmix_summarize does.
GAUSSMIX_EXPORT int32_t gaussmix_shard_summary(gaussmix_shard* shard, gaussmix_summary** summary,
                                               gaussmix_error* error);
/// Computes the moments of the rows under the present model of the run.
GAUSSMIX_EXPORT int32_t gaussmix_shard_moments(gaussmix_shard* shard, const gaussmix_run* run,
                                               gaussmix_moments** moments, gaussmix_error* error);

/// Write summaries and moments as bytes, the same on every machine, to send to others. `size` becomes the number of
/// bytes. The call is refused if that is more than `capacity`. With NULL for `bytes`, only `size` is written.
GAUSSMIX_EXPORT int32_t gaussmix_summary_to_bytes(const gaussmix_summary* summary, void* bytes, size_t capacity,
                                                  size_t* size, gaussmix_error* error);
GAUSSMIX_EXPORT int32_t gaussmix_moments_to_bytes(const gaussmix_moments* moments, void* bytes, size_t capacity,
                                                  size_t* size, gaussmix_error* error);
/// Read them back, bit for bit. Nothing in them is trusted.
GAUSSMIX_EXPORT int32_t gaussmix_summary_from_bytes(const void* bytes, size_t size, gaussmix_summary** summary,
                                                    gaussmix_error* error);
GAUSSMIX_EXPORT int32_t gaussmix_moments_from_bytes(const void* bytes, size_t size, gaussmix_moments** moments,
                                                    gaussmix_error* error);

#ifdef __cplusplus
}
#endif

#endif
