#include "em/select/lattice.hpp"

#include <algorithm>

#include "families/family.hpp"

namespace gaussmix::em {

Lattice::Lattice(const std::vector<CovarianceType>& families) : within(families.size()), around(families.size()) {
    const Index n = signed_size(families);
    const auto lies_within = [&](Index a, Index b) {
        return a != b && families::lies_within(families::get(families[a]), families::get(families[b]));
    };
    for (Index outer = 0; outer < n; ++outer) {
        for (Index inner = 0; inner < n; ++inner) {
            if (!lies_within(inner, outer)) continue;
            bool just = true;
            for (Index between = 0; between < n; ++between) {
                just = just && !(lies_within(inner, between) && lies_within(between, outer));
            }
            if (!just) continue;
            within[outer].push_back(inner);
            around[inner].push_back(outer);
        }
    }
    std::vector<Index> level(families.size());
    for (Index pass = 0; pass < n; ++pass) {  // no chain is longer
        for (Index outer = 0; outer < n; ++outer) {
            for (const Index inner : within[outer]) level[outer] = std::max(level[outer], level[inner] + 1);
        }
    }
    levels.resize(*std::max_element(level.begin(), level.end()) + 1);
    for (Index family = 0; family < n; ++family) levels[level[family]].push_back(family);
}

}  // namespace gaussmix::em
