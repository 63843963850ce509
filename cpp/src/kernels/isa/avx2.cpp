/// The kernels for avx2: the flags are in cmake/InstructionSets.cmake, the code in kernels/body.hpp.
#include "kernels/body.hpp"

namespace gaussmix::kernels {

extern const Table avx2_table;
const Table avx2_table = make_table("avx2");

}  // namespace gaussmix::kernels
