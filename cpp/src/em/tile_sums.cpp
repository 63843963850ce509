#include "em/tile_sums.hpp"

#include <algorithm>

#include "em/pruned_expectation.hpp"
#include "families/prepare.hpp"
#include "kernels/layout.hpp"

namespace gaussmix::em {
namespace {

/// The point about which a pooled scatter may be taken of each row once, instead of once a component: the centre of a
/// shared whitening, unless a mean lies so far from it that the difference of the two would lose digits. Null: none.
const double* safe_centre(const Source& source, bool narrow) {
    // In standard deviations: its square costs two digits of sixteen, or one of seven.
    const double safe_distance = narrow ? 3 : 16;
    const auto* model = std::get_if<Source::Model>(&source.from);
    if (model == nullptr || model->scorer->whitening != Whitening::shared) return nullptr;
    const Scorer& scorer = *model->scorer;
    return families::farthest_mean(scorer) <= safe_distance ? scorer.centre.data() : nullptr;
}

std::optional<rows::Model<float>> narrow_model(const Rows& rows, const Source& source) {
    const auto* from = std::get_if<Source::Model>(&source.from);
    return from != nullptr ? rows::narrow(*from->scorer, rows.x.scalar) : std::nullopt;
}

/// Whether weights times squares of rows stay within the range of floats.
bool has_ordinary_weights(const Rows& rows, Index first, Index n) {
    constexpr double largest = 1e10;
    if (!rows.weights) return true;
    for (Index i = first; i < first + n; ++i) {
        const double weight = rows.weights.data[rows::row_at(rows.order, i)];
        if (weight != 0 && !(weight <= largest && weight >= 1 / largest)) return false;
    }
    return true;
}

}  // namespace

/// The shared part in T: the model, if there is one, and the points the moments are taken about.
template <class T>
struct PassSetup::In {
    In(std::optional<rows::Model<T>> model_, const std::vector<double>& reference_, Index n_features)
        : model(std::move(model_)),
          about_own_means(model && &reference_ == &model->scorer.means),
          reference(reference_, n_features) {}

    std::optional<rows::Model<T>> model;
    bool about_own_means;  ///< whether the reference points are the means of the model
    rows::Points<T> reference;
};

PassSetup::PassSetup(const Rows& rows_, const Source& source, const std::vector<double>& reference, Scatter scatter,
                     Screening* screening)
    : PassSetup(rows_, source, reference, scatter, screening, narrow_model(rows_, source)) {}

PassSetup::PassSetup(const Rows& rows_, const Source& source, const std::vector<double>& reference, Scatter scatter,
                     Screening* screening, std::optional<rows::Model<float>> narrow)
    : rows(rows_),
      layout(source.n_components, rows_.x.n_features, scatter, safe_centre(source, narrow.has_value())),
      source_(source),
      screening_(screening) {
    const auto* from = std::get_if<Source::Model>(&source.from);
    std::optional<rows::Model<double>> model;
    if (from != nullptr) model.emplace(*from->scorer);
    wide_ = std::make_unique<In<double>>(std::move(model), reference, layout.n_features);
    if (narrow) narrow_ = std::make_unique<In<float>>(std::move(narrow), reference, layout.n_features);
}

PassSetup::~PassSetup() = default;

rows::Plan PassSetup::plan() const noexcept {
    return rows::cut(rows.x.n_rows, layout.n_features,
                     rows::em_work(layout.n_components, layout.n_features, layout.kind == Scatter::full),
                     is_narrow() ? sizeof(float) : sizeof(double));
}

template <class T>
T* Scratch::of(Index size) {
    auto& buffer = [this]() -> auto& {
        if constexpr (std::is_same_v<T, double>) {
            return wide_;
        } else {
            return narrow_;
        }
    }();
    const auto wanted = static_cast<std::size_t>(size);
    if (buffer.size() < wanted) buffer = linalg::AlignedBuffer<T>(wanted);
    return buffer.data();
}

/// A tile in either precision.
class TileSums::Tile {
public:
    virtual ~Tile() = default;
    virtual void add_rows(Sums& sums, Scratch& scratch) = 0;
    virtual void add_component(Index k, Sums& sums, Scratch& scratch) const = 0;
};

template <class T>
class TileSums::TileIn final : public Tile {
public:
    TileIn(const PassSetup& setup, const PassSetup::In<T>& in, Index tile_rows)
        : rows_(setup.rows),
          layout_(setup.layout),
          in_(in),
          table_(setup.rows.context.table),
          tile_(tile_rows, layout_.n_features, table_,
                layout_.triangular() ? rows::Layouts::columns_and_rows : rows::Layouts::columns),
          expectation_(expectation(setup, in, tile_rows)),
          r_(static_cast<std::size_t>(layout_.n_components * tile_rows)),
          best_(static_cast<std::size_t>(tile_rows)),
          sum_(static_cast<std::size_t>(tile_rows)),
          weights_(static_cast<std::size_t>(tile_rows)) {}

    /// False when no row has weight.
    bool load(Index first, Index n) {
        first_ = first;
        n_ = n;
        tile_.load(rows_.x, rows_.weights, first, n, rows_.order);
        return tile_.hide_weightless();
    }

    void expect() {
        expectation_->responsibilities(tile_, first_, n_, r_.data(), lse());
        if (layout_.triangular()) return;
        for (Index k = 0; k < layout_.n_components; ++k) clear_outside(expectation_->groups(k), k);
    }

    /// The same where single precision has the range for it, else false.
    bool expect_narrow() {
        if (!tile_.within(in_.model->reach)) return false;
        expect();
        const T* best = best_.data();
        return std::all_of(best, best + tile_.tile().n_rows, [](T b) { return b > rows::farthest_narrow; });
    }

    void add_rows(Sums& all, Scratch& scratch) override {
        double* sums = all.shared();
        const Index n_rows = tile_.tile().n_rows;
        const double* weights = wide_weights();
        const double weight = table_.sum(weights, n_rows);
        sums[layout_.total_weight] += weight;
        sums[layout_.log_likelihood] += kernels().log_likelihood(weights, lse(), n_rows);
        if (in_.model) sums[layout_.log_likelihood] += in_.model->base * weight;
        if (layout_.centre != nullptr) {
            kernels().scatter_full(tile_.tile(), {}, in_.model->centre[0], tile_.weights(),
                                   sums + layout_.centre_first + layout_.width, sums + layout_.centre_first,
                                   sums + layout_.scatter, work(scratch));
        }
    }

    void add_component(Index k, Sums& all, Scratch& scratch) const override {
        const kernels::Groups groups = expectation_->groups(k);
        if (groups.none()) return;
        double* sums = all.with(k, layout_);
        const kernels::Tile<T>& tile = tile_.tile();
        const kernels::Point<T> reference = in_.reference[k];
        const T* r = r_.data() + k * tile.stride;
        double* weight = sums + layout_.weights + k;
        double* first = sums + layout_.first + k * layout_.width;
        double* scatter = sums + layout_.scatter_of(k);
        if (layout_.kind == Scatter::none || layout_.centre != nullptr) {
            kernels().first_moment(tile, reference, r, weight, first);
        } else if (layout_.kind == Scatter::trace) {
            kernels().scatter_trace(tile, reference, r, squares(k, scratch), weight, first, scatter);
        } else if (layout_.kind == Scatter::diagonal) {
            kernels().scatter_diagonal(tile, reference, r, weight, first, scatter);
        } else {
            kernels().scatter_full(tile, groups, reference, r, weight, first, scatter, work(scratch));
        }
    }

private:
    static std::unique_ptr<Expectation<T>> expectation(const PassSetup& setup, const PassSetup::In<T>& in,
                                                       Index tile_rows) {
        const kernels::Table& table = setup.rows.context.table;
        if (setup.screening_ == nullptr) {
            return make_expectation<T>(setup.source_, in.model ? &*in.model : nullptr, tile_rows, table);
        }
        // A tile that single precision failed on has had its bounds taken to this model: they are made anew.
        const bool anew = std::is_same_v<T, double> && setup.is_narrow();
        return make_pruned_expectation<T>(*in.model, tile_rows, table, *setup.screening_, anew);
    }

    /// For kernels that read whole tiles.
    void clear_outside(kernels::Groups groups, Index k) {
        if (groups.first == nullptr || groups.n == 0) return;
        T* r = r_.data() + k * tile_.stride();
        Index end = 0;
        for (Index g = 0; g < groups.n; ++g) {
            std::fill(r + end, r + groups.first[g], T(0));
            end = groups.first[g] + kernels::group_rows<T>;
        }
        std::fill(r + end, r + tile_.tile().n_rows, T(0));
    }

    kernels::LogSums<T> lse() { return {best_.data(), sum_.data()}; }

    const kernels::Kernels<T>& kernels() const { return table_.kernels<T>(); }

    /// The weights of the tile's rows as they were given.
    const double* wide_weights() {
        if constexpr (std::is_same_v<T, double>) {
            return tile_.weights();
        } else {
            std::fill(weights_.data(), weights_.data() + tile_.tile().n_rows, 0.0);
            if (rows_.weights) {
                for (Index i = 0; i < n_; ++i) {
                    weights_.data()[i] = rows_.weights.data[rows::row_at(rows_.order, first_ + i)];
                }
            } else {
                std::fill_n(weights_.data(), n_, 1.0);
            }
            return weights_.data();
        }
    }

    /// || x_i - reference_k ||^2: from the E-step where it measured from the same points.
    const T* squares(Index k, Scratch& scratch) const {
        const T* known = in_.about_own_means ? expectation_->squares(k) : nullptr;
        if (known != nullptr) return known;
        T* squares = work(scratch);
        kernels().log_density_scalar(tile_.tile(), {}, in_.reference[k], 1, 0, squares, squares + tile_.stride());
        return squares;
    }

    T* work(Scratch& scratch) const {
        return scratch.of<T>(layout_.triangular() ? kernels::scatter_scratch(tile_.stride(), layout_.n_features)
                                                  : 2 * tile_.stride());
    }

    const Rows& rows_;
    const SumsLayout& layout_;
    const PassSetup::In<T>& in_;
    const kernels::Table& table_;
    Index first_ = 0;
    Index n_ = 0;
    rows::TileBuffer<T> tile_;
    std::unique_ptr<Expectation<T>> expectation_;
    linalg::AlignedBuffer<T> r_;
    linalg::AlignedBuffer<T> best_;
    linalg::AlignedBuffer<T> sum_;
    linalg::AlignedBuffer<double> weights_;
};

TileSums::TileSums(const PassSetup& setup) : setup_(setup) {}
TileSums::TileSums(TileSums&&) noexcept = default;
TileSums::~TileSums() = default;

void TileSums::expect(Index first, Index n) {
    tile_ = nullptr;
    if (setup_.narrow_ && has_ordinary_weights(setup_.rows, first, n)) {
        if (!narrow_) narrow_ = std::make_unique<TileIn<float>>(setup_, *setup_.narrow_, setup_.plan().tile_rows);
        if (!narrow_->load(first, n)) return;
        if (narrow_->expect_narrow()) {
            tile_ = narrow_.get();
            return;
        }
    }
    if (!wide_) wide_ = std::make_unique<TileIn<double>>(setup_, *setup_.wide_, setup_.plan().tile_rows);
    if (!wide_->load(first, n)) return;
    wide_->expect();
    tile_ = wide_.get();
}

void TileSums::add_rows(Sums& sums, Scratch& scratch) {
    if (tile_ != nullptr) tile_->add_rows(sums, scratch);
}

void TileSums::add_component(Index k, Sums& sums, Scratch& scratch) const {
    if (tile_ != nullptr) tile_->add_component(k, sums, scratch);
}

}  // namespace gaussmix::em
