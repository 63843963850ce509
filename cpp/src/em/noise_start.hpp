/// Where a fit with a background starts: rows of low density under a first fit are left to it.
#pragma once

#include <functional>
#include <optional>

#include "em/starts/sample.hpp"
#include "gaussmix/model.hpp"
#include "gaussmix/options.hpp"

namespace gaussmix::em {

/// Fits a sample without a background.
using FitSample = std::function<Model(const Sample& sample, const Options& options)>;

/// The rows of a sample that belong to components, and the weight of the others.
struct Cleaned {
    Sample sample;
    double noise_weight;
};

/// Returns the rows that are left once those of low density are taken away, as `NoiseOptions::weight` says. The first
/// fit has one component to spare, which the others may lie under; the density that it gives to rows of the background
/// is about their share over the volume.
Cleaned cleaned(const Sample& sample, const Options& options, const FitSample& fit, const Execution& execution);

/// Returns a mixture with a background to start from: the components of a fit to the rows that are left, and then what
/// splits and merges make of them, in case some rows of the background passed for a cluster.
Parameters start_beside_noise(const Sample& sample, const Options& options, const FitSample& fit,
                              const Execution& execution);

}  // namespace gaussmix::em
