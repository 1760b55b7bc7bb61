#include "to_javascript.h"

namespace greta::addon {

Napi::Error error_of(Napi::Env env, const Status& status) {
  Napi::Error error = Napi::Error::New(env, status.message());
  error.Set("status", Napi::Number::New(env, static_cast<uint32_t>(status.code())));
  return error;
}

Napi::Object plan_object(Napi::Env env, const EnginePlan& plan) {
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* key, uint64_t bytes) { object.Set(key, Napi::Number::New(env, static_cast<double>(bytes))); };
  set("weightsMapped", plan.backend.weights_mapped);
  set("weightsResident", plan.backend.weights_resident);
  set("kvCache", plan.backend.kv_cache);
  set("activations", plan.backend.activations);
  set("trace", plan.backend.trace);
  set("other", plan.backend.other + plan.engine_bytes);
  set("logitsHistory", plan.logits_history_bytes);
  object.Set("backendName", plan.backend_name);
  object.Set("deviceDescription", plan.device_description);
  return object;
}

Napi::Object outcome_object(Napi::Env env, const RunOutcome& outcome) {
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* key, double value) { object.Set(key, Napi::Number::New(env, value)); };
  set("reason", static_cast<double>(outcome.reason));
  set("status", static_cast<double>(outcome.status.code()));
  object.Set("message", outcome.status.message());
  set("reusedTokens", outcome.reused_tokens);
  set("cachedLength", outcome.cached_length);
  set("generatedTokens", outcome.generated_tokens);
  set("prefillMilliseconds", outcome.prefill_milliseconds);
  set("firstTokenMilliseconds", outcome.first_token_milliseconds);
  set("decodeMilliseconds", outcome.decode_milliseconds);
  set("totalMilliseconds", outcome.total_milliseconds);
  set("draftedTokens", static_cast<double>(outcome.drafted_tokens));
  set("acceptedTokens", static_cast<double>(outcome.accepted_tokens));
  set("nanCount", static_cast<double>(outcome.nan_count));
  set("queueWaits", static_cast<double>(outcome.queue_waits));
  return object;
}

Napi::Object steps_object(Napi::Env env, const StepSpan& span, const StepLayout& layout) {
  Napi::Object object = Napi::Object::New(env);
  const uint32_t count = span.count;
  object.Set("count", Napi::Number::New(env, count));
  // One small typed array a field of StepRow, gathered.
  const auto column = [&]<typename Array, typename Field>(const char* key, Field StepRow::*field) {
    Array array = Array::New(env, count);
    if (env.IsExceptionPending()) return;
    for (uint32_t i = 0; i < count; ++i) array[i] = static_cast<typename std::remove_reference_t<decltype(array[i])>>(span.rows[i].*field);
    object.Set(key, array);
  };
  column.operator()<Napi::Uint8Array>("phases", &StepRow::phase);
  column.operator()<Napi::Int32Array>("positions", &StepRow::position);
  column.operator()<Napi::Int32Array>("inputIds", &StepRow::input_id);
  column.operator()<Napi::Int32Array>("ids", &StepRow::id);
  column.operator()<Napi::Int32Array>("ranks", &StepRow::rank);
  column.operator()<Napi::Float32Array>("chosenLogits", &StepRow::chosen_logit);
  column.operator()<Napi::Float32Array>("logProbabilities", &StepRow::log_probability);
  column.operator()<Napi::Float32Array>("samplerLogProbabilities", &StepRow::sampler_log_probability);
  column.operator()<Napi::Float32Array>("logSumExps", &StepRow::log_sum_exp);
  column.operator()<Napi::Float32Array>("entropies", &StepRow::entropy);
  column.operator()<Napi::Float32Array>("margins", &StepRow::margin);
  column.operator()<Napi::Uint32Array>("logitNanCounts", &StepRow::logit_nan_count);
  column.operator()<Napi::Float32Array>("stepMilliseconds", &StepRow::step_milliseconds);
  column.operator()<Napi::Float64Array>("endMilliseconds", &StepRow::end_milliseconds);
  column.operator()<Napi::Uint8Array>("speculated", &StepRow::speculated);
  column.operator()<Napi::Uint8Array>("rowsKept", &StepRow::row_kept);
  const auto wide = [&]<typename Array, typename Element>(const char* key, const Element* data, uint32_t width) {
    object.Set(key, data == nullptr ? env.Undefined() : copied<Array>(env, data, static_cast<size_t>(count) * width));
  };
  object.Set("candidatesPerStep", Napi::Number::New(env, layout.candidates));
  wide.operator()<Napi::Int32Array>("candidateIds", span.candidate_ids, layout.candidates);
  wide.operator()<Napi::Float32Array>("candidateLogits", span.candidate_logits, layout.candidates);
  wide.operator()<Napi::Float32Array>("blockMilliseconds", span.block_milliseconds, layout.blocks);
  wide.operator()<Napi::Uint8Array>("stats", reinterpret_cast<const uint8_t*>(span.stats), layout.stats * static_cast<uint32_t>(sizeof(TraceStats)));
  wide.operator()<Napi::BigUint64Array>("hashes", span.hashes, layout.hashes);
  wide.operator()<Napi::Float32Array>("captures", span.captures, layout.capture_width);
  wide.operator()<Napi::Float32Array>("logits", span.logits, layout.logits_width);
  return object;
}

}  // namespace greta::addon
