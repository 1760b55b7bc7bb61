// One engine as a JavaScript object. Work goes to the engine's thread; what comes back waits in native memory until one
// wake-up call takes it all. No engine thread ever touches a JavaScript value.
#pragma once

#include <napi.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "engine/engine.h"
#include "engine/engine_thread.h"

namespace greta::addon {

class SessionHandle : public Napi::ObjectWrap<SessionHandle> {
 public:
  static Napi::Function define(Napi::Env env);

  // new NativeSession(onWake: () => void)
  explicit SessionHandle(const Napi::CallbackInfo& info);
  ~SessionHandle() override;

 private:
  using MakeValue = std::function<Napi::Value(Napi::Env)>;
  struct Answer {
    Napi::Promise::Deferred deferred;
    Status status;
    MakeValue make;
  };
  static void on_wake(Napi::Env env, Napi::Function callback, SessionHandle* self, void* data);
  using WakeFunction = Napi::TypedThreadSafeFunction<SessionHandle, void, &SessionHandle::on_wake>;

  Napi::Value load(const Napi::CallbackInfo& info);
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value drain(const Napi::CallbackInfo& info);
  Napi::Value progress(const Napi::CallbackInfo& info);
  Napi::Value pause_wakes(const Napi::CallbackInfo& info);
  Napi::Value kept_row(const Napi::CallbackInfo& info);
  Napi::Value evaluate_row(const Napi::CallbackInfo& info);
  Napi::Value capture(const Napi::CallbackInfo& info);
  Napi::Value lens(const Napi::CallbackInfo& info);
  Napi::Value run_operation(const Napi::CallbackInfo& info);
  Napi::Value read_kv(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  // Runs `work` on the engine's thread; the promise settles with what `make` builds afterwards, on this thread.
  Napi::Value post(Napi::Env env, std::function<Status()> work, MakeValue make);
  void wake();
  void wake_for_steps();
  void deliver(Napi::Env env, Napi::Function callback);
  // Ends everything and waits for the thread: after it nothing calls into the environment. Idempotent.
  void shut_down();
  void retire();
  bool ready(Napi::Env env);
  static void on_teardown(SessionHandle* self);

  std::unique_ptr<Engine> engine_;  // destroyed on its own thread by close(), else by shut_down()
  std::atomic<bool> load_cancelled_{false}, wake_pending_{false}, wakes_paused_{false}, closed_{false};
  bool loaded_ = false;
  std::atomic<float> load_fraction_{0};
  uint32_t pending_ = 0;  // answers that JavaScript still waits for
  std::mutex answers_mutex_;
  std::deque<Answer> answers_;
  WakeFunction wake_function_;
  std::unique_ptr<EngineThread> thread_;
  Napi::Env::CleanupHook<void (*)(SessionHandle*), SessionHandle> teardown_hook_;
  bool shut_down_ = false;
};

}  // namespace greta::addon
