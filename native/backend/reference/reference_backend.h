// The `reference` backend: plain loops over the contracts in ops/, f32 between operations, f64 inside them. It is the
// specification that every other backend is judged against, and never becomes faster at the price of being less obvious.
#pragma once

#include <memory>

#include "backend/backend.h"

namespace greta {

std::unique_ptr<Backend> create_reference_backend();

}  // namespace greta
