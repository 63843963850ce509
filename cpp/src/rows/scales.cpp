#include "rows/scales.hpp"

#include <numeric>

namespace gaussmix::rows {

std::vector<double> scales_of(const Summary& summary) {
    const std::vector<double>& variances = summary.variances;
    const double mean =
        std::accumulate(variances.begin(), variances.end(), 0.0) / static_cast<double>(variances.size());
    std::vector<double> scales;
    for (const double variance : variances) scales.push_back(variance > 0 ? variance : mean > 0 ? mean : 1.0);
    return scales;
}

}  // namespace gaussmix::rows
