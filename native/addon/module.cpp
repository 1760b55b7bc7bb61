// The addon's exports. Their TypeScript mirror is src/engine/native/addon.ts: change both together.
#include <napi.h>

#include "session_handle.h"
#include "tools.h"

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("interfaceVersion", Napi::Number::New(env, 1));
  exports.Set("NativeSession", greta::addon::SessionHandle::define(env));
  greta::addon::define_tools(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(greta, initialise)
