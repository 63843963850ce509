/// All of gaussmix: fit, use, draw from, save and load Gaussian mixture models.
#pragma once

#include "gaussmix/error.hpp"
#include "gaussmix/execution.hpp"
#include "gaussmix/file.hpp"
#include "gaussmix/fit.hpp"
#include "gaussmix/matrix_view.hpp"
#include "gaussmix/model.hpp"
#include "gaussmix/moments.hpp"
#include "gaussmix/options.hpp"
#include "gaussmix/parameters.hpp"
#include "gaussmix/run.hpp"
#include "gaussmix/scorer.hpp"
#include "gaussmix/shard.hpp"
#include "gaussmix/system.hpp"
