/// Samples of rows with missing values, completed for the search of a start alone.
#pragma once

#include "em/starts/sample.hpp"

namespace gaussmix::em {

/// Returns the sample with each missing value taken from the nearest row that has it (nearest-neighbour hot deck;
/// Little and Rubin 2019, section 4.3.2): by the mean squared distance over the features that both have, but
/// constant ones, in units of each feature's standard deviation. A cluster's values are thus completed by its own,
/// which column means would pull between the clusters. Rows without any such value are left out. A feature that no row
/// of the sample has takes the mean of all rows.
Sample completed(Sample sample, const Summary& summary, const rows::Context& context);

}  // namespace gaussmix::em
