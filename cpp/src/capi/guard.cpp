#include "capi/guard.hpp"

#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "gaussmix/error.hpp"
#include "text/invalid.hpp"

namespace gaussmix::capi {
namespace {

static_assert(GAUSSMIX_INVALID_ARGUMENT == static_cast<int>(Errc::invalid_argument) + 1 &&
              GAUSSMIX_NOT_FINITE == static_cast<int>(Errc::not_finite) + 1 &&
              GAUSSMIX_DEGENERATE == static_cast<int>(Errc::degenerate) + 1 &&
              GAUSSMIX_BAD_FILE == static_cast<int>(Errc::bad_file) + 1 &&
              GAUSSMIX_IO == static_cast<int>(Errc::io) + 1 &&
              GAUSSMIX_INTERRUPTED == static_cast<int>(Errc::interrupted) + 1 &&
              GAUSSMIX_OUT_OF_MEMORY == static_cast<int>(Errc::out_of_memory) + 1);
static_assert(sizeof(gaussmix_error) == 1024);

std::int32_t code_of(const Error& error) { return static_cast<std::int32_t>(error.code()) + 1; }

std::int32_t tell(gaussmix_error* error, std::int32_t code, const char* message) noexcept {
    if (error == nullptr) return code;
    error->code = code;
    std::size_t length = std::strlen(message);
    if (length >= sizeof(error->message)) {
        length = sizeof(error->message) - 1;
        // Not within a character: continuation bytes of UTF-8 are 10xxxxxx.
        while (length > 0 && (static_cast<unsigned char>(message[length]) & 0xC0) == 0x80) --length;
    }
    std::memcpy(error->message, message, length);
    error->message[length] = '\0';
    return code;
}

}  // namespace

std::int32_t report(gaussmix_error* error) noexcept {
    try {
        throw;
    } catch (const NotFinite& thrown) {
        if (error != nullptr) {
            error->row = thrown.row();
            error->feature = thrown.feature();
        }
        return tell(error, code_of(thrown), thrown.what());
    } catch (const IoError& thrown) {
        if (error != nullptr) error->system_error = thrown.error_number();
        return tell(error, code_of(thrown), thrown.what());
    } catch (const Error& thrown) {
        return tell(error, code_of(thrown), thrown.what());
    } catch (const OutOfMemory& thrown) {
        return tell(error, GAUSSMIX_OUT_OF_MEMORY, thrown.what());
    } catch (const std::bad_alloc&) {
        return tell(error, GAUSSMIX_OUT_OF_MEMORY, "there is not enough memory");
    } catch (const std::length_error&) {
        return tell(error, GAUSSMIX_OUT_OF_MEMORY, "there is not enough memory");
    } catch (const std::exception& thrown) {
        return tell(error, GAUSSMIX_INTERNAL, thrown.what());
    } catch (...) {
        return tell(error, GAUSSMIX_INTERNAL, "something was thrown that is no C++ exception");
    }
}

void refuse_null(const char* argument) { text::invalid("{} is NULL: give one", argument); }

}  // namespace gaussmix::capi
