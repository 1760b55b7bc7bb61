// Plain structs become JavaScript values, always by copy: Electron refuses array buffers over native memory.
#pragma once

#include <napi.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/status.h"
#include "engine/engine.h"

namespace greta::addon {

// An Error with `status` (StatusCode) and the sentence as its message.
Napi::Error error_of(Napi::Env env, const Status& status);

Napi::Object plan_object(Napi::Env env, const EnginePlan& plan);
Napi::Object outcome_object(Napi::Env env, const RunOutcome& outcome);
// The columns of a span: see NativeSteps in src/engine/native/addon.ts.
Napi::Object steps_object(Napi::Env env, const StepSpan& span, const StepLayout& layout);

template <typename Array, typename Element>
Napi::Value copied(Napi::Env env, const Element* data, size_t count) {
  Array array = Array::New(env, count);
  if (env.IsExceptionPending()) return env.Undefined();
  if (count > 0) std::memcpy(array.Data(), data, count * sizeof(Element));
  return array;
}
inline Napi::Value floats(Napi::Env env, const std::vector<float>& values) { return copied<Napi::Float32Array>(env, values.data(), values.size()); }

}  // namespace greta::addon
