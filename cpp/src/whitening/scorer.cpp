#include "whitening/scorer.hpp"

#include <utility>

namespace gaussmix {

Scorer::Scorer() : numbers_(std::make_unique<ScorerNumbers>()) {}
Scorer::Scorer(ScorerNumbers numbers) : numbers_(std::make_unique<ScorerNumbers>(std::move(numbers))) {}
Scorer::~Scorer() = default;
Scorer::Scorer(const Scorer& other) : Scorer(other.numbers()) {}
Scorer::Scorer(Scorer&& other) noexcept = default;
Scorer& Scorer::operator=(Scorer&& other) noexcept = default;

Scorer& Scorer::operator=(const Scorer& other) {
    Scorer copy(other);
    std::swap(numbers_, copy.numbers_);
    return *this;
}

Index Scorer::n_components() const noexcept { return numbers().n_components; }
Index Scorer::n_terms() const noexcept { return numbers().n_terms(); }
Index Scorer::n_features() const noexcept { return numbers().n_features; }

const ScorerNumbers& Scorer::numbers() const noexcept {
    static const ScorerNumbers none;
    return numbers_ == nullptr ? none : *numbers_;
}

ScorerNumbers& Scorer::numbers() noexcept { return *numbers_; }

}  // namespace gaussmix
