/// The data of a fit, and how to walk through them.
#pragma once

#include "gaussmix/allowed.hpp"
#include "gaussmix/matrix_view.hpp"
#include "rows/context.hpp"
#include "rows/order.hpp"

namespace gaussmix::rows {

struct Data {
    MatrixView x;
    WeightsView weights;
    const Context& context;
    Order order = nullptr;
    AllowedView allowed = {};
};

}  // namespace gaussmix::rows
