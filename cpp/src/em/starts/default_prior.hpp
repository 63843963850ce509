/// The parts that a prior leaves empty, taken from the data: as Fraley and Raftery (2007, section 2.1) propose if
/// components have many rows for their features; if they have few, in a way that still helps.
#pragma once

#include "em/pass/pass.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// Returns the prior with the parts it leaves empty taken from the rows.
Prior complete(const Prior& prior, const Options& options, const Summary& summary, const rows::Data& rows);

}  // namespace gaussmix::em
