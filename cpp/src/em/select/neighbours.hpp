/// Starts from mixtures with one component more or one fewer.
#pragma once

#include <optional>

#include "em/select/climb.hpp"

namespace gaussmix::em {

/// Returns a mixture in which the component that gains most by it is split; nothing if none can be split.
std::optional<Parameters> with_one_more(Climber& climber, const Model& model, const Options& options,
                                        const Summary& summary);

/// Returns a mixture in which the two components that lose least by it are merged.
std::optional<Parameters> with_one_fewer(Climber& climber, const Model& model, const Options& options,
                                         const Summary& summary);

}  // namespace gaussmix::em
