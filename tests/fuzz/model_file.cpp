/// The bytes of a model file.
#include "loading.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::load_and_use({reinterpret_cast<const char*>(data), size});
    return 0;
}
