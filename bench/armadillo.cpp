/// Armadillo's EM behind one C function, so that the benchmark can call it like the other peers.
#include <armadillo>
#include <cstdint>

#if defined(_OPENMP)
#include <omp.h>
#endif

extern "C" {

/// Runs `iterations` of EM from the given start on x, n_rows rows of n_features numbers, and writes where it came to
/// over the start: weights (K,), means (K, d), covariances (K, d, d) or, if not `full`, (K, d). 0 where it failed.
int gaussmix_bench_armadillo(const double* x, std::int64_t n_rows, std::int64_t n_features, std::int64_t n_components,
                             std::int64_t full, std::int64_t iterations, std::int64_t n_threads, double* weights,
                             double* means, double* covariances) {
#if defined(_OPENMP)
    omp_set_num_threads(static_cast<int>(n_threads));
#else
    static_cast<void>(n_threads);
#endif
    const auto n = static_cast<arma::uword>(n_rows);
    const auto d = static_cast<arma::uword>(n_features);
    const auto k = static_cast<arma::uword>(n_components);
    // A column of Armadillo's is a row of ours: nothing is copied.
    const arma::mat data(const_cast<double*>(x), d, n, false, true);
    arma::mat m(means, d, k, false, true);
    arma::rowvec w(weights, k, false, true);
    const auto learn = [&](auto& model, const auto& c) {
        model.set_params(m, c, w);
        const bool done = model.learn(data, k, arma::maha_dist, arma::keep_existing, 0,
                                      static_cast<arma::uword>(iterations), 0.0, false);
        m = model.means;
        w = model.hefts;
        return done ? 1 : 0;
    };
    if (full != 0) {
        arma::cube c(covariances, d, d, k, false, true);
        arma::gmm_full model;
        const int done = learn(model, c);
        c = model.fcovs;
        return done;
    }
    arma::mat c(covariances, d, k, false, true);
    arma::gmm_diag model;
    const int done = learn(model, c);
    c = model.dcovs;
    return done;
}

}  // extern "C"
