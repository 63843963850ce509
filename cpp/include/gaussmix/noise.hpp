/// A uniform background for rows that belong to no component.
#pragma once

#include <optional>
#include <vector>

#include "gaussmix/export.h"
#include "gaussmix/index.hpp"

namespace gaussmix {

struct Options;
struct Sample;
struct Summary;

/// One more term of a mixture: rows spread evenly over a volume (Banfield and Raftery 1993). Its density is
/// exp(-log_volume) everywhere, so that no row is out of its reach.
struct Noise {
    double weight = 0;      ///< its share of the rows
    double log_volume = 0;  ///< of the volume in units of the data; a volume itself may be beyond doubles
};

/// What a fit is told about its background.
struct NoiseOptions {
    /// The share to start from, more than 0 and less than 1. Unset: that of the rows to which a first fit gives less
    /// than half of the density 1 / volume.
    std::optional<double> weight;
    std::optional<double> log_volume;  ///< unset: that of the data, see `complete`
    std::vector<Index> constant;       ///< the features that the volume leaves out; `complete` finds them
};

/// Returns the options of a background with the volume that they leave open taken from the data: the least of two boxes
/// about the rows, one along the features, one along the principal components. The second needs a sample; the first
/// takes the range of each feature from the summary too. An extreme row does not count where it and the rest of the
/// outermost hundredth on its side are farther from the others than five times the range of these. A constant feature
/// is left out: the background has the density there that a component has, by its ridge or jitter. Throws
/// Error(invalid_argument) unless summary and sample have the same features.
GAUSSMIX_EXPORT NoiseOptions complete(NoiseOptions noise, const Options& options, const Summary& summary,
                                      const Sample& sample);
GAUSSMIX_EXPORT NoiseOptions complete(NoiseOptions noise, const Options& options, const Summary& summary);

}  // namespace gaussmix
