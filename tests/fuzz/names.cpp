/// Every name that is read: what is accepted is written as a name of the same.
#include "bytes.hpp"

namespace {

using namespace gaussmix;

template <class FromName>
void check(const std::string& text, FromName&& from_name) {
    decltype(from_name(text)) read{};
    if (!fuzz::accepted({Errc::invalid_argument}, [&] { read = from_name(text); })) return;
    fuzz::require(from_name(name(read)) == read, "what a name is read as is written as a name of the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    check(text, covariance_type_from_name);
    check(text, init_from_name);
    check(text, pruning_from_name);
    check(text, effort_from_name);
    check(text, acceleration_from_name);
    check(text, status_from_name);
    check(text, act_from_name);

    const double x = 1;
    Execution execution;
    execution.instruction_set = text;
    fuzz::accepted({Errc::invalid_argument}, [&] { summarize(row_major(&x, 1, 1), {}, execution); });
    return 0;
}
