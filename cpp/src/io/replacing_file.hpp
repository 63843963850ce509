/// A file that replaces another in one step.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

namespace gaussmix::model {

/// Written under another name in the same folder and renamed over `path` by commit(): whoever reads `path` sees the old
/// file or the whole new one. Without commit() nothing changes. Every failure throws Error(io).
class ReplacingFile {
public:
    explicit ReplacingFile(const std::string& path);
    ReplacingFile(const ReplacingFile&) = delete;
    ReplacingFile& operator=(const ReplacingFile&) = delete;
    ~ReplacingFile();

    void write(const char* data, std::size_t size);
    void commit();

private:
    [[noreturn]] void fail(const std::string& reason, int error_number = 0) const;
    void create_beside();

    std::string path_;                   ///< as the caller named it: for messages
    std::filesystem::path destination_;  ///< where symbolic links lead
    std::filesystem::path temporary_;
    std::FILE* file_ = nullptr;
};

}  // namespace gaussmix::model
