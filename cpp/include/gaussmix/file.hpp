/// Keep a mixture in a file: data, never code, in the safetensors layout, readable by any host that knows it.
#pragma once

#include <string>
#include <vector>

#include "gaussmix/export.h"
#include "gaussmix/fit.hpp"

namespace gaussmix {

/// What a model file holds: the mixture, how it was fitted, and what its features are called.
struct SavedModel {
    Parameters parameters;
    Status status = Status::given;
    Index n_iter = 0;
    std::vector<double> history;  ///< as `Run::history`
    std::vector<Event> events;
    std::vector<std::string> feature_names;  ///< (d,) in UTF-8, or empty
    /// Of variational Bayes, else empty. Also empty in files of such fits by versions that kept the parameters alone.
    std::optional<Posterior> posterior = std::nullopt;
    std::vector<Index> collapsed = {};  ///< as `Run::collapsed`
};

/// All of a fit that a file keeps.
GAUSSMIX_EXPORT SavedModel saved_model(Fit fit, std::vector<std::string> feature_names = {});

/// Makes a model of a file ready to score rows, with its posterior where it has one: the bits of `Fit::scorer`.
/// Throws as `validate` does.
GAUSSMIX_EXPORT Scorer prepare(const SavedModel& model, const Execution& execution = {});

/// Writes a model file; `path` is in UTF-8 on Windows. The new file is written beside `path` and then renamed over it:
/// whoever reads `path` sees the old file or the whole new one, and a failure leaves the old one as it was. Throws
/// Error(invalid_argument) for a model that `load` would refuse, and Error(io).
GAUSSMIX_EXPORT void save(const SavedModel& model, const std::string& path);

/// Reads a model file; every number comes back bit for bit. Nothing in the file is trusted: lengths are checked against
/// the size of the file before anything is allocated, and the parameters as by `validate`.
/// Throws Error(bad_file), naming the file and what is wrong with it, and Error(io).
GAUSSMIX_EXPORT SavedModel load(const std::string& path);

}  // namespace gaussmix
