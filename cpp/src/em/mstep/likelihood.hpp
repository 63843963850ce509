/// Estimates that maximise the likelihood, or that and the density of a prior.
#pragma once

#include "em/mstep/estimator.hpp"

namespace gaussmix::em {

std::unique_ptr<Estimator> make_likelihood(const Options& options, const Ridge& ridge);

}  // namespace gaussmix::em
