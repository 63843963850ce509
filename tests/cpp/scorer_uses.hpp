/// Every entry that reads a scorer, given one that none may accept.
#pragma once

#include <cstdint>
#include <vector>

#include "check.hpp"
#include "gaussmix/gaussmix.hpp"
#include "two_clusters.hpp"

inline void each_use_refuses(const gaussmix::Scorer& scorer, gaussmix::CovarianceType family, const TwoClusters& data) {
    using namespace gaussmix;
    std::vector<double> numbers(2 * data.n_rows);
    std::vector<std::int64_t> labels(data.n_rows);
    const MatrixView x = data.view();
    CHECK_THROWS(score_samples(scorer, x, {numbers.data(), data.n_rows}), Errc::invalid_argument);
    CHECK_THROWS(score(scorer, x), Errc::invalid_argument);
    CHECK_THROWS(predict(scorer, x, labels), Errc::invalid_argument);
    CHECK_THROWS(predict_proba(scorer, x, numbers), Errc::invalid_argument);
    CHECK_THROWS(evidence(scorer, x), Errc::invalid_argument);
    CHECK_THROWS(evidence(scorer, x, {}), Errc::invalid_argument);
    CHECK_THROWS(accumulate(scorer, scatter_for(family), x), Errc::invalid_argument);
    CHECK_THROWS(precisions_cholesky(scorer, family), Errc::invalid_argument);
}
