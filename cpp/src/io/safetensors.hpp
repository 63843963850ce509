/// The safetensors layout: the length of a JSON header (8 bytes, little-endian), the header, then the raw little-endian
/// arrays that it describes, end to end.
#pragma once

#include <cstddef>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "gaussmix/matrix_view.hpp"

namespace gaussmix::model {

/// A float64 array to write.
struct NewTensor {
    std::string name;
    std::vector<Index> shape;
    const std::vector<double>* values;
};

using Metadata = std::map<std::string, std::string>;

/// Writes a file as ReplacingFile does. Throws Error(io), and Error(invalid_argument) for a header that is too long.
void write_safetensors(const std::string& path, const Metadata& metadata, const std::vector<NewTensor>& tensors);

/// An array in a file, as the header describes it.
struct StoredTensor {
    std::string dtype;
    std::vector<Index> shape;
    Index begin = 0;  ///< bytes, counted from the end of the header
    Index end = 0;
};

/// A file open for reading. Its header is read and checked at once: the arrays lie in the file, end to end, with
/// nothing before, between or after them. Throws Error(bad_file) without the path, and Error(io) with it.
class SafetensorsReader {
public:
    explicit SafetensorsReader(const std::string& path);

    const Metadata& metadata() const noexcept { return metadata_; }
    const std::map<std::string, StoredTensor>& tensors() const noexcept { return tensors_; }

    /// Returns the numbers of a float64 array.
    std::vector<double> read(const std::string& name);

private:
    void read_bytes(char* out, Index size);
    void parse(const std::string& header);
    void check_layout(Index data_size) const;

    std::string path_;
    std::ifstream file_;
    Index data_start_ = 0;
    Metadata metadata_;
    std::map<std::string, StoredTensor> tensors_;
};

}  // namespace gaussmix::model
