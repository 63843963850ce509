#include "whitening/sizes.hpp"

#include "gaussmix/error.hpp"

namespace gaussmix::whitening {

void refuse_scorer(const std::string& why) {
    throw Error(Errc::invalid_argument, "the scorer " + why + ": make one with `prepare`, and leave it as it is");
}

void check_size(const char* name, const std::vector<double>& values, Index n, Index m) {
    const Index size = signed_size(values);
    if (size % m == 0 && size / m == n) return;
    refuse_scorer("has " + std::to_string(size) + " numbers in " + name + ", expected " + std::to_string(n) +
                  " times " + std::to_string(m));
}

}  // namespace gaussmix::whitening
