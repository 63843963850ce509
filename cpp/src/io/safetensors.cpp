#include "io/safetensors.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "gaussmix/error.hpp"
#include "io/json.hpp"
#include "io/paths.hpp"
#include "io/replacing_file.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"

namespace gaussmix::model {
namespace {

constexpr Index width = sizeof(double);
constexpr Index most_header_bytes = Index{1} << 24;
constexpr std::size_t most_dimensions = 8;

[[noreturn]] void refuse(const std::string& what) { throw Error(Errc::bad_file, what); }

void put_little_endian(std::uint64_t value, char* out) noexcept {
    for (unsigned i = 0; i < 8; ++i) out[i] = static_cast<char>((value >> (8 * i)) & 0xFF);
}

std::uint64_t get_little_endian(const char* in) noexcept {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 8; ++i) value |= std::uint64_t{static_cast<unsigned char>(in[i])} << (8 * i);
    return value;
}

std::string to_json(const std::vector<Index>& numbers) {
    std::string out = "[";
    for (const Index number : numbers) out += text::format(out.size() > 1 ? ",{}" : "{}", number);
    return out + "]";
}

/// Returns the header, padded with spaces so that the arrays start at a multiple of their width.
std::string header_of(const Metadata& metadata, const std::vector<NewTensor>& tensors) {
    std::string out = "{\"__metadata__\":{";
    for (const auto& [key, value] : metadata) {
        if (out.back() != '{') out += ',';
        out += json_string(key) + ':' + json_string(value);
    }
    out += '}';
    Index offset = 0;
    for (const NewTensor& tensor : tensors) {
        const Index end = offset + width * signed_size(*tensor.values);
        out += ',' + json_string(tensor.name) + ":{\"dtype\":\"F64\",\"shape\":" + to_json(tensor.shape) +
               ",\"data_offsets\":" + to_json({offset, end}) + '}';
        offset = end;
    }
    out += '}';
    out.append((8 - out.size() % 8) % 8, ' ');
    return out;
}

void write_values(ReplacingFile& file, const std::vector<double>& values) {
    std::array<char, 4096 * width> block;
    std::size_t filled = 0;
    for (const double value : values) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        put_little_endian(bits, block.data() + filled);
        filled += width;
        if (filled == block.size()) {
            file.write(block.data(), filled);
            filled = 0;
        }
    }
    file.write(block.data(), filled);
}

/// Throws unless the file can be read from start to end: reading a pipe could wait forever, a device could be endless.
void check_regular(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(native_path(path), error);
    if (error) throw IoError(text::format("cannot read {}: {}", path, error.message()), path, error.value());
    if (!std::filesystem::is_regular_file(status)) {
        throw IoError(text::format("cannot read {}: it is not a regular file", path), path, 0);
    }
}

StoredTensor read_description(JsonReader& json) {
    StoredTensor tensor;
    std::vector<Index> offsets;
    const auto numbers = [&json](std::vector<Index>& out, std::size_t most) {
        json.array([&] {
            if (out.size() == most) json.fail(text::format("more than {} numbers", most));
            out.push_back(json.whole_number());
        });
    };
    json.object([&](const std::string& key) {
        if (key == "dtype") {
            tensor.dtype = json.string();
        } else if (key == "shape") {
            numbers(tensor.shape, most_dimensions);
        } else if (key == "data_offsets") {
            numbers(offsets, 2);
        } else {
            json.fail(text::format("unknown key {} of an array", excerpt(key)));
        }
    });
    if (offsets.size() != 2) json.fail("an array needs two \"data_offsets\"");
    tensor.begin = offsets[0];
    tensor.end = offsets[1];
    return tensor;
}

/// Returns whether an array of that shape fills that many bytes; no product overflows.
bool fills(const std::vector<Index>& shape, Index bytes) noexcept {
    if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return bytes == 0;
    Index left = bytes;
    for (const Index extent : shape) {
        if (left % extent != 0) return false;
        left /= extent;
    }
    return left == width;
}

}  // namespace

void write_safetensors(const std::string& path, const Metadata& metadata, const std::vector<NewTensor>& tensors) {
    const std::string header = header_of(metadata, tensors);
    if (signed_size(header) > most_header_bytes) {
        text::invalid(
            "the names and events of the model need {} bytes, a model file has room for {}: shorten the feature names",
            header.size(), most_header_bytes);
    }
    std::array<char, 8> length{};
    put_little_endian(header.size(), length.data());

    ReplacingFile file(path);
    file.write(length.data(), length.size());
    file.write(header.data(), header.size());
    for (const NewTensor& tensor : tensors) write_values(file, *tensor.values);
    file.commit();
}

SafetensorsReader::SafetensorsReader(const std::string& path) : path_(path) {
    check_regular(path);
    errno = 0;
    // The size of the open file: the path may lead to another file by now.
    file_.open(native_path(path), std::ios::binary | std::ios::ate);
    const auto size = static_cast<Index>(file_.tellg());
    if (!file_.seekg(0)) {
        throw IoError(text::format("cannot read {}: {}", path, std::generic_category().message(errno)), path, errno);
    }

    if (size < 8) refuse(text::format("it is too short, with {} bytes", size));
    std::array<char, 8> length{};
    read_bytes(length.data(), 8);
    const std::uint64_t header_size = get_little_endian(length.data());
    if (header_size > static_cast<std::uint64_t>(std::min(size - 8, most_header_bytes))) {
        refuse(
            text::format("it is cut short or not a safetensors file: it would have a header of {} bytes, but has {} "
                         "bytes in all (and a header at most {})",
                         header_size, size, most_header_bytes));
    }
    std::string header(header_size, '\0');
    read_bytes(header.data(), static_cast<Index>(header_size));
    parse(header);
    data_start_ = 8 + static_cast<Index>(header_size);
    check_layout(size - data_start_);
}

void SafetensorsReader::parse(const std::string& header) {
    JsonReader json(header, "the header");
    json.object([&](const std::string& key) {
        if (key == "__metadata__") {
            json.object([&](const std::string& name) { metadata_[name] = json.string(); });
        } else {
            tensors_[key] = read_description(json);
        }
    });
    json.end();
}

void SafetensorsReader::check_layout(Index data_size) const {
    std::vector<std::pair<Index, Index>> ranges;
    ranges.reserve(tensors_.size());
    for (const auto& entry : tensors_) ranges.emplace_back(entry.second.begin, entry.second.end);
    std::sort(ranges.begin(), ranges.end());
    Index reached = 0;
    for (const auto& [begin, end] : ranges) {
        if (begin != reached || end < begin || end > data_size) {
            refuse(text::format(
                "an array is said to fill the bytes {} to {}, but the one before it ends at {} and the data at {}",
                begin, end, reached, data_size));
        }
        reached = end;
    }
    if (reached != data_size) {
        refuse(text::format("the header tells of {} bytes of data, the file has {}", reached, data_size));
    }
}

std::vector<double> SafetensorsReader::read(const std::string& name) {
    const StoredTensor& tensor = tensors_.at(name);
    const Index bytes = tensor.end - tensor.begin;
    if (tensor.dtype != "F64")
        refuse(text::format("{} has dtype {}, expected 'F64'", excerpt(name), excerpt(tensor.dtype)));
    if (!fills(tensor.shape, bytes)) {
        refuse(text::format("{} has the shape {}, which does not fill its {} bytes", excerpt(name),
                            to_json(tensor.shape), bytes));
    }
    file_.seekg(data_start_ + tensor.begin);
    std::vector<double> values(bytes / width);
    read_bytes(reinterpret_cast<char*>(values.data()), bytes);
    for (double& value : values) {
        const std::uint64_t bits = get_little_endian(reinterpret_cast<const char*>(&value));
        std::memcpy(&value, &bits, sizeof value);
    }
    return values;
}

void SafetensorsReader::read_bytes(char* out, Index size) {
    file_.read(out, size);
    if (file_.bad())
        throw IoError(text::format("cannot read {}: {}", path_, std::generic_category().message(errno)), path_, errno);
    if (file_.gcount() != size) refuse("it ends too early");
}

}  // namespace gaussmix::model
