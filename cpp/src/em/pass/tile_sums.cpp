#include "em/pass/tile_sums.hpp"

#include <algorithm>
#include <utility>

#include "em/pass/centre.hpp"
#include "em/pruning/pruned_expectation.hpp"
#include "kernels/layout.hpp"

namespace gaussmix::em {
namespace {

constexpr Index most_kept = 4;  // tiles that a worker keeps: data of more are worth reading anew

/// The scorer that the source is, if any.
const Scorer* scorer_of(const Source& source) {
    const auto* from = std::get_if<Source::Model>(&source.from);
    return from == nullptr ? nullptr : from->scorer;
}

/// Whether weights times squares of rows stay within the range of floats.
bool has_ordinary_weights(const rows::Data& rows, Index first, Index n) {
    constexpr double largest = 1e10;
    if (!rows.weights) return true;
    for (Index i = first; i < first + n; ++i) {
        const double weight = rows.weights.data[rows::row_at(rows.order, i)];
        if (weight != 0 && !(weight <= largest && weight >= 1 / largest)) return false;
    }
    return true;
}

}  // namespace

PassSetup::PassSetup(const rows::Data& rows, Index n_components, const scatter::Form& scatter)
    : rows_(rows), layout_(n_components, rows.x.n_features, scatter, {}) {}

bool PassSetup::begin(const Source& source, const std::vector<double>& reference, rows::Order order,
                      Screening* screening) {
    const Scorer* scorer = scorer_of(source);
    std::optional<whitening::Model<float>> narrow;
    std::optional<whitening::Model<double>> model;
    if (scorer != nullptr) {
        narrow = whitening::narrow(*scorer, rows::is_single(rows_.x.scalar));
        model.emplace(*scorer);
    }
    const auto storage = [this] { return std::pair(plan_.tile_rows, layout_.size); };
    const auto before = storage();
    layout_ = SumsLayout(layout_.n_components, layout_.n_features, *layout_.form,
                         neighbourhood(source, *layout_.form, narrow.has_value()));
    plan_ =
        rows::cut(rows_.x.n_rows, layout_.n_features,
                  rows::em_work(layout_.n_components, layout_.n_features, layout_.triangular() && !layout_.pooled()),
                  narrow ? sizeof(float) : sizeof(double));
    rows_.order = order;
    source_ = source;
    screening_ = screening;
    if (model) model->settle(layout_.neighbourhood);
    if (narrow) narrow->settle(layout_.neighbourhood);
    // In place: storage that lasts refers to them.
    wide_.emplace(std::move(model), reference, layout_);
    narrow_.reset();
    if (narrow) narrow_.emplace(std::move(narrow), reference, layout_);
    Kept kept;
    if (scorer != nullptr && screening == nullptr) {
        kept.emplace(std::get<Source::Model>(source.from).assignment, scorer->whitening);
    }
    if (!kept || kept != kept_) ++e_step_;
    kept_ = kept;
    return storage() == before;
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
    virtual void add_components(Index begin, Index end, Sums& sums, Scratch& scratch) const = 0;
};

template <class T>
class TileSums::TileIn final : public Tile {
public:
    TileIn(const PassSetup& setup, const PassSetup::In<T>& in)
        : setup_(setup),
          rows_(setup.rows_),
          layout_(setup.layout_),
          in_(in),
          table_(rows_.context.table),
          tile_rows_(setup.plan_.tile_rows),
          loaded_(setup.plan_.n_tiles <= most_kept ? static_cast<std::size_t>(setup.plan_.n_tiles) : 1),
          r_(static_cast<std::size_t>(layout_.n_components * tile_rows_)),
          best_(static_cast<std::size_t>(tile_rows_)),
          sum_(static_cast<std::size_t>(tile_rows_)),
          weights_(static_cast<std::size_t>(tile_rows_)) {}

    /// False when no row has weight.
    bool load(Index first, Index n) {
        now_ = &loaded_[static_cast<std::size_t>(first / tile_rows_) % loaded_.size()];
        if (now_->tile.stride() == 0) {
            now_->tile =
                rows::TileBuffer<T>(tile_rows_, layout_.n_features, table_,
                                    layout_.triangular() ? rows::Layouts::columns_and_rows : rows::Layouts::columns);
        }
        const bool in_place = rows_.order == nullptr;
        if (!(in_place && now_->in_place && now_->first == first && now_->n == n)) {
            now_->in_place = in_place;
            now_->first = first;
            now_->n = n;
            now_->tile.load(rows_.x, rows_.weights, first, n, rows_.order);
            now_->has_weight = now_->tile.hide_weightless();
        }
        if (now_->has_weight && layout_.has_statistics()) now_->tile.centre(in_.centre[0], layout_.squares());
        return now_->has_weight;
    }

    void expect() {
        if (std::exchange(e_step_, setup_.e_step_) != setup_.e_step_) expectation_ = expectation();
        expectation_->responsibilities(now_->tile, now_->first, now_->n, r_.data(), lse());
        if (layout_.triangular()) return;
        for (Index k = 0; k < layout_.n_components; ++k) clear_outside(expectation_->groups(k), k);
    }

    /// The same where single precision has the range for it, else false.
    bool expect_narrow() {
        if (!now_->tile.within(in_.model->reach)) return false;
        expect();
        const T* best = best_.data();
        return std::all_of(best, best + tile().n_rows, [](T b) { return b > whitening::farthest_narrow; });
    }

    void add_rows(Sums& all, Scratch& scratch) override {
        double* sums = all.shared();
        const Index n_rows = tile().n_rows;
        const double* weights = wide_weights();
        const double weight = rows_.weights ? table_.sum(weights, n_rows) : static_cast<double>(now_->n);
        sums[layout_.total_weight] += weight;
        sums[layout_.log_likelihood] += kernels().log_likelihood(weights, lse(), n_rows);
        if (in_.model) sums[layout_.log_likelihood] += in_.model->base * weight;
        if (layout_.pools_about_centre()) {
            kernels().scatter_full(tile(), {}, in_.centre[0], now_->tile.weights(),
                                   sums + layout_.centre_first + layout_.width, sums + layout_.centre_first,
                                   sums + layout_.scatter, work(scratch));
        }
    }

    void add_components(Index begin, Index end, Sums& all, Scratch& scratch) const override {
        std::int32_t near[components_together];
        Index n_near = 0;
        for (Index k = begin; k < end; ++k) {
            const kernels::Groups groups = expectation_->groups(k);
            if (groups.none()) continue;
            double* sums = all.with(k, layout_);
            if (layout_.is_near(k)) {
                near[n_near++] = static_cast<std::int32_t>(k);
            } else {
                add_component(k, groups, sums, scratch);
            }
        }
        if (n_near == 0) return;
        kernels().weighted_sums(r_.data(), {near, n_near}, tile().statistics, layout_.n_statistics(), tile().stride,
                                tile().n_rows, all.shared() + layout_.first, layout_.width);
    }

private:
    void add_component(Index k, kernels::Groups groups, double* sums, Scratch& scratch) const {
        const kernels::Tile<T>& tile = this->tile();
        const kernels::Point<T> reference = in_.reference[k];
        const T* r = r_.data() + k * tile.stride;
        const scatter::Form& form = layout_.pools_about_centre() ? scatter::none : *layout_.form;
        const T* squared = form.needs_squares() ? squares(k, scratch) : nullptr;
        T* room = form.is_triangular() ? work(scratch) : nullptr;
        form.add_rows(scatter::Job<T>{kernels(), tile, groups, reference, r, squared, room, sums + layout_.weight_of(k),
                                      sums + layout_.first_of(k), sums + layout_.scatter_of(k)});
    }

    /// Rows of the data that stand ready for the kernels.
    struct Loaded {
        rows::TileBuffer<T> tile;
        Index first = 0;
        Index n = 0;
        bool in_place = false;  // as they stand in the data
        bool has_weight = false;
    };

    std::unique_ptr<Expectation<T>> expectation() const {
        if (setup_.screening_ == nullptr) {
            return make_expectation<T>(setup_.source_, in_.model ? &*in_.model : nullptr, tile_rows_, table_);
        }
        // A tile that single precision failed on has had its bounds taken to this model: they are made anew.
        const bool anew = std::is_same_v<T, double> && setup_.is_narrow();
        return make_pruned_expectation<T>(*in_.model, tile_rows_, table_, *setup_.screening_, anew);
    }

    /// For kernels that read whole tiles.
    void clear_outside(kernels::Groups groups, Index k) {
        if (groups.first == nullptr || groups.n == 0) return;
        T* r = r_.data() + k * tile().stride;
        Index end = 0;
        for (Index g = 0; g < groups.n; ++g) {
            std::fill(r + end, r + groups.first[g], T(0));
            end = groups.first[g] + kernels::group_rows<T>;
        }
        std::fill(r + end, r + tile().n_rows, T(0));
    }

    kernels::LogSums<T> lse() { return {best_.data(), sum_.data()}; }

    const kernels::Tile<T>& tile() const { return now_->tile.tile(); }

    const kernels::Kernels<T>& kernels() const { return table_.kernels<T>(); }

    /// The weights of the tile's rows as they were given.
    const double* wide_weights() {
        if constexpr (std::is_same_v<T, double>) {
            return now_->tile.weights();
        } else {
            std::fill(weights_.data(), weights_.data() + tile().n_rows, 0.0);
            if (rows_.weights) {
                for (Index i = 0; i < now_->n; ++i) {
                    weights_.data()[i] = rows_.weights.data[rows::row_at(rows_.order, now_->first + i)];
                }
            } else {
                std::fill_n(weights_.data(), now_->n, 1.0);
            }
            return weights_.data();
        }
    }

    /// || x_i - reference_k ||^2: from the E-step where it measured from the same points.
    const T* squares(Index k, Scratch& scratch) const {
        const T* known = in_.about_own_means ? expectation_->squares(k) : nullptr;
        if (known != nullptr) return known;
        T* squares = work(scratch);
        kernels().log_density_scalar(tile(), {}, in_.reference[k], 1, 0, squares, squares + tile_rows_);
        return squares;
    }

    T* work(Scratch& scratch) const {
        return scratch.of<T>(layout_.triangular() ? kernels::scatter_scratch(tile_rows_, layout_.n_features)
                                                  : 2 * tile_rows_);
    }

    const PassSetup& setup_;
    const rows::Data& rows_;
    const SumsLayout& layout_;
    const PassSetup::In<T>& in_;
    const kernels::Table& table_;
    Index tile_rows_;
    std::vector<Loaded> loaded_;  // few tiles have a place each: they are there in the next pass
    Loaded* now_ = nullptr;       // the one in hand
    Index e_step_ = 0;
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
    if (setup_.narrow_ && has_ordinary_weights(setup_.rows_, first, n)) {
        if (!narrow_) narrow_ = std::make_unique<TileIn<float>>(setup_, *setup_.narrow_);
        if (!narrow_->load(first, n)) return;
        if (narrow_->expect_narrow()) {
            tile_ = narrow_.get();
            return;
        }
    }
    if (!wide_) wide_ = std::make_unique<TileIn<double>>(setup_, *setup_.wide_);
    if (!wide_->load(first, n)) return;
    wide_->expect();
    tile_ = wide_.get();
}

void TileSums::add_rows(Sums& sums, Scratch& scratch) {
    if (tile_ != nullptr) tile_->add_rows(sums, scratch);
}

void TileSums::add_components(Index begin, Index end, Sums& sums, Scratch& scratch) const {
    if (tile_ != nullptr) tile_->add_components(begin, end, sums, scratch);
}

}  // namespace gaussmix::em
