/// The posterior of variational Bayes.
#pragma once

#include <vector>

#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/parameters.hpp"
#include "gaussmix/scorer.hpp"

namespace gaussmix {

/// The posterior of variational Bayes, beyond its means, which are the parameters (covariances: the inverse of the mean
/// precision).
struct Posterior {
    std::vector<double> concentration;       ///< (K,): of the weights; of a process (2, K): of each stick's beta
    std::vector<double> mean_precision;      ///< (K,): precision of mean k, in units of precision matrix k
    std::vector<double> degrees_of_freedom;  ///< (K,): of the Wishart distribution of precision matrix k
};

/// Throws Error(invalid_argument) unless the posterior fits the parameters: sizes agree, all numbers are positive, and
/// degrees of freedom are more than d - 1.
GAUSSMIX_EXPORT void validate(const Posterior& posterior, const Parameters& parameters);

/// Returns the scorer of variational Bayes's E-step: as `prepare(parameters)`, with the expected logarithms of weights
/// and densities under the posterior. Throws Error(invalid_argument) unless the posterior fits the parameters.
GAUSSMIX_EXPORT Scorer prepare(const Parameters& parameters, const Posterior& posterior,
                               const Execution& execution = {});

}  // namespace gaussmix
