#include "io/replacing_file.hpp"

#include <cerrno>
#include <random>
#include <system_error>

#include "gaussmix/error.hpp"
#include "io/paths.hpp"
#include "text/format.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace gaussmix::model {
namespace {

namespace fs = std::filesystem;

std::string last_reason() { return std::generic_category().message(errno); }

/// Asks the system to write the file to the disk, so that the rename cannot get there first.
bool flush_to_disk(std::FILE* file) noexcept {
    if (std::fflush(file) != 0) return false;
#if defined(__unix__) || defined(__APPLE__)
    // EINVAL: a file system without this call
    if (fsync(fileno(file)) != 0 && errno != EINVAL) return false;
#endif
    return true;
}

/// Returns where links lead, whether or not anything is there.
fs::path end_of_links(fs::path path, std::error_code& error) {
    constexpr int most_links = 40;  // as in Linux
    for (int n = 0; fs::is_symlink(fs::symlink_status(path, error)); ++n) {
        if (n == most_links) {
            error = std::make_error_code(std::errc::too_many_symbolic_link_levels);
            return path;
        }
        path = path.parent_path() / fs::read_symlink(path, error);
    }
    return path;
}

}  // namespace

ReplacingFile::ReplacingFile(const std::string& path) : path_(path), destination_(native_path(path)) {
    std::error_code error;
    // A link stays a link: its target is replaced.
    destination_ = end_of_links(destination_, error);
    if (error == std::errc::too_many_symbolic_link_levels) fail(error.message(), error.value());
    // Renaming over a device or a pipe would remove it.
    const fs::file_status old = fs::status(destination_, error);
    if (fs::exists(old) && !fs::is_regular_file(old)) fail("it exists and is not a regular file");
    create_beside();
}

ReplacingFile::~ReplacingFile() {
    if (file_ != nullptr) std::fclose(file_);
    std::error_code ignored;
    if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

void ReplacingFile::create_beside() {
    constexpr int most_tries = 16;
    std::random_device random;
    for (int i = 0; i < most_tries; ++i) {
        temporary_ = destination_.parent_path() / text::format(".gaussmix-{}.tmp", random());
        file_ = create(temporary_);
        if (file_ != nullptr) return;
        if (errno != EEXIST) break;
    }
    fail(last_reason(), errno);
}

void ReplacingFile::write(const char* data, std::size_t size) {
    if (std::fwrite(data, 1, size, file_) != size) fail(last_reason(), errno);
}

void ReplacingFile::commit() {
    if (!flush_to_disk(file_)) fail(last_reason(), errno);
    std::FILE* const file = file_;
    file_ = nullptr;
    if (std::fclose(file) != 0) fail(last_reason(), errno);
    std::error_code error;
    const fs::file_status old = fs::status(destination_, error);
    if (fs::exists(old)) fs::permissions(temporary_, old.permissions(), error);
    if (fs::exists(old) && error) fail(error.message(), error.value());
    fs::rename(temporary_, destination_, error);
    if (error) fail(error.message(), error.value());
    temporary_.clear();
}

void ReplacingFile::fail(const std::string& reason, int error_number) const {
    throw IoError(text::format("cannot write {}: {}", path_, reason), path_, error_number);
}

}  // namespace gaussmix::model
