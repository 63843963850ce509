/// The E-step that computes only what may count.
#pragma once

#include "em/pruning/screening.hpp"
#include "estep/expectation.hpp"
#include "whitening/model.hpp"

namespace gaussmix::em {

/// Makes a worker's expectation under a model, which uses and renews what `screening` knows about the rows; if `anew`,
/// it does not use bounds.
template <class T>
std::unique_ptr<estep::Expectation<T>> make_pruned_expectation(const whitening::Model<T>& model, Index tile_rows,
                                                               const kernels::Table& table, Screening& screening,
                                                               bool anew);

}  // namespace gaussmix::em
