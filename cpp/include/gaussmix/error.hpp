/// The exceptions of gaussmix, and the codes that hosts map to their own exceptions.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "gaussmix/containers.hpp"
#include "gaussmix/export.h"

namespace gaussmix {

/// The kinds of failure: only as many as a host can act on.
enum class Errc {
    invalid_argument,  ///< an argument is unusable: the message names it and the remedy
    not_finite,        ///< the data contain NaN or infinity: the message names row and column
    degenerate,        ///< there is no model with finite, positive definite covariances
    bad_file,          ///< a model file is malformed, truncated or of an unknown version
    io,                ///< the operating system refused to read or write a file
    interrupted,       ///< an observer asked to stop, and there is no result to return
    out_of_memory,     ///< the call needs more memory than this machine has
};

/// Thrown on misuse and on failures that leave no result. Expected numerical outcomes are not errors: they are
/// values of Status and entries of Event.
class GAUSSMIX_EXPORT Error : public std::runtime_error {
public:
    Error(Errc code, const std::string& message) : std::runtime_error(message), code_(code) {}

    /// Returns the kind of failure.
    Errc code() const noexcept { return code_; }

private:
    Errc code_;
};

/// Thrown when the operating system refuses to read or write a file.
class GAUSSMIX_EXPORT IoError : public Error {
public:
    IoError(const std::string& message, std::string path, int error_number)
        : Error(Errc::io, message), path_(std::move(path)), error_number_(error_number) {}

    /// Returns the path of the file.
    const std::string& path() const noexcept { return path_; }
    /// Returns the system's errno; 0 if it gave none.
    int error_number() const noexcept { return error_number_; }

private:
    std::string path_;
    int error_number_;
};

/// Thrown when a call needs more memory than this machine has, before anything is allocated.
class GAUSSMIX_EXPORT OutOfMemory : public std::bad_alloc {
public:
    explicit OutOfMemory(const std::string& message) : message_(std::make_shared<std::string>(message)) {}

    /// Returns a message with the memory needed, the memory there is, and the remedy.
    const char* what() const noexcept override { return message_->c_str(); }

private:
    std::shared_ptr<const std::string> message_;  // copies of an exception must not throw
};

/// Thrown for NaN or infinity in data.
class GAUSSMIX_EXPORT NotFinite : public Error {
public:
    NotFinite(double value, std::int64_t row, std::int64_t feature);

    /// Returns the number found: NaN, infinity or minus infinity.
    double value() const noexcept { return value_; }
    /// Returns the position of that number, counted from 0; of several such numbers, of the first in row-major order.
    std::int64_t row() const noexcept { return row_; }
    std::int64_t feature() const noexcept { return feature_; }

private:
    double value_;
    std::int64_t row_;
    std::int64_t feature_;
};

}  // namespace gaussmix
