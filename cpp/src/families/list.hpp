/// The families, one file each.
#pragma once

#include "families/family.hpp"

namespace gaussmix::families {

const Family& full();
const Family& tied();
const Family& diag();
const Family& spherical();
const Family& eii();
const Family& eei();
const Family& vei();
const Family& evi();
const Family& vee();
const Family& eve();
const Family& vve();
const Family& eev();
const Family& vev();
const Family& evv();

}  // namespace gaussmix::families
