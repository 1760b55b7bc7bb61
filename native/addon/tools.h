// Exports that need no session.
#pragma once

#include <napi.h>

namespace greta::addon {

// listBackends, planModel, dtypes, dequantise, tensorStatistics, measureReadBandwidth, sampleRow.
void define_tools(Napi::Env env, Napi::Object exports);

}  // namespace greta::addon
