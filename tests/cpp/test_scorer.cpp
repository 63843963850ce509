/// Numbers that no scorer has: every entry that reads a scorer refuses them.
#include <cmath>
#include <limits>
#include <vector>

#include "check.hpp"
#include "gaussmix/gaussmix.hpp"
#include "scorer_uses.hpp"
#include "two_clusters.hpp"
#include "whitening/scorer.hpp"

using namespace gaussmix;

namespace {

using Numbers = ScorerNumbers;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr CovarianceType families[] = {CovarianceType::full, CovarianceType::tied, CovarianceType::diag,
                                       CovarianceType::spherical};

const TwoClusters data(60);

void changed_numbers_are_refused(CovarianceType family) {
    Options options;
    options.n_components = 2;
    options.covariance_type = family;
    const Scorer good = fit(options, data.view()).scorer;
    const auto refuses = [&](auto change) {
        Scorer changed = good;
        change(changed.numbers());
        each_use_refuses(changed, family, data);
        CHECK_THROWS(to_bytes(changed), Errc::invalid_argument);
    };
    const Whitening known = good.numbers().whitening;
    for (const Whitening whitening : {Whitening::scalar, Whitening::diagonal, Whitening::full, Whitening::shared}) {
        if (whitening != known) refuses([&](Numbers& s) { s.whitening = whitening; });
    }
    refuses([](Numbers& s) { s.whitening = static_cast<Whitening>(77); });
    for (const Index n : {Index{-1}, Index{0}, Index{1}, Index{3}, Index{1} << 62}) {
        refuses([n](Numbers& s) { s.n_components = n; });
        refuses([n](Numbers& s) { s.n_features = n; });
    }
    for (std::vector<double> Numbers::* part :
         {&Numbers::means, &Numbers::factors, &Numbers::weights, &Numbers::log_constants}) {
        refuses([part](Numbers& s) { (s.*part).clear(); });
        refuses([part](Numbers& s) { (s.*part).pop_back(); });
        refuses([part](Numbers& s) { (s.*part).push_back(1); });
        refuses([part](Numbers& s) { (s.*part)[0] = nan; });
    }
    refuses([](Numbers& s) { s.weights[0] = -1; });
    refuses([](Numbers& s) { s.log_constants[0] = HUGE_VAL; });
    refuses([](Numbers& s) { s.log_constants.assign(2, -HUGE_VAL); });
    if (known == Whitening::shared) {
        refuses([](Numbers& s) { s.centre.clear(); });
        refuses([](Numbers& s) { s.whitened_means.pop_back(); });
        refuses([](Numbers& s) { s.whitened_means[0] = nan; });
    }
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        for (const CovarianceType family : families) TEST(changed_numbers_are_refused(family));
    });
}
