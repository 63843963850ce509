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

/// Where a background lies: a box along the features. It gives the density of a background over some of the features,
/// exp(-sum of their log_widths), which rows with missing values need.
struct NoiseBox {
    std::vector<double> middle;      ///< (d,)
    std::vector<double> log_widths;  ///< (d,), natural logarithms; their sum is that of the volume

    /// Returns whether it is known: both are empty otherwise.
    bool known() const noexcept { return !log_widths.empty(); }
};

/// One more term of a mixture: rows spread evenly over a volume (Banfield and Raftery 1993). Its density is
/// exp(-log_volume) everywhere, so that no row is out of its reach.
struct Noise {
    double weight = 0;      ///< its share of the rows
    double log_volume = 0;  ///< of the volume in units of the data; a volume itself may be beyond doubles
    NoiseBox box = {};      ///< of that volume
};

/// What a fit is told about its background.
struct NoiseOptions {
    /// The share to start from, more than 0 and less than 1. Unset: that of the rows to which a first fit gives less
    /// than half of the density 1 / volume.
    std::optional<double> weight;
    std::optional<double> log_volume;  ///< unset: that of the data, see `complete`
    std::vector<Index> constant;       ///< the features that the volume leaves out; `complete` finds them
    NoiseBox box = {};                 ///< unknown: that of the data, see `complete`

    /// Returns whether nothing is left to be taken from the data.
    bool complete() const noexcept { return log_volume && box.known(); }
};

/// Returns the options of a background with what they leave open taken from the data. The volume is the least of two
/// boxes about the rows, one along the features, one along the principal components. The second needs a sample without
/// missing values: rows with holes have the first alone. It takes the range of each feature from the summary too. An
/// extreme row does not count where it and the rest of the outermost hundredth on its side are farther from the others
/// than five times the range of these. A constant feature is left out: the background has the density there that a
/// component has, by its ridge or jitter. The box is the one along the features, all of whose sides but those of
/// constant features are stretched by one factor to have the volume. Throws Error(invalid_argument) unless summary,
/// sample and a given box have the same features.
GAUSSMIX_EXPORT NoiseOptions complete(NoiseOptions noise, const Options& options, const Summary& summary,
                                      const Sample& sample);
GAUSSMIX_EXPORT NoiseOptions complete(NoiseOptions noise, const Options& options, const Summary& summary);

}  // namespace gaussmix
