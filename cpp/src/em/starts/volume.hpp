/// Where most rows lie. A background is there for those far out, which then say nothing about the spread of clusters.
#pragma once

#include "em/starts/sample.hpp"
#include "gaussmix/summary.hpp"

namespace gaussmix::em {

/// Returns the rows of a sample without those that are far out in some feature.
Sample without_far_rows(const Sample& sample);

/// Returns a summary whose variances are at most those that rows can have without such rows, which may be in the sample
/// or between the extremes of the summary. If there are none, it stays as it is.
Summary without_far_rows(Summary summary, const Sample& sample);

}  // namespace gaussmix::em
