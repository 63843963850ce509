/// The JSON header of a model file alone: its length is always right, and its arrays hold nothing but 1 (as the
/// parameters of one component, they are valid). The first byte says how many numbers the arrays have.
#include "loading.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes(data, size);
    const std::size_t n_numbers = bytes.byte();
    const std::string header = bytes.text(size);
    std::string file;
    for (int shift = 0; shift < 64; shift += 8) file += static_cast<char>(std::uint64_t{header.size()} >> shift & 0xFF);
    file += header;
    for (std::size_t i = 0; i < n_numbers; ++i) file.append("\0\0\0\0\0\0\xF0\x3F", 8);
    fuzz::load_and_use(file);
    return 0;
}
