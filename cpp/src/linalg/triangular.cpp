#include "linalg/triangular.hpp"

#include "parallel/parallel.hpp"

namespace gaussmix::linalg {

bool cholesky(double* a, Index d, const kernels::Table& table) {
    parallel::Pace pace;
    for (Index first = 0; first < d; first += kernels::factor_block) {
        const Index below = first + kernels::factor_block;
        pace.spend(kernels::factor_block * kernels::factor_block * (d - first));
        if (!table.factor_rows(a, d, first)) return false;
        for (Index column = below; column < d; column += kernels::factor_strip) {
            table.subtract_strip(a, d, first, column);
            pace.spend(2 * kernels::factor_block * kernels::factor_strip * (column - first));
        }
    }
    return true;
}

void invert_transposed(const double* u, Index d, const kernels::Table& table, double* factor) {
    parallel::Pace pace;
    for (Index first = 0; first < d; first += kernels::panel) {
        table.invert_rows(u, d, first, factor);
        pace.spend(kernels::panel * first * first);
    }
}

}  // namespace gaussmix::linalg
