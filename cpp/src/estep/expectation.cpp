#include "estep/expectation.hpp"

namespace gaussmix::estep {
namespace {

template <class T>
class DenseExpectation final : public Expectation<T> {
public:
    DenseExpectation(const whitening::Model<T>& model, Finish finish, Index tile_rows, const kernels::Table& table,
                     Keeps keeps)
        : model_(model), finish_(finish), kernels_(table.kernels<T>()), densities_(model, tile_rows, table, keeps) {}

    void find(const rows::TileBuffer<T>& rows, Index, Index, const Findings<T>& out) override {
        densities_.compute(rows, out.values);
        const kernels::Components all{nullptr, model_.scorer->n_components};
        const Index n_rows = rows.tile().n_rows;
        const T* floor = model_.floor.data();
        switch (finish_) {
            case Finish::responsibilities:
                kernels_.responsibilities(out.values, n_rows, all, rows.stride(), floor, rows.weights(), out.sums);
                break;
            case Finish::probabilities:
                kernels_.responsibilities(out.values, n_rows, all, rows.stride(), nullptr, rows.weights(), out.sums);
                break;
            case Finish::assignments:
                kernels_.assign(out.values, n_rows, all, rows.stride(), floor, rows.weights(), out.sums);
                break;
            case Finish::best: kernels_.top(out.values, n_rows, all, rows.stride(), out.sums.best, out.owner); break;
            case Finish::nothing: break;
        }
    }

    double base() const noexcept override { return model_.base; }
    const T* squares(Index k) const noexcept override { return densities_.squares(k); }

private:
    const whitening::Model<T>& model_;
    Finish finish_;
    const kernels::Kernels<T>& kernels_;
    Densities<T> densities_;
};

}  // namespace

template <class T>
std::unique_ptr<Expectation<T>> dense(const whitening::Model<T>& model, Finish finish, Index tile_rows,
                                      const kernels::Table& table, Keeps keeps) {
    return std::make_unique<DenseExpectation<T>>(model, finish, tile_rows, table, keeps);
}

template std::unique_ptr<Expectation<double>> dense(const whitening::Model<double>&, Finish, Index,
                                                    const kernels::Table&, Keeps);
template std::unique_ptr<Expectation<float>> dense(const whitening::Model<float>&, Finish, Index, const kernels::Table&,
                                                   Keeps);

}  // namespace gaussmix::estep
