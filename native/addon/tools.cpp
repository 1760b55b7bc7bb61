#include "tools.h"

#include <functional>

#include "base/dtype.h"
#include "engine/backend_registry.h"
#include "engine/engine.h"
#include "engine/file_mapping.h"
#include "engine/read_bandwidth.h"
#include "engine/sampler.h"
#include "engine/tensor_statistics.h"
#include "from_javascript.h"
#include "ops/dequantize.h"
#include "to_javascript.h"

namespace greta::addon {

namespace {

// Runs `work` on a pool thread; the promise settles with what `make` builds.
class PoolTask : public Napi::AsyncWorker {
 public:
  static Napi::Value start(Napi::Env env, std::function<Status()> work, std::function<Napi::Value(Napi::Env)> make) {
    auto* task = new PoolTask(env, std::move(work), std::move(make));  // deletes itself when done
    const Napi::Value promise = task->deferred_.Promise();
    task->Queue();
    return promise;
  }

 protected:
  void Execute() override { status_ = work_(); }
  void OnOK() override {
    const Napi::HandleScope scope(Env());
    if (status_.ok())
      deferred_.Resolve(make_(Env()));
    else
      deferred_.Reject(error_of(Env(), status_).Value());
  }

 private:
  PoolTask(Napi::Env env, std::function<Status()> work, std::function<Napi::Value(Napi::Env)> make)
      : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), work_(std::move(work)), make_(std::move(make)) {}

  Napi::Promise::Deferred deferred_;
  std::function<Status()> work_;
  std::function<Napi::Value(Napi::Env)> make_;
  Status status_;
};

Napi::Value list_backends_export(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  ObjectReader reader(info[0], "search");
  const std::vector<std::string> folders = reader.texts("folders");
  if (reader.throw_if_failed()) return env.Undefined();
  const std::vector<BackendReport> reports = list_backends(folders);
  Napi::Array array = Napi::Array::New(env, reports.size());
  for (uint32_t i = 0; i < reports.size(); ++i) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", reports[i].name);
    object.Set("available", Napi::Boolean::New(env, reports[i].available));
    object.Set("description", reports[i].description);
    object.Set("reason", reports[i].reason);
    object.Set("library", reports[i].library);
    array.Set(i, object);
  }
  return array;
}

Napi::Value plan_model(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  ObjectReader spec_reader(info[0], "model"), options_reader(info[1], "options");
  const ModelSpec spec = read_model_spec(spec_reader);
  const EngineOptions options = read_engine_options(options_reader);
  if (spec_reader.throw_if_failed() || options_reader.throw_if_failed()) return env.Undefined();
  EnginePlan plan;
  const Status status = Engine::plan(spec, options, &plan);
  if (status.ok()) return plan_object(env, plan);
  error_of(env, status).ThrowAsJavaScriptException();
  return env.Undefined();
}

Napi::Value list_dtypes(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array array = Napi::Array::New(env);
  for (const DTypeFacts& facts : kDTypes) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", facts.name);
    object.Set("id", Napi::Number::New(env, static_cast<uint32_t>(facts.type)));
    object.Set("blockWeights", Napi::Number::New(env, facts.block_weights));
    object.Set("blockBytes", Napi::Number::New(env, facts.block_bytes));
    array.Set(array.Length(), object);
  }
  return array;
}

// dequantise(typeId, bytes: Uint8Array, rows, cols) -> Float32Array
Napi::Value dequantise(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  ObjectReader reader(info[0], "tensor");
  const DType type = static_cast<DType>(reader.u32("type"));
  const uint64_t rows = reader.u32("rows"), cols = reader.u32("cols");
  const Napi::Value bytes = reader.value("bytes");
  if (reader.throw_if_failed()) return env.Undefined();
  const uint64_t stride = row_bytes(type, cols);
  if (!bytes.IsTypedArray() || stride == 0 || bytes.As<Napi::TypedArray>().ByteLength() != stride * rows) {
    error_of(env, {StatusCode::invalid_argument, "The bytes of the tensor do not fit its type and shape."}).ThrowAsJavaScriptException();
    return env.Undefined();
  }
  Napi::Float32Array output = Napi::Float32Array::New(env, rows * cols);
  if (env.IsExceptionPending()) return env.Undefined();
  const Napi::TypedArray view = bytes.As<Napi::TypedArray>();
  const uint8_t* source = static_cast<const uint8_t*>(view.ArrayBuffer().Data()) + view.ByteOffset();
  for (uint64_t r = 0; r < rows; ++r) ops::dequantize(type, source + r * stride, cols, output.Data() + r * cols);
  return output;
}

Napi::Value tensor_statistics_export(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  ObjectReader reader(info[0], "tensor");
  struct Job {
    std::string path;
    uint64_t file_size, offset, rows, cols;
    DType type;
    uint32_t bins;
    TensorStatistics result;
  };
  constexpr uint64_t kLargest = uint64_t{1} << 52;
  auto job = std::make_shared<Job>(Job{reader.text("path"),
                                       reader.whole("fileSize", kLargest),
                                       reader.whole("offset", kLargest),
                                       reader.u32("rows"),
                                       reader.u32("cols"),
                                       static_cast<DType>(reader.u32("type")),
                                       static_cast<uint32_t>(reader.whole("bins", 65536)),
                                       {}});
  if (reader.throw_if_failed()) return env.Undefined();
  return PoolTask::start(
      env,
      [job]() -> Status {
        std::unique_ptr<FileMapping> mapping;
        GRETA_RETURN_IF_ERROR(FileMapping::open(job->path, job->file_size, &mapping));
        const uint64_t bytes = row_bytes(job->type, job->cols) * job->rows;
        if (bytes == 0 || job->offset > mapping->size() || bytes > mapping->size() - job->offset)
          return {StatusCode::invalid_argument, "The tensor's bytes lie outside " + job->path + "."};
        GRETA_RETURN_IF_ERROR(tensor_statistics(
            job->type, mapping->data() + job->offset, job->rows, job->cols, job->bins, [] { return true; }, &job->result));
        return mapping->check_intact();
      },
      [job](Napi::Env env) -> Napi::Value {
        const TensorStatistics& s = job->result;
        Napi::Object object = Napi::Object::New(env);
        const auto set = [&](const char* key, double value) { object.Set(key, Napi::Number::New(env, value)); };
        set("min", s.min), set("max", s.max), set("mean", s.mean), set("rms", s.rms), set("absmax", s.absmax);
        set("count", static_cast<double>(s.count)), set("nan", static_cast<double>(s.nan_count)), set("zero", static_cast<double>(s.zero_count));
        set("positiveInfinity", static_cast<double>(s.positive_infinity_count)),
            set("negativeInfinity", static_cast<double>(s.negative_infinity_count));
        const std::vector<double> bins(s.histogram.begin(), s.histogram.end());
        object.Set("histogram", copied<Napi::Float64Array>(env, bins.data(), bins.size()));
        return object;
      });
}

Napi::Value measure_read_bandwidth_export(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  ObjectReader reader(info[0], "measurement");
  const uint32_t threads = static_cast<uint32_t>(reader.whole("threads", 1024)),
                 repetitions = static_cast<uint32_t>(reader.whole("repetitions", 1000));
  const uint64_t bytes = reader.whole("bytes", uint64_t{1} << 40);
  if (reader.throw_if_failed()) return env.Undefined();
  auto results = std::make_shared<std::vector<double>>();
  return PoolTask::start(
      env,
      [=]() -> Status {
        if (threads == 0) return {StatusCode::invalid_argument, "The bandwidth measurement needs at least one thread."};
        *results = measure_read_bandwidth(threads, bytes, repetitions);
        if (results->empty()) return {StatusCode::out_of_memory, "The bandwidth measurement could not get " + std::to_string(bytes) + " bytes."};
        return {};
      },
      [results](Napi::Env env) { return copied<Napi::Float64Array>(env, results->data(), results->size()); });
}

// One draw from a given row: what-if views and the tests against the slow reference.
Napi::Value sample_row(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  ObjectReader reader(info[0], "request");
  const std::vector<float> row = reader.floats("logits");
  const std::vector<int32_t> history = reader.ids("history");
  const uint64_t position = reader.u32("position");
  ObjectReader sampling(reader.value("sampling"), "sampling");
  const SamplerSettings settings = read_sampler_settings(sampling);
  if (reader.throw_if_failed() || sampling.throw_if_failed()) return env.Undefined();
  Status status = check_sampler_settings(settings, static_cast<uint32_t>(row.size()));
  for (const int32_t id : history)
    if (id < 0 || static_cast<size_t>(id) >= row.size()) status = {StatusCode::invalid_argument, "The history has an id outside the vocabulary."};
  if (!status.ok()) {
    error_of(env, status).ThrowAsJavaScriptException();
    return env.Undefined();
  }
  Sampler sampler(static_cast<uint32_t>(row.size()));
  const SampledToken token = sampler.sample(row.data(), settings, history.data(), static_cast<uint32_t>(history.size()), position);
  Napi::Object object = Napi::Object::New(env);
  object.Set("id", Napi::Number::New(env, token.id));
  object.Set("logProbability", Napi::Number::New(env, token.log_probability));
  object.Set("survivorIds", copied<Napi::Int32Array>(env, sampler.survivor_ids(), sampler.survivor_count()));
  object.Set("survivorLogits", copied<Napi::Float64Array>(env, sampler.survivor_logits(), sampler.survivor_count()));
  return object;
}

}  // namespace

void define_tools(Napi::Env env, Napi::Object exports) {
  exports.Set("listBackends", Napi::Function::New<list_backends_export>(env, "listBackends"));
  exports.Set("planModel", Napi::Function::New<plan_model>(env, "planModel"));
  exports.Set("dtypes", Napi::Function::New<list_dtypes>(env, "dtypes"));
  exports.Set("dequantise", Napi::Function::New<dequantise>(env, "dequantise"));
  exports.Set("tensorStatistics", Napi::Function::New<tensor_statistics_export>(env, "tensorStatistics"));
  exports.Set("measureReadBandwidth", Napi::Function::New<measure_read_bandwidth_export>(env, "measureReadBandwidth"));
  exports.Set("sampleRow", Napi::Function::New<sample_row>(env, "sampleRow"));
}

}  // namespace greta::addon
