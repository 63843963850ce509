/// Which components have collapsed, when a run has ended.
#pragma once

#include <vector>

#include "gaussmix/event.hpp"
#include "gaussmix/parameters.hpp"
#include "gaussmix/ridge.hpp"
#include "kernels/table.hpp"

namespace gaussmix::em {

/// See Run::collapsed. `events` are those of the run, and n_distinct the distinct rows of its data, or at least d + 1
/// where there are more.
std::vector<Index> collapsed(const Parameters& parameters, const Ridge& ridge, const std::vector<Event>& events,
                             Index n_distinct, const kernels::Table& table);

}  // namespace gaussmix::em
