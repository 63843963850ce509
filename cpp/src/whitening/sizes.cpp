#include "whitening/sizes.hpp"

#include "text/format.hpp"
#include "text/invalid.hpp"

namespace gaussmix::whitening {

void refuse_scorer(const std::string& why) {
    text::invalid("the scorer {}: make one with `prepare`, and leave it as it is", why);
}

void check_size(const char* name, const std::vector<double>& values, Index n, Index m) {
    const Index size = signed_size(values);
    if (size % m == 0 && size / m == n) return;
    refuse_scorer(text::format("has {} numbers in {}, expected {} times {}", size, name, n, m));
}

}  // namespace gaussmix::whitening
