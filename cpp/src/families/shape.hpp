/// Volumes and shapes of covariances along their axes: values w_kj, (K, d), of which w_kj / lambda_k with the volume
/// lambda_k = (prod_j w_kj)^(1/d) is the shape. Each function makes some volumes or shapes equal. It minimises sum_k
/// n_k sum_j (log v_kj + w_kj / v_kj) over the v that it may return (Celeux and Govaert 1995, section 4), and returns
/// false, with the values left alone, where a v_kj would not be positive. Determinants are sums of logarithms.
#pragma once

#include <vector>

#include "families/family.hpp"

namespace gaussmix::families {

/// The logarithm of each volume, (K,); minus infinity where a value is zero.
std::vector<double> log_volumes(const std::vector<double>& values, Index n_features);

/// log (sum_k n_k exp(x_k) / n): that of the one volume that components of such volumes make.
double log_mean(const std::vector<double>& weights, const std::vector<double>& logs);

/// One volume and one shape for all.
bool equalise(const std::vector<double>& weights, Index n_features, std::vector<double>& values);

/// One volume, each its own shape.
bool equalise_volumes(const std::vector<double>& weights, Index n_features, std::vector<double>& values);

/// Each its own volume, one shape: by turns from the logarithms of the previous volumes, (K,), or, without these, until
/// convergence. The objective is convex in the logarithm of the shape, so that there is one minimum.
bool equalise_shapes(const std::vector<double>& weights, const std::vector<double>& log_volumes_before,
                     Index n_features, std::vector<double>& values);

/// Alternates between values and volumes until none changes by more than rounding, or at most twice if the volumes come
/// from an earlier iteration, as more will follow. `turn` returns the largest relative change.
template <class Turn>
void take_turns(bool is_warm, Turn turn) {
    constexpr int warm_turns = 2;
    constexpr int most_turns = 1000;
    constexpr double settled = 1e-12;
    for (int i = 0; i < (is_warm ? warm_turns : most_turns); ++i) {
        if (!(turn() > settled)) return;
    }
}

}  // namespace gaussmix::families
