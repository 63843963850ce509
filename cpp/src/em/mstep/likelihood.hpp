/// Maximum likelihood estimates, or maximum a posteriori with a prior.
#pragma once

#include "em/mstep/estimator.hpp"

namespace gaussmix::em {

std::unique_ptr<Estimator> make_likelihood(const Options& options, const Ridge& ridge);

}  // namespace gaussmix::em
