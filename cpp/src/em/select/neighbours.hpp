/// Starts from mixtures with one component more or one fewer.
#pragma once

#include <optional>

#include "em/select/climb.hpp"

namespace gaussmix::em {

/// Returns a mixture in which the component is split that gains most by it; nothing where none can be.
std::optional<Parameters> with_one_more(Climber& climber, const Model& model, const Options& options,
                                        const Summary& summary);

/// Returns a mixture in which the two components are merged that lose least by it.
std::optional<Parameters> with_one_fewer(Climber& climber, const Model& model, const Options& options,
                                         const Summary& summary);

}  // namespace gaussmix::em
