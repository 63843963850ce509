/// The kernels for avx512: the flags are in cmake/InstructionSets.cmake, the code in kernels/body.hpp.
#include "kernels/body.hpp"

namespace gaussmix::kernels {

extern const Table avx512_table;
const Table avx512_table = make_table("avx512");

}  // namespace gaussmix::kernels
