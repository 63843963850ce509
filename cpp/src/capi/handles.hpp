/// The contents of the handles of the C interface.
#pragma once

#include "gaussmix.h"
#include "gaussmix/gaussmix.hpp"

struct gaussmix_model {
    gaussmix::Model model;
};

struct gaussmix_conditional {
    gaussmix::Conditional conditional;
};

struct gaussmix_selection {
    std::vector<gaussmix::Cell> cells;
};

struct gaussmix_summary {
    gaussmix::Summary summary;
};

struct gaussmix_moments {
    gaussmix::Moments moments;
};

struct gaussmix_shard {
    gaussmix::Shard shard;
};

struct gaussmix_run {
    gaussmix::Run run;
};
