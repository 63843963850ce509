/// The background that a run starts with.
#pragma once

#include "em/mstep/known.hpp"
#include "gaussmix/options.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument) if a background is wanted whose volume is still to be taken from the data.
void check_complete_noise(const Options& options);

/// Returns the background that options with a volume want, of this weight.
inline Noise noise_of(const NoiseOptions& options, double weight) { return {weight, *options.log_volume, options.box}; }

/// Gives a start the background that the options want: of their volume, and of the weight that it has. Where it has
/// none, the components whose weights are not fixed make room for the weight that the options guess. A background that
/// is not wanted is left out.
void settle_noise(Parameters& parameters, const Known& known, const Options& options);

}  // namespace gaussmix::em
