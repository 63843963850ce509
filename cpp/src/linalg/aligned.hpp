/// Buffers of doubles aligned for the widest vectors.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace gaussmix::linalg {

/// A fixed number of doubles, aligned to 64 bytes, zero at first. Movable, not copyable.
class AlignedBuffer {
public:
    AlignedBuffer() = default;
    explicit AlignedBuffer(std::size_t size)
        : data_(static_cast<double*>(::operator new[](size * sizeof(double), alignment))), size_(size) {
        fill_zero();
    }

    double* data() noexcept { return data_.get(); }
    const double* data() const noexcept { return data_.get(); }
    std::size_t size() const noexcept { return size_; }
    void fill_zero() noexcept {
        if (size_ > 0) std::memset(data_.get(), 0, size_ * sizeof(double));
    }

private:
    static constexpr std::align_val_t alignment{64};
    struct Release {
        void operator()(double* p) const noexcept { ::operator delete[](p, alignment); }
    };
    std::unique_ptr<double[], Release> data_;
    std::size_t size_ = 0;
};

}  // namespace gaussmix::linalg
