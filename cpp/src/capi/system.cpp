/// The version of the library, and the names of its constants.
#include "gaussmix.h"
#include "gaussmix/event.hpp"
#include "gaussmix/status.hpp"

namespace {

/// Returns a name as a C string: names view literals, which end with a zero.
template <class Enum>
const char* name_of(std::int64_t value) noexcept {
    const bool possible = value >= 0 && value < 256;
    return possible ? gaussmix::name(static_cast<Enum>(value)).data() : "unknown";
}

}  // namespace

int32_t gaussmix_abi_version(void) { return GAUSSMIX_ABI_VERSION; }

const char* gaussmix_version(void) { return GAUSSMIX_VERSION; }

const char* gaussmix_status_name(int64_t status) { return name_of<gaussmix::Status>(status); }

const char* gaussmix_act_name(int64_t act) { return name_of<gaussmix::Act>(act); }
