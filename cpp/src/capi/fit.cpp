/// The fit of a mixture to rows in memory.
#include "gaussmix/fit.hpp"

#include "capi/options.hpp"

using namespace gaussmix;
using namespace gaussmix::capi;

int32_t gaussmix_fit(const gaussmix_matrix* x, const double* sample_weight, const gaussmix_options* options,
                     const gaussmix_execution* execution, gaussmix_model** model, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_model*& out = required(model, "model");
        const MatrixView view = view_of(x);
        const gaussmix_options given = whole(options);
        const Piece rows{view, weights_of(sample_weight, view), allowed_of(given.allowed, view.n_rows)};
        out = new gaussmix_model{fit(options_of(given, view.n_features), rows, start_of(given, view.n_rows),
                                     execution_of(execution), observer_of(given))};
    });
}
