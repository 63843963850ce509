/// Armadillo's EM behind one C function, so that the benchmark can call it like the other peers.
#include <armadillo>
#include <cstdint>

#if defined(_OPENMP)
#include <omp.h>
#endif

extern "C" {

/// Runs `iterations` of EM from the given start on x, n rows of d numbers, and writes where it came to over the start:
/// weights (K,), means (K, d), covariances (K, d, d) or, if not `full`, (K, d). 0 where it failed.
int gaussmix_bench_armadillo(const double* x, arma::uword n, arma::uword d, arma::uword n_components, int full,
                             arma::uword iterations, double* weights, double* means, double* covariances) {
    // A column of Armadillo's is a row of ours: nothing is copied.
    const arma::mat data(const_cast<double*>(x), d, n, false, true);
    arma::mat m(means, d, n_components, false, true);
    arma::rowvec w(weights, n_components, false, true);
    const auto learn = [&](auto& model, auto& c) {
        model.set_params(m, c, w);
        if (!model.learn(data, k, arma::maha_dist, arma::keep_existing, 0, static_cast<arma::uword>(iterations), 0.0,
                         false))
            return 0;
        m = model.means;
        w = model.hefts;
        return 1;
    };
    if (full != 0) {
        arma::cube c(covariances, d, d, n_components, false, true);
        arma::gmm_full model;
        const int done = learn(model, c);
        c = model.fcovs;
        return done;
    }
    arma::mat c(covariances, d, n_components, false, true);
    arma::gmm_diag model;
    const int done = learn(model, c);
    c = model.dcovs;
    return done;
}

}  // extern "C"
