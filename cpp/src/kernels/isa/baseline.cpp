/// The kernels for baseline: the flags are in cmake/InstructionSets.cmake, the code in kernels/body.hpp.
#include "kernels/body.hpp"

namespace gaussmix::kernels {

extern const Table baseline_table;
const Table baseline_table = make_table("baseline");

}  // namespace gaussmix::kernels
