/// The E-step of a tile that computes only what may count.
#pragma once

#include "em/pruning/screening.hpp"
#include "estep/expectation.hpp"
#include "whitening/model.hpp"

namespace gaussmix::em {

/// A worker's own expectation under a model that uses and renews what `screening` knows of the rows; `anew` where it
/// must not use bounds.
template <class T>
std::unique_ptr<estep::Expectation<T>> make_pruned_expectation(const whitening::Model<T>& model, Index tile_rows,
                                                               const kernels::Table& table, Screening& screening,
                                                               bool anew);

}  // namespace gaussmix::em
