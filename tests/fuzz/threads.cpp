/// OMP_NUM_THREADS and n_threads of any value: the number of threads is one that can be started.
#include <cstdlib>

#include "bytes.hpp"
#include "parallel/threads.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    setenv("OMP_NUM_THREADS", text.c_str(), 1);
    int requested = 0;
    if (size >= sizeof requested) std::memcpy(&requested, data, sizeof requested);
    for (const int asked : {0, requested}) {
        int found = 0;
        const bool good = fuzz::accepted({gaussmix::Errc::invalid_argument},
                                         [&] { found = gaussmix::parallel::resolve_threads(asked); });
        fuzz::require(good == (asked >= 0 && asked <= 4096), "n_threads is refused if it is out of range");
        if (good) fuzz::require(found >= 1 && found <= 4096, "there are 1 to 4096 threads");
    }
    return 0;
}
