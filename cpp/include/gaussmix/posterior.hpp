/// What variational Bayes knows beyond the parameters.
#pragma once

#include <vector>

#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/parameters.hpp"
#include "gaussmix/scorer.hpp"

namespace gaussmix {

/// What variational Bayes knows beyond the parameters, which then are posterior means (covariances: the inverse of the
/// mean precision).
struct Posterior {
    std::vector<double> concentration;       ///< of the weights: (K,), or of the sticks (2, K): both of each beta
    std::vector<double> mean_precision;      ///< (K,): of mean k in units of precision matrix k
    std::vector<double> degrees_of_freedom;  ///< (K,): of the Wishart distribution of precision matrix k
};

/// Throws Error(invalid_argument) unless the posterior can be one of these parameters: its sizes agree with theirs and
/// its numbers are positive, degrees of freedom more than d - 1.
GAUSSMIX_EXPORT void validate(const Posterior& posterior, const Parameters& parameters);

/// As `prepare(parameters)`, with the logarithms of weights and densities that the posterior expects: the E-step of
/// variational Bayes. Throws Error(invalid_argument) unless the posterior is one of these parameters.
GAUSSMIX_EXPORT Scorer prepare(const Parameters& parameters, const Posterior& posterior,
                               const Execution& execution = {});

}  // namespace gaussmix
