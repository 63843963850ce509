/// full (VVV): each component its own covariance matrix, (K, d, d).
#include "families/list.hpp"
#include "families/matrix.hpp"

namespace gaussmix::families {
namespace {

class Full final : public OfOwnMatrices {
public:
    Full() : OfOwnMatrices(CovarianceType::full, "full", "VVV") {}
};

}  // namespace

const Family& full() {
    static const Full family;
    return family;
}

}  // namespace gaussmix::families
