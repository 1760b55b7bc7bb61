#include "from_javascript.h"

#include <cmath>

namespace greta::addon {

ObjectReader::ObjectReader(Napi::Value value, const char* what) : env_(value.Env()), what_(what) {
  if (value.IsObject())
    object_ = value.As<Napi::Object>();
  else
    error_ = what_ + " must be an object.";
}

void ObjectReader::fail(const char* key, const char* expected) {
  if (error_.empty()) error_ = what_ + "." + key + " must be " + expected + ".";
}

bool ObjectReader::throw_if_failed() const {
  if (failed()) Napi::TypeError::New(env_, error_).ThrowAsJavaScriptException();
  return failed();
}

Napi::Value ObjectReader::value(const char* key) { return object_.IsEmpty() ? env_.Undefined() : object_.Get(key); }

double ObjectReader::number(const char* key) {
  const Napi::Value found = value(key);
  if (found.IsNumber()) return found.As<Napi::Number>().DoubleValue();
  fail(key, "a number");
  return 0;
}

uint64_t ObjectReader::whole(const char* key, uint64_t maximum) {
  const double found = number(key);
  if (found >= 0 && found <= static_cast<double>(maximum) && std::floor(found) == found) return static_cast<uint64_t>(found);
  fail(key, ("a whole number from 0 to " + std::to_string(maximum)).c_str());
  return 0;
}

bool ObjectReader::boolean(const char* key) {
  const Napi::Value found = value(key);
  if (found.IsBoolean()) return found.As<Napi::Boolean>().Value();
  fail(key, "true or false");
  return false;
}

std::string ObjectReader::text(const char* key) {
  const Napi::Value found = value(key);
  if (found.IsString()) return found.As<Napi::String>().Utf8Value();
  fail(key, "a string");
  return {};
}

uint64_t ObjectReader::big(const char* key) {
  const Napi::Value found = value(key);
  bool lossless = false;
  if (found.IsBigInt()) return found.As<Napi::BigInt>().Uint64Value(&lossless);
  fail(key, "a bigint");
  return 0;
}

std::vector<std::string> ObjectReader::texts(const char* key) {
  std::vector<std::string> result;
  const Napi::Value found = value(key);
  if (!found.IsArray()) {
    fail(key, "an array of strings");
    return result;
  }
  const Napi::Array array = found.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value entry = array.Get(i);
    if (entry.IsString())
      result.push_back(entry.As<Napi::String>().Utf8Value());
    else
      fail(key, "an array of strings");
  }
  return result;
}

template <typename Array, typename Element>
std::vector<Element> ObjectReader::typed(const char* key, napi_typedarray_type type, const char* name) {
  const Napi::Value found = value(key);
  if (found.IsTypedArray() && found.As<Napi::TypedArray>().TypedArrayType() == type) {
    const Array array = found.As<Array>();
    return {array.Data(), array.Data() + array.ElementLength()};
  }
  fail(key, name);
  return {};
}

std::vector<int32_t> ObjectReader::ids(const char* key) { return typed<Napi::Int32Array, int32_t>(key, napi_int32_array, "an Int32Array"); }
std::vector<uint32_t> ObjectReader::indices(const char* key) { return typed<Napi::Uint32Array, uint32_t>(key, napi_uint32_array, "a Uint32Array"); }
std::vector<float> ObjectReader::floats(const char* key) { return typed<Napi::Float32Array, float>(key, napi_float32_array, "a Float32Array"); }
std::vector<double> ObjectReader::doubles(const char* key) { return typed<Napi::Float64Array, double>(key, napi_float64_array, "a Float64Array"); }

ModelSpec read_model_spec(ObjectReader& r) {
  ModelSpec spec;
  spec.layer_count = r.u32("layerCount");
  spec.embedding_length = r.u32("embeddingLength");
  spec.head_count = r.u32("headCount");
  spec.kv_head_count = r.u32("kvHeadCount");
  spec.head_dim = r.u32("headDim");
  spec.feed_forward_length = r.u32("feedForwardLength");
  spec.vocabulary_size = r.u32("vocabularySize");
  spec.rms_norm_epsilon = r.number("rmsNormEpsilon");
  spec.attention_scale = r.number("attentionScale");
  spec.rope_magnitude = r.number("ropeMagnitude");
  spec.rope_pairing = r.u32("ropePairing");
  spec.rope_dims = r.u32("ropeDims");
  spec.rope_inverse_frequencies = r.doubles("ropeInverseFrequencies");
  const std::vector<std::string> paths = r.texts("filePaths");
  const std::vector<double> sizes = r.doubles("fileSizes");
  for (size_t i = 0; i < paths.size() && i < sizes.size(); ++i) spec.files.push_back({paths[i], static_cast<uint64_t>(sizes[i])});
  // Columns of the table: present, file, offset, bytes, type, rows, cols, row order.
  constexpr size_t kColumns = 8;
  const std::vector<double> table = r.doubles("tensors");
  for (size_t i = 0; i + kColumns <= table.size(); i += kColumns) {
    const double* row = &table[i];
    TensorRecord record;
    record.present = row[0] != 0;
    record.file = static_cast<uint32_t>(row[1]);
    record.offset = static_cast<uint64_t>(row[2]);
    record.bytes = static_cast<uint64_t>(row[3]);
    record.type = static_cast<uint32_t>(row[4]);
    record.rows = static_cast<uint32_t>(row[5]);
    record.cols = static_cast<uint32_t>(row[6]);
    record.row_order = static_cast<uint32_t>(row[7]);
    spec.tensors.push_back(record);
  }
  return spec;
}

EngineOptions read_engine_options(ObjectReader& r) {
  EngineOptions options;
  options.backend = r.text("backend");
  options.backend_folders = r.texts("backendFolders");
  options.load.context_capacity = r.u32("context");
  options.load.batch_capacity = r.u32("batch");
  options.load.kv_type = static_cast<KvType>(r.whole("kvType", 1));
  options.load.precision = static_cast<Precision>(r.whole("precision", 1));
  options.load.thread_count = static_cast<uint32_t>(r.whole("threads", 1024));
  options.load.device_index = r.u32("deviceIndex");
  options.logits_history_bytes = r.whole("logitsHistoryBytes", uint64_t{1} << 50);
  options.background = r.boolean("background");
  return options;
}

SamplerSettings read_sampler_settings(ObjectReader& r) {
  SamplerSettings settings;
  settings.temperature = r.number("temperature");
  settings.top_k = r.u32("topK");
  settings.top_p = r.number("topP");
  settings.min_p = r.number("minP");
  settings.typical_p = r.number("typicalP");
  settings.repeat_penalty = r.number("repeatPenalty");
  settings.frequency_penalty = r.number("frequencyPenalty");
  settings.presence_penalty = r.number("presencePenalty");
  settings.penalty_window = static_cast<int32_t>(r.number("penaltyWindow"));
  settings.seed = r.big("seed");
  const std::vector<int32_t> ids = r.ids("biasIds");
  const std::vector<float> biases = r.floats("biases");
  for (size_t i = 0; i < ids.size() && i < biases.size(); ++i) settings.logit_bias.push_back({ids[i], biases[i]});
  settings.order.clear();
  for (const uint32_t stage : r.indices("order"))
    if (stage < kSamplerStageCount) settings.order.push_back(static_cast<SamplerStage>(stage));
  return settings;
}

std::vector<Fault> read_faults(ObjectReader& r, const char* key) {
  std::vector<Fault> faults;
  const Napi::Value found = r.value(key);
  if (!found.IsArray()) return faults;
  const Napi::Array array = found.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) {
    ObjectReader entry(array.Get(i), "fault");
    Fault fault{};
    fault.kind = static_cast<FaultKind>(entry.u32("kind"));
    fault.layer = entry.u32("layer");
    fault.point = entry.u32("point");
    fault.position = entry.u32("position");
    fault.index = entry.u32("index");
    fault.count = entry.u32("count");
    fault.factor = static_cast<float>(entry.number("factor"));
    if (entry.throw_if_failed()) return {};
    faults.push_back(fault);
  }
  return faults;
}

RunRequest read_run_request(ObjectReader& r) {
  RunRequest request;
  request.kind = static_cast<RunKind>(r.whole("kind", 1));
  request.ids = r.ids("ids");
  request.candidates = static_cast<uint32_t>(r.whole("candidates", kMaxCandidates));
  request.prompt_chunk = r.u32("promptChunk");
  request.ignore_cache = r.boolean("ignoreCache");
  request.trace.stats = r.boolean("stats");
  request.trace.hashes = r.boolean("hashes");
  request.trace.block_times = r.boolean("blockTimes");
  request.trace.captures = r.indices("captures");
  request.faults = read_faults(r, "faults");
  if (request.kind == RunKind::generate) {
    request.max_tokens = r.u32("maxTokens");
    request.stop_ids = r.ids("stopIds");
    request.speculate = r.boolean("speculate");
    ObjectReader sampling(r.value("sampling"), "sampling");
    request.sampling = read_sampler_settings(sampling);
    sampling.throw_if_failed();
  } else {
    request.from = r.u32("from");
    request.logits = r.boolean("logits");
    request.full_rows = r.boolean("fullRows");
  }
  return request;
}

}  // namespace greta::addon
