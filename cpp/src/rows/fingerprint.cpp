/// The number by which moments record their scorer.
#include "whitening/scorer.hpp"

#include "random/hash.hpp"
#include "random/random.hpp"

namespace gaussmix {

std::uint64_t fingerprint(const Scorer& scorer) noexcept { return fingerprint(scorer.numbers()); }

std::uint64_t fingerprint(const ScorerNumbers& scorer) noexcept {
    // Weights and covariances are in the constants. This is done twice an iteration, which may take 3 us.
    const auto hash = [](const std::vector<double>& part) { return random::hash(part.data(), signed_size(part)); };
    const std::uint64_t sum = random::mix(hash(scorer.means) ^ random::mix(hash(scorer.log_constants)));
    return sum == 0 ? 1 : sum;
}

}  // namespace gaussmix
