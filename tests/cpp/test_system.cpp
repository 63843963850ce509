/// What the library says of itself, and sums so large that threads share them.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "check.hpp"
#include "gaussmix/gaussmix.hpp"

using namespace gaussmix;

namespace {

void the_system_is_told() {
    const SystemInfo info = system_info();
    CHECK_EQUAL(info.version, version());
    CHECK(!info.instruction_sets.empty());
    bool listed = false;
    for (const std::string& isa : info.instruction_sets) listed = listed || isa == info.instruction_set;
    CHECK(listed);
    CHECK(info.n_threads >= 1);
}

#if defined(__x86_64__) && defined(__linux__)
/// As the compiler's runtime library finds it out.
void instruction_sets_are_those_of_the_cpu() {
    const std::vector<std::string> sets = system_info().instruction_sets;
    const auto listed = [&](const char* isa) { return std::find(sets.begin(), sets.end(), isa) != sets.end(); };
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl");
    CHECK(!listed("avx2") || avx2);
    CHECK(!listed("avx512") || avx512);
    if (!listed("baseline")) return;  // this build has some of the kernels alone
    CHECK(sets.size() == 1U + (avx2 ? 1U : 0U) + (avx512 ? 1U : 0U) || sets.size() == 1);
}
#endif

/// Sums of K d (d + 1) / 2 doubles beyond 32 MB. Components so far apart that the sums are known: each row belongs to
/// one, the rows of a component lie at its mean plus and minus a step along one axis each.
void large_sums_are_the_same_for_any_threads() {
    constexpr Index k_total = 10;
    constexpr Index d = 1000;
    constexpr Index n = 2 * 3 * k_total;
    Parameters p;
    p.covariance_type = CovarianceType::diag;
    p.n_components = k_total;
    p.n_features = d;
    p.weights.assign(k_total, 1.0 / k_total);
    p.means.assign(k_total * d, 0.0);
    p.covariances.assign(k_total * d, 1.0);
    for (Index k = 0; k < k_total; ++k) p.means[static_cast<std::size_t>(k * d + k)] = 1000;
    std::vector<double> x(n * d);
    for (Index i = 0; i < n; ++i) {
        const Index k = i % k_total;
        const Index axis = i / k_total / 2 * 400;
        x[static_cast<std::size_t>(i * d + k)] += 1000;
        x[static_cast<std::size_t>(i * d + axis)] += i / k_total % 2 == 0 ? 2 : -2;
    }
    const Scorer scorer = prepare(p);
    Execution execution;
    execution.n_threads = 1;
    const Moments one = accumulate(scorer, Scatter::full, row_major(x.data(), n, d), {}, execution);
    execution.n_threads = 3;
    const Moments three = accumulate(scorer, Scatter::full, row_major(x.data(), n, d), {}, execution);
    CHECK(one.scatter.size() * sizeof(double) > 32 << 20);
    CHECK(one.scatter == three.scatter && one.first == three.first && one.weights == three.weights);

    const Index triangle = d * (d + 1) / 2;
    for (Index k = 0; k < k_total; ++k) {
        CHECK_EQUAL(one.weights[static_cast<std::size_t>(k)], 6);
        double sum = 0;
        for (Index at = 0; at < triangle; ++at)
            sum += std::fabs(one.scatter[static_cast<std::size_t>(k * triangle + at)]);
        CHECK_EQUAL(sum, 6 * 4);
        for (const Index axis : {0, 400, 800}) {
            const Index diagonal = axis * (axis + 1) / 2 + axis;
            CHECK_EQUAL(one.scatter[static_cast<std::size_t>(k * triangle + diagonal)], 8);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(the_system_is_told());
#if defined(__x86_64__) && defined(__linux__)
        TEST(instruction_sets_are_those_of_the_cpu());
#endif
        TEST(large_sums_are_the_same_for_any_threads());
    });
}
