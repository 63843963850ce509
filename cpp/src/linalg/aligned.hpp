/// Buffers of numbers aligned for the widest vectors.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace gaussmix::linalg {

/// A fixed number of numbers, aligned to 64 bytes, zero at first. Movable, not copyable.
template <class T>
class AlignedBuffer {
public:
    AlignedBuffer() = default;
    explicit AlignedBuffer(std::size_t size)
        : data_(static_cast<T*>(::operator new[](size * sizeof(T), alignment))), size_(size) {
        fill_zero();
    }

    T* data() noexcept { return data_.get(); }
    const T* data() const noexcept { return data_.get(); }
    std::size_t size() const noexcept { return size_; }
    void fill_zero() noexcept {
        if (size_ > 0) std::memset(data_.get(), 0, size_ * sizeof(T));
    }

private:
    static constexpr std::align_val_t alignment{64};
    struct Release {
        void operator()(T* p) const noexcept { ::operator delete[](p, alignment); }
    };
    std::unique_ptr<T[], Release> data_;
    std::size_t size_ = 0;
};

}  // namespace gaussmix::linalg
