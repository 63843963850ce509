/// The best pairs of the components of two mixtures: the Hungarian method, with potentials and shortest augmenting
/// paths (Jonker and Volgenant 1987).
#include <algorithm>
#include <cmath>
#include <limits>

#include "gaussmix/parts.hpp"
#include "text/invalid.hpp"

namespace gaussmix {

std::vector<Index> assignment(const std::vector<double>& gains, Index n) {
    if (n < 0 || signed_size(gains) != n * n ||
        !std::all_of(gains.begin(), gains.end(), [](double gain) { return std::isfinite(gain); })) {
        text::invalid("gains must be n * n = {} finite numbers", n * n);
    }
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::vector<double> of_row(n + 1);
    std::vector<double> of_column(n + 1);
    std::vector<Index> row_of(n + 1, n);  // of each column; n: none. Column n is where a path begins.
    for (Index row = 0; row < n; ++row) {
        std::vector<double> least(n + 1, infinity);
        std::vector<Index> from(n + 1, n);
        std::vector<char> done(n + 1, 0);
        row_of[n] = row;
        Index column = n;
        while (row_of[column] != n) {
            done[column] = 1;
            const Index i = row_of[column];
            double step = infinity;
            Index next = n;
            for (Index j = 0; j < n; ++j) {
                if (done[j] != 0) continue;
                const double cost = -gains[i * n + j] - of_row[i] - of_column[j];
                if (cost < least[j]) {
                    least[j] = cost;
                    from[j] = column;
                }
                if (least[j] < step) {
                    step = least[j];
                    next = j;
                }
            }
            for (Index j = 0; j <= n; ++j) {
                if (done[j] != 0) {
                    of_row[row_of[j]] += step;
                    of_column[j] -= step;
                } else {
                    least[j] -= step;
                }
            }
            column = next;
        }
        while (column != n) {
            const Index before = from[column];
            row_of[column] = row_of[before];
            column = before;
        }
    }
    std::vector<Index> assigned(n);
    for (Index j = 0; j < n; ++j) assigned[row_of[j]] = j;
    return assigned;
}

}  // namespace gaussmix
