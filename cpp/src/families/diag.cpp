/// diag (VVI): each component its own variances, no correlations, (K, d).
#include "families/list.hpp"
#include "families/variances.hpp"

namespace gaussmix::families {
namespace {

class Diag final : public OfVariances {
public:
    Diag() : OfVariances(CovarianceType::diag, "diag", "VVI", whitening::diagonal, scatter::diagonal) {}
};

}  // namespace

const Family& diag() {
    static const Diag family;
    return family;
}

}  // namespace gaussmix::families
