/// full: one triangle per component, (K, d(d+1)/2).
#include "scatter/triangular.hpp"

namespace gaussmix::scatter {
namespace {

class FullForm final : public Triangular {
public:
    constexpr FullForm() : Triangular(Scatter::full) {}
};

const FullForm form;

}  // namespace

const Form& full = form;

}  // namespace gaussmix::scatter
