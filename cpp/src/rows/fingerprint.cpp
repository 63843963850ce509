/// The number by which moments record their scorer.
#include "whitening/scorer.hpp"

#include "random/hash.hpp"
#include "random/random.hpp"

namespace gaussmix {

std::uint64_t fingerprint(const Scorer& scorer) noexcept { return fingerprint(scorer.numbers()); }

std::uint64_t fingerprint(const ScorerNumbers& scorer) noexcept {
    std::uint64_t sum = 1;
    for (const std::vector<double>* part : {&scorer.means, &scorer.log_constants, &scorer.weights}) {
        sum = random::mix(sum ^ random::hash(part->data(), signed_size(*part)));
    }
    return sum == 0 ? 1 : sum;
}

}  // namespace gaussmix
