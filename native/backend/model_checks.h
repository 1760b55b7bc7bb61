// What a host backend checks of a model before it touches a weight. TypeScript has validated the file; these checks keep a
// mistake there from becoming a wild read here.
#pragma once

#include "backend/backend.h"
#include "base/status.h"

namespace greta {

// Sizes are non-zero and agree with every weight view (rows, cols, bytes, known type); head counts divide; options are in
// range. The message names the tensor.
Status check_model(const ModelDescription& model, const LoadOptions& options);

// Bytes of all distinct weight views: what the file mapping contributes.
uint64_t mapped_weight_bytes(const ModelDescription& model);

}  // namespace greta
