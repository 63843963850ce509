/// Paths in UTF-8 on every system, as the headers promise; Windows takes narrow ones to be in a code page.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

#if defined(_WIN32)
#include "io/json.hpp"
#include "text/invalid.hpp"
#endif

namespace gaussmix::model {

inline std::filesystem::path native_path(const std::string& path) {
#if defined(_WIN32)
    if (!is_utf8(path)) text::invalid("path is not valid UTF-8: encode it so");
    return std::filesystem::u8path(path);
#else
    return path;
#endif
}

/// Opens a file that must not exist yet, to write bytes to it.
inline std::FILE* create(const std::filesystem::path& path) noexcept {
#if defined(_WIN32)
    return _wfopen(path.c_str(), L"wbx");
#else
    return std::fopen(path.c_str(), "wbx");
#endif
}

}  // namespace gaussmix::model
