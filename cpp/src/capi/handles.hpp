/// What the handles of the C interface hold.
#pragma once

#include <string>
#include <vector>

#include "gaussmix.h"
#include "gaussmix/gaussmix.hpp"

struct gaussmix_model {
    gaussmix::Fit fit;
    std::vector<std::string> feature_names;  ///< (d,) or empty
};

struct gaussmix_summary {
    gaussmix::Summary summary;
};

struct gaussmix_moments {
    gaussmix::Moments moments;
};

struct gaussmix_run {
    gaussmix::Run run;
};
