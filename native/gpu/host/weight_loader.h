// Brings stored weights to the device in bounded pieces and packs them there.
#pragma once

#include "gpu/host/model_memory.h"

namespace greta::gpu {

// `progress` may be null; false from it cancels. `staging` holds kStagingBytes (at least one stored row).
Status load_weights(ModelMemory& memory, uint8_t* staging, uint64_t staging_bytes, bool (*progress)(void*, float), void* context, gx::Stream stream);
// The longest stored row: the least staging that works.
uint64_t longest_row_bytes(const ModelDescription& model);

}  // namespace greta::gpu
