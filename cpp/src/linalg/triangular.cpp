#include "linalg/triangular.hpp"

#include <algorithm>
#include <vector>

#include "parallel/team.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::linalg {
namespace {

/// Returns the part of the trace that comes from rows [first, last) of the factor.
double trace_of_rows(const double* factor, const double* matrix, Index d, Index first, Index last,
                     const kernels::Table& table) {
    const auto panel_of = [](Index row) { return row - row % kernels::panel; };
    const Index stride = kernels::panel * kernels::round_up(last, kernels::panel);  // of the products of a panel
    std::vector<double> products((last - first + kernels::panel - 1) / kernels::panel * stride);
    const auto of_panel = [&](Index row) { return products.data() + (row - first) / kernels::panel * stride; };
    parallel::Pace pace;
    for (Index strip = 0; strip < last; strip += tuning::product_strip) {
        for (Index row = std::max(first, panel_of(strip)); row < last; row += kernels::panel) {
            const Index n = std::min(row + kernels::panel, d);
            const Index n_rows = std::min(tuning::product_strip, n - strip);
            const double* panel = factor + kernels::packed_factor_index(row, 0);
            // M is symmetric: entries to the left of its diagonal blocks count twice.
            double left[tuning::product_strip * kernels::panel];
            double* product = of_panel(row) + strip * kernels::panel;
            table.multiply_strip(panel, strip, matrix + strip * d, d, n_rows, left);
            table.multiply_strip(panel + strip * kernels::panel, n_rows, matrix + strip * d + strip, d, n_rows,
                                 product);
            for (Index i = 0; i < n_rows * kernels::panel; ++i) product[i] += 2 * left[i];
            pace.spend(2 * kernels::panel * (strip + n_rows) * n_rows);
        }
    }
    double trace = 0;
    for (Index i = first; i < last; ++i) {
        const double* row = factor + kernels::packed_factor_index(i, 0);
        const double* product = of_panel(i) + i % kernels::panel;
        for (Index j = 0; j <= i; ++j) trace += row[j * kernels::panel] * product[j * kernels::panel];
    }
    return trace;
}

}  // namespace

bool cholesky(double* a, Index d, const kernels::Table& table) {
    parallel::Pace pace;
    for (Index first = 0; first < d; first += tuning::factor_block) {
        const Index below = first + tuning::factor_block;
        pace.spend(tuning::factor_block * tuning::factor_block * (d - first));
        if (!table.factor_rows(a, d, first)) return false;
        for (Index column = below; column < d; column += tuning::factor_strip) {
            table.subtract_strip(a, d, first, column);
            pace.spend(2 * tuning::factor_block * tuning::factor_strip * (column - first));
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

double trace_of_product(const double* factor, const double* matrix, Index d, const kernels::Table& table, int n_threads,
                        const parallel::Poll& poll) {
    std::vector<double> traces((d + tuning::trace_block - 1) / tuning::trace_block);
    const auto n = static_cast<double>(d);
    const int team = parallel::team(n * n * n, n_threads);
    parallel::parallel_for(signed_size(traces), team, poll, [&](Index block, const parallel::Worker&) {
        const Index first = block * tuning::trace_block;
        traces[block] = trace_of_rows(factor, matrix, d, first, std::min(first + tuning::trace_block, d), table);
    });
    double trace = traces.front();
    for (std::size_t block = 1; block < traces.size(); ++block) trace += traces[block];
    return trace;
}

}  // namespace gaussmix::linalg
