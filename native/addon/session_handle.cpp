#include "session_handle.h"

#include "backend/point_shapes.h"
#include "from_javascript.h"
#include "to_javascript.h"

namespace greta::addon {

Napi::Function SessionHandle::define(Napi::Env env) {
  return DefineClass(env, "NativeSession",
                     {
                         InstanceMethod<&SessionHandle::load>("load"),
                         InstanceMethod<&SessionHandle::run>("run"),
                         InstanceMethod<&SessionHandle::drain>("drain"),
                         InstanceMethod<&SessionHandle::progress>("progress"),
                         InstanceMethod<&SessionHandle::pause_wakes>("pauseWakes"),
                         InstanceMethod<&SessionHandle::kept_row>("keptRow"),
                         InstanceMethod<&SessionHandle::evaluate_row>("evaluateRow"),
                         InstanceMethod<&SessionHandle::capture>("capture"),
                         InstanceMethod<&SessionHandle::lens>("lens"),
                         InstanceMethod<&SessionHandle::run_operation>("runOperation"),
                         InstanceMethod<&SessionHandle::read_kv>("readKv"),
                         InstanceMethod<&SessionHandle::cancel>("cancel"),
                         InstanceMethod<&SessionHandle::close>("close"),
                     });
}

SessionHandle::SessionHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SessionHandle>(info), engine_(std::make_unique<Engine>()) {
  Napi::Env env = info.Env();
  if (!info[0].IsFunction()) {
    Napi::TypeError::New(env, "NativeSession needs a function to call when there is news.").ThrowAsJavaScriptException();
    shut_down_ = true;
    return;
  }
  wake_function_ = WakeFunction::New(env, info[0].As<Napi::Function>(), "greta-session", 0, 1, this);
  // An idle session must not keep the program alive; post() takes the reference while work is pending.
  wake_function_.Unref(env);
  thread_ = std::make_unique<EngineThread>();
  // Hooks run last in, first out: this one, added after the wake function's own, stops the thread before that is gone.
  teardown_hook_ = env.AddCleanupHook(&SessionHandle::on_teardown, this);
}

SessionHandle::~SessionHandle() { retire(); }

// The end of a session whose environment goes on.
void SessionHandle::retire() {
  if (!shut_down_) teardown_hook_.Remove(Env());
  shut_down();
}

void SessionHandle::on_teardown(SessionHandle* self) { self->shut_down(); }

void SessionHandle::shut_down() {
  if (shut_down_) return;
  shut_down_ = true;
  closed_ = true;
  load_cancelled_ = true;
  if (engine_ != nullptr) {
    engine_->request_cancel();
    engine_->steps().close();
  }
  thread_->join();
  engine_.reset();
  wake_function_.Abort();
}

// Any thread. One call is under way at most; it takes everything that is there when it runs.
void SessionHandle::wake() {
  if (!wake_pending_.exchange(true)) wake_function_.NonBlockingCall();
}

void SessionHandle::wake_for_steps() {
  if (!wakes_paused_) wake();
}

void SessionHandle::on_wake(Napi::Env env, Napi::Function callback, SessionHandle* self, void*) {
  if (env == nullptr || callback == nullptr || self == nullptr) return;
  self->deliver(env, callback);
}

void SessionHandle::deliver(Napi::Env env, Napi::Function callback) {
  const Napi::HandleScope scope(env);
  wake_pending_ = false;
  std::deque<Answer> answers;
  {
    const std::lock_guard lock(answers_mutex_);
    answers.swap(answers_);
  }
  // Steps first: whoever awaits an answer has then seen everything that led to it.
  callback.Call({});
  if (env.IsExceptionPending()) env.GetAndClearPendingException();
  for (Answer& answer : answers) {
    if (answer.status.ok())
      answer.deferred.Resolve(answer.make(env));
    else
      answer.deferred.Reject(error_of(env, answer.status).Value());
    Unref();
    if (--pending_ == 0) wake_function_.Unref(env);
  }
  // The wake function keeps the JavaScript callback alive, and with it whatever that refers to.
  if (closed_ && pending_ == 0 && !answers.empty()) retire();
}

Napi::Value SessionHandle::post(Napi::Env env, std::function<Status()> work, MakeValue make) {
  const Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
  if (closed_) {
    deferred.Reject(error_of(env, {StatusCode::cancelled, "The session is closed."}).Value());
    return deferred.Promise();
  }
  if (pending_++ == 0) {
    wake_function_.Ref(env);
    engine_->clear_cancel();
  }
  Ref();
  thread_->post([this, deferred, work = std::move(work), make = std::move(make)] {
    Status status = work();
    {
      const std::lock_guard lock(answers_mutex_);
      answers_.push_back({deferred, std::move(status), make});
    }
    wake();
  });
  return deferred.Promise();
}

bool SessionHandle::ready(Napi::Env env) {
  if (loaded_ && !closed_) return true;
  Napi::Error::New(env, closed_ ? "The session is closed." : "No model is loaded.").ThrowAsJavaScriptException();
  return false;
}

Napi::Value SessionHandle::load(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  ObjectReader spec_reader(info[0], "model"), options_reader(info[1], "options");
  auto spec = std::make_shared<ModelSpec>(read_model_spec(spec_reader));
  auto options = std::make_shared<EngineOptions>(read_engine_options(options_reader));
  if (spec_reader.throw_if_failed() || options_reader.throw_if_failed()) return env.Undefined();
  auto plan = std::make_shared<EnginePlan>();
  return post(
      env,
      [this, spec, options, plan] {
        Status status = engine_->load(*spec, *options, [this](float fraction) {
          load_fraction_ = fraction;
          wake();
          return !load_cancelled_;
        });
        *plan = engine_->loaded_plan();
        return status;
      },
      [this, plan](Napi::Env env) {
        loaded_ = !closed_;
        return plan_object(env, *plan);
      });
}

Napi::Value SessionHandle::run(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!ready(env)) return env.Undefined();
  ObjectReader reader(info[0], "request");
  auto request = std::make_shared<RunRequest>(read_run_request(reader));
  if (env.IsExceptionPending() || reader.throw_if_failed()) return env.Undefined();
  auto outcome = std::make_shared<RunOutcome>();
  engine_->reset_progress();
  return post(
      env,
      [this, request, outcome] {
        *outcome = engine_->run(*request, [this] { wake_for_steps(); });
        return Status{};
      },
      [outcome](Napi::Env env) { return outcome_object(env, *outcome); });
}

// Null when there is nothing; else some rows that lie together: call again until null.
Napi::Value SessionHandle::drain(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Value result = env.Null();
  if (!loaded_ || closed_) return result;
  StepQueue& steps = engine_->steps();
  steps.drain(UINT32_MAX, [&](const StepSpan& span) { result = steps_object(env, span, steps.layout()); });
  return result;
}

Napi::Value SessionHandle::progress(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object object = Napi::Object::New(env);
  const RunProgress run = engine_ == nullptr || closed_ ? RunProgress{} : engine_->progress();
  object.Set("loadFraction", Napi::Number::New(env, load_fraction_));
  object.Set("done", Napi::Number::New(env, run.done));
  object.Set("total", Napi::Number::New(env, run.total));
  object.Set("reused", Napi::Number::New(env, run.reused));
  return object;
}

// true: steps and progress wake nobody until false; the reader looks by itself. Answers always wake.
Napi::Value SessionHandle::pause_wakes(const Napi::CallbackInfo& info) {
  wakes_paused_ = info[0].ToBoolean().Value();
  return info.Env().Undefined();
}

// The row the history still holds for a position, or null. Does not wait for the engine's thread.
Napi::Value SessionHandle::kept_row(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!ready(env)) return env.Undefined();
  Napi::Float32Array row = Napi::Float32Array::New(env, engine_->model().vocab_size);
  if (env.IsExceptionPending() || !info[0].IsNumber()) return env.Null();
  return engine_->history().copy(info[0].As<Napi::Number>().Uint32Value(), row.Data()) ? Napi::Value(row) : env.Null();
}

Napi::Value SessionHandle::evaluate_row(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!ready(env)) return env.Undefined();
  ObjectReader reader(info[0], "request");
  auto ids = std::make_shared<std::vector<int32_t>>(reader.ids("ids"));
  if (reader.throw_if_failed()) return env.Undefined();
  auto row = std::make_shared<std::vector<float>>(engine_->model().vocab_size);
  return post(
      env, [this, ids, row] { return engine_->evaluate_row(*ids, row->data()); }, [row](Napi::Env env) { return floats(env, *row); });
}

Napi::Value SessionHandle::capture(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!ready(env)) return env.Undefined();
  ObjectReader reader(info[0], "request");
  struct Job {
    std::vector<int32_t> ids;
    uint32_t from;
    std::vector<uint32_t> points;
    std::vector<Fault> faults;
    std::vector<std::vector<float>> rows;
  };
  auto job = std::make_shared<Job>(Job{reader.ids("ids"), reader.u32("from"), reader.indices("points"), read_faults(reader, "faults"), {}});
  if (env.IsExceptionPending() || reader.throw_if_failed()) return env.Undefined();
  return post(
      env,
      [this, job] {
        std::vector<float*> destinations;
        const size_t count = job->from < job->ids.size() ? job->ids.size() - job->from : 0;
        for (const uint32_t point : job->points) job->rows.emplace_back(count * trace_width(engine_->model(), point));
        for (std::vector<float>& rows : job->rows) destinations.push_back(rows.data());
        return engine_->capture(job->ids, job->from, job->points, job->faults, destinations);
      },
      [job](Napi::Env env) -> Napi::Value {
        Napi::Array arrays = Napi::Array::New(env, job->rows.size());
        for (uint32_t i = 0; i < job->rows.size(); ++i) arrays.Set(i, floats(env, job->rows[i]));
        return arrays;
      });
}

Napi::Value SessionHandle::lens(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!ready(env)) return env.Undefined();
  ObjectReader reader(info[0], "request");
  auto ids = std::make_shared<std::vector<int32_t>>(reader.ids("ids"));
  if (reader.throw_if_failed()) return env.Undefined();
  auto rows = std::make_shared<std::vector<float>>();
  return post(
      env,
      [this, ids, rows] {
        rows->resize(static_cast<size_t>(engine_->model().layer_count) * engine_->model().vocab_size);
        return engine_->lens(*ids, rows->data());
      },
      [rows](Napi::Env env) { return floats(env, *rows); });
}

Napi::Value SessionHandle::run_operation(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!ready(env)) return env.Undefined();
  ObjectReader reader(info[0], "request");
  struct Job {
    uint32_t layer, point, token_count, position;
    std::vector<std::vector<float>> inputs;
    std::vector<float> output;
  };
  auto job = std::make_shared<Job>(
      Job{reader.u32("layer"), reader.u32("point"), static_cast<uint32_t>(reader.whole("tokenCount", 1u << 20)), reader.u32("position"), {}, {}});
  const Napi::Value inputs = reader.value("inputs");
  for (uint32_t i = 0; inputs.IsArray() && i < inputs.As<Napi::Array>().Length(); ++i) {
    const Napi::Value input = inputs.As<Napi::Array>().Get(i);
    if (!input.IsTypedArray() || input.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) continue;
    const Napi::Float32Array values = input.As<Napi::Float32Array>();
    job->inputs.emplace_back(values.Data(), values.Data() + values.ElementLength());
  }
  if (reader.throw_if_failed()) return env.Undefined();
  return post(
      env, [this, job] { return engine_->run_operation(job->layer, job->point, job->inputs, job->token_count, job->position, &job->output); },
      [job](Napi::Env env) { return floats(env, job->output); });
}

Napi::Value SessionHandle::read_kv(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!ready(env)) return env.Undefined();
  ObjectReader reader(info[0], "request");
  struct Job {
    uint32_t layer, begin, end;
    std::vector<float> k, v;
  };
  auto job = std::make_shared<Job>(Job{reader.u32("layer"), reader.u32("from"), reader.u32("to"), {}, {}});
  if (reader.throw_if_failed()) return env.Undefined();
  return post(
      env,
      [this, job] {
        const ModelDescription& model = engine_->model();
        const uint64_t rows = job->end > job->begin && job->end <= (1u << 24) ? job->end - job->begin : 0;
        job->k.resize(rows * model.kv_head_count * model.head_dim);
        job->v.resize(job->k.size());
        return engine_->read_kv(job->layer, job->begin, job->end, job->k.data(), job->v.data());
      },
      [job](Napi::Env env) -> Napi::Value {
        Napi::Object object = Napi::Object::New(env);
        object.Set("k", floats(env, job->k));
        object.Set("v", floats(env, job->v));
        return object;
      });
}

Napi::Value SessionHandle::cancel(const Napi::CallbackInfo& info) {
  if (!closed_) {
    load_cancelled_ = true;
    engine_->request_cancel();
  }
  return info.Env().Undefined();
}

// Cancels, then frees everything on the engine's thread; resolves when the memory is given back.
Napi::Value SessionHandle::close(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (closed_) return post(env, {}, {});
  load_cancelled_ = true;
  engine_->request_cancel();
  engine_->steps().close();
  Napi::Value promise = post(
      env,
      [this] {
        engine_.reset();
        return Status{};
      },
      [](Napi::Env env) { return env.Undefined(); });
  closed_ = true;
  return promise;
}

}  // namespace greta::addon
