/// Buffers of numbers aligned for the widest vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

namespace gaussmix::linalg {

/// A fixed number of numbers, aligned to 64 bytes, initially with arbitrary values. Movable, not copyable.
template <class T>
class AlignedBuffer {
public:
    AlignedBuffer() = default;
    explicit AlignedBuffer(std::size_t size) : storage_(new std::byte[size * sizeof(T) + alignment]), size_(size) {
        // Aligned here: aligned allocation takes several times as long as allocating a few more bytes.
        const auto address = reinterpret_cast<std::uintptr_t>(storage_.get());
        data_ = reinterpret_cast<T*>(storage_.get() + (alignment - address % alignment));
#ifndef NDEBUG
        std::memset(data_, 0xFF, size * sizeof(T));  // NaN: tests notice numbers that are read before they are written
#endif
    }
    AlignedBuffer(AlignedBuffer&& other) noexcept { *this = std::move(other); }
    AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
        storage_ = std::move(other.storage_);
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
        return *this;
    }

    T* data() noexcept { return data_; }
    const T* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    void fill_zero() noexcept {
        if (size_ > 0) std::memset(data_, 0, size_ * sizeof(T));
    }

private:
    static constexpr std::size_t alignment = 64;
    std::unique_ptr<std::byte[]> storage_;
    T* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace gaussmix::linalg
