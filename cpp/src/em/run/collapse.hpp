/// Which components have collapsed at the end of a run.
#pragma once

#include <vector>

#include "gaussmix/event.hpp"
#include "gaussmix/parameters.hpp"
#include "gaussmix/ridge.hpp"
#include "kernels/table.hpp"

namespace gaussmix::em {

/// Returns the components that have collapsed, as Run::collapsed does. `events` are those of the run, n_rows is the
/// number of rows of its data, and n_distinct that of distinct ones; d + 1 stands for more. `unseen` is the
/// `unseen_part` of the covariances.
std::vector<Index> collapsed(const Parameters& parameters, const Ridge& ridge, const std::vector<Event>& events,
                             Index n_rows, Index n_distinct, const std::vector<double>& unseen,
                             const kernels::Table& table);

}  // namespace gaussmix::em
