/// spherical (VII): each component one variance for all features, (K,).
#include "families/list.hpp"
#include "families/variance.hpp"

namespace gaussmix::families {
namespace {

class Spherical final : public OfVariance {
public:
    Spherical() : OfVariance(CovarianceType::spherical, "spherical", "VII", whitening::scalar, scatter::trace) {}
};

}  // namespace

const Family& spherical() {
    static const Spherical family;
    return family;
}

}  // namespace gaussmix::families
