/// A file that replaces another in one step.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

namespace gaussmix::model {

/// Written under another name in the same folder and renamed to `path` by commit(): a reader of `path` sees the old
/// file or the complete new one. Without commit() nothing changes. Every failure throws Error(io).
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

    std::string path_;                   ///< as given by the caller, for messages
    std::filesystem::path destination_;  ///< the target of symbolic links
    std::filesystem::path temporary_;
    std::FILE* file_ = nullptr;
};

}  // namespace gaussmix::model
