/// The kernels for neon: the flags are in cmake/InstructionSets.cmake, the code in kernels/body.hpp.
#include "kernels/body.hpp"

namespace gaussmix::kernels {

extern const Table neon_table;
const Table neon_table = make_table("neon");

}  // namespace gaussmix::kernels
