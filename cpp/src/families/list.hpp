/// The families, one file each.
#pragma once

#include "families/family.hpp"

namespace gaussmix::families {

const Family& full();
const Family& tied();
const Family& diag();
const Family& spherical();

}  // namespace gaussmix::families
