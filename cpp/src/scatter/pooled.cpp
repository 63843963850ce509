/// pooled: one triangle, summed over the components, (d(d+1)/2,).
#include "scatter/triangular.hpp"

namespace gaussmix::scatter {
namespace {

class PooledForm final : public Triangular {
public:
    constexpr PooledForm() : Triangular(Scatter::pooled) {}

    bool is_pooled() const noexcept override { return true; }
};

const PooledForm form;

}  // namespace

const Form& pooled = form;

}  // namespace gaussmix::scatter
