/// Mixtures in files: data, never code, in the safetensors layout, which many hosts can read.
#pragma once

#include <string>

#include "gaussmix/export.h"
#include "gaussmix/model.hpp"

namespace gaussmix {

/// Writes a model file; `path` is in UTF-8 on Windows. The new file is written beside `path` and then renamed, so that
/// a reader of `path` sees either the old file or the complete new one, and a failure leaves the old one intact. Throws
/// Error(invalid_argument) for a model that `load` would refuse, and Error(io).
GAUSSMIX_EXPORT void save(const Model& model, const std::string& path);

/// Reads a model file; every number comes back bit for bit, and so does the scorer of the fit. Nothing in the file is
/// trusted: lengths are checked against the size of the file before anything is allocated, and parameters are checked
/// as by `validate`. Throws Error(bad_file), naming the file and what is wrong with it, and Error(io).
GAUSSMIX_EXPORT Model load(const std::string& path, const Execution& execution = {});

}  // namespace gaussmix
