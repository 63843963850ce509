/// The check of lists of features.
#pragma once

#include <vector>

#include "gaussmix/index.hpp"
#include "gaussmix/parameters.hpp"
#include "text/invalid.hpp"

namespace gaussmix::model {

/// Returns whether each of n_features is in the list. Throws Error(invalid_argument), naming the argument, unless they
/// are distinct features, at least one.
inline std::vector<bool> chosen(const std::vector<Index>& features, Index n_features, const char* argument) {
    if (features.empty()) text::invalid("{} is empty: give at least one feature", argument);
    std::vector<bool> found(n_features);
    for (const Index j : features) {
        if (j < 0 || j >= n_features) {
            text::invalid("{} has feature {}: they are counted from 0 to {}", argument, j, n_features - 1);
        }
        if (found[j]) text::invalid("{} has feature {} twice: give each once", argument, j);
        found[j] = true;
    }
    return found;
}

/// Throws Error(invalid_argument) if the mixture has a background, which is no Gaussian.
inline void refuse_noise(const Parameters& parameters) {
    if (!parameters.noise) return;
    text::invalid(
        "the mixture has a background, which is no Gaussian: leave it out, and divide the weights of the components by "
        "their sum");
}

}  // namespace gaussmix::model
