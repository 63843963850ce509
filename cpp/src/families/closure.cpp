#include "families/closure.hpp"

#include "families/list.hpp"

namespace gaussmix::families {

bool keeps(const Family& family, Change change) noexcept {
    if (family.code.empty()) return false;
    if (!change.drops && !change.uneven && !change.mixes) return true;  // rotations and scales that all families have
    const char volume = family.code[0];
    const char shape = family.code[1];
    const char orientation = family.code[2];
    if (change.mixes && orientation == 'I') return false;
    if (change.uneven && shape == 'I') return false;
    const bool proportional = shape != 'V' && orientation != 'V';
    const bool of_matrices_at_large = shape == 'V' && orientation != 'E';  // constrained by their determinants at most
    return proportional || (of_matrices_at_large && (volume == 'V' || !change.drops));
}

CovarianceType of_any_matrices() { return full().covariance; }

CovarianceType after(CovarianceType family, Change change) {
    return keeps(get(family), change) ? family : of_any_matrices();
}

CovarianceType joined(CovarianceType family, bool mixes) {
    const Family& given = get(family);
    const bool stays = given.is_free() && !given.whitening.is_shared() && !(mixes && given.whitening.is_separable());
    return stays ? family : of_any_matrices();
}

}  // namespace gaussmix::families
