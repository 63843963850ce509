/// What holds of any bytes that are given to `load`.
#pragma once

#include "bytes.hpp"
#include "scratch_file.hpp"

namespace fuzz {

/// A file is refused, or the model in it can be used, and kept and read again without a change.
inline void load_and_use(std::string_view bytes) {
    using namespace gaussmix;
    static const ScratchFile file;
    file.write(bytes);
    Model model;
    if (!accepted({Errc::bad_file}, [&] { model = load(file.path()); })) return;

    const Parameters& parameters = model.parameters;
    require(parameters.n_components >= 1 && parameters.n_features >= 1, "a loaded model has components and features");
    std::vector<double> probabilities(static_cast<std::size_t>(parameters.n_components));
    predict_proba(model, row_major(parameters.means.data(), 1, parameters.n_features), probabilities);

    save(model, file.path());
    const Model again = load(file.path());
    require_same(model.parameters, again.parameters);
    require(same_bits(model.history, again.history), "the history is the same bits");
    require(model.posterior.has_value() == again.posterior.has_value(), "the posterior is kept");
    if (model.posterior) {
        require(same_bits(model.posterior->concentration, again.posterior->concentration) &&
                    same_bits(model.posterior->mean_precision, again.posterior->mean_precision) &&
                    same_bits(model.posterior->degrees_of_freedom, again.posterior->degrees_of_freedom),
                "the posterior is the same bits");
    }
    require(model.feature_names == again.feature_names, "the feature names are the same");
    require(model.n_iter == again.n_iter && model.status == again.status, "how it was fitted is the same");
    require(model.events.size() == again.events.size(), "the events are as many");
}

}  // namespace fuzz
