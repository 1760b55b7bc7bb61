// JavaScript values become plain structs before any thread sees them. The shapes are those of src/engine/native/addon.ts.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "engine/engine.h"

namespace greta::addon {

// Reads named properties; the first one that is missing or of another type is remembered and the rest read as zero.
class ObjectReader {
 public:
  ObjectReader(Napi::Value value, const char* what);

  double number(const char* key);
  // A whole number in [0, maximum].
  uint64_t whole(const char* key, uint64_t maximum = UINT32_MAX);
  uint32_t u32(const char* key) { return static_cast<uint32_t>(whole(key)); }
  bool boolean(const char* key);
  std::string text(const char* key);
  uint64_t big(const char* key);
  std::vector<std::string> texts(const char* key);
  std::vector<int32_t> ids(const char* key);
  std::vector<uint32_t> indices(const char* key);
  std::vector<float> floats(const char* key);
  std::vector<double> doubles(const char* key);
  Napi::Value value(const char* key);

  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }
  // Throws a TypeError in JavaScript when something was wrong; true = it did.
  bool throw_if_failed() const;

 private:
  template <typename Array, typename Element>
  std::vector<Element> typed(const char* key, napi_typedarray_type type, const char* name);
  void fail(const char* key, const char* expected);

  Napi::Env env_;
  Napi::Object object_;
  std::string what_, error_;
};

ModelSpec read_model_spec(ObjectReader& reader);
EngineOptions read_engine_options(ObjectReader& reader);
SamplerSettings read_sampler_settings(ObjectReader& reader);
std::vector<Fault> read_faults(ObjectReader& reader, const char* key);
RunRequest read_run_request(ObjectReader& reader);

}  // namespace greta::addon
