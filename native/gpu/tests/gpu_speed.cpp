// gpu_speed LIBRARY MODEL[:TYPE[:CONTEXT]]...: speed of a backend library on synthetic weights (tests/synthetic_model.h), medians.
// MODEL llama-2-7b, llama-3-8b, tiny; TYPE Q4_K_M or F16. A context above 8192 adds decode at depth 8192. Needs no Node.
#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "gpu/tests/backend_library.h"
#include "gpu/tests/synthetic_model.h"

namespace {
using namespace greta;
using namespace greta::testing;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
template <class Run>
double median_seconds(int repeats, Run run) {
  std::vector<double> times;
  for (int i = 0; i < repeats; i++) {
    const double begin = now();
    if (!run()) return -1;
    times.push_back(now() - begin);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

struct Bench {
  const SyntheticModel& synthetic;
  Backend& backend;
  double copy_gbs;
  BackendError error{};
  std::vector<int32_t> tokens;
  std::vector<float> logits;

  bool forward(uint32_t position, uint32_t count, LogitsRows rows, const ForwardTaps& taps = {}) {
    ForwardInput input{};
    input.tokens = tokens.data(), input.token_count = count, input.position = position, input.logits_rows = rows, input.logits = logits.data();
    input.taps = taps;
    if (backend.forward(input, &error)) return true;
    std::printf("failed: %s\n", error.message);
    return false;
  }
  double decode(uint32_t depth) {
    std::vector<int32_t> produced(128);
    uint32_t count = 0;
    const auto run = [&] {
      if (backend.decode_greedy(1, depth, 128, nullptr, 0, produced.data(), &count, &error)) return true;
      std::printf("failed: %s\n", error.message);
      return false;
    };
    run();
    const double seconds = median_seconds(7, run) / 128;
    const ModelDescription& m = synthetic.description();
    const double kv = 4.0 * m.layer_count * m.kv_head_count * m.head_dim * (depth + 64);
    const double gbs = (synthetic.bytes_per_token() + kv) / seconds / 1e9;
    std::printf("  decode at depth %5u: %7.1f tok/s  %6.3f ms  %5.0f GB/s (%.0f %% of copy)\n", depth, 1 / seconds, seconds * 1e3, gbs,
                100 * gbs / copy_gbs);
    return seconds;
  }
  void prefill(uint32_t count) {
    forward(0, count, LogitsRows::last);
    const double seconds = median_seconds(7, [&] {
      if (!forward(0, count, LogitsRows::last)) return false;
      volatile auto best = std::max_element(logits.begin(), logits.begin() + synthetic.description().vocab_size) - logits.begin();
      (void)best;
      return true;
    });
    const double flop = 2.0 * 6.607e9 * count * (synthetic.description().feed_forward_length == 14336 ? 6.98 / 6.607 : 1);
    std::printf("  prompt of %4u tokens: %7.0f tok/s  time to first token %6.2f ms  %.0f TFLOP/s\n", count, count / seconds, seconds * 1e3,
                flop / seconds / 1e12);
  }
  // Bytes and time of each block, from device events around eagerly launched blocks.
  void blocks(uint32_t position, uint32_t count) {
    const ModelDescription& m = synthetic.description();
    std::vector<uint64_t> ns((m.layer_count + 1) * kTimedBlockCount);
    constexpr int kRuns = 5;
    forward(position, count, LogitsRows::last);
    for (int i = 0; i < kRuns; i++) forward(position, count, LogitsRows::last, {nullptr, nullptr, nullptr, 0, ns.data()});
    std::printf("  blocks of %u token(s), all layers, launched eagerly between events:\n", count);
    for (uint32_t b = 0; b < kTimedBlockCount; b++) {
      uint64_t sum = 0;
      for (uint32_t l = 0; l <= m.layer_count; l++) sum += ns[l * kTimedBlockCount + b];
      double bytes = 0;
      for (uint32_t l = 0; l < m.layer_count; l++) {
        const LayerWeights& w = m.layers[l];
        if (b == uint32_t(TimedBlock::qkv)) bytes += w.q.bytes + w.k.bytes + w.v.bytes;
        if (b == uint32_t(TimedBlock::attention)) bytes += w.attn_output.bytes + 4.0 * m.kv_head_count * m.head_dim * (position + count);
        if (b == uint32_t(TimedBlock::ffn)) bytes += w.ffn_gate.bytes + w.ffn_up.bytes + w.ffn_down.bytes;
      }
      if (b == uint32_t(TimedBlock::lm_head)) bytes = m.lm_head.bytes;
      if (sum)
        std::printf("    %-10s %8.1f us  %5.0f GB/s (%.0f %% of copy)\n", kTimedBlockNames[b], sum / 1e3 / kRuns, bytes * kRuns / sum,
                    100.0 * bytes * kRuns / sum / copy_gbs);
    }
  }
  void statistics(uint32_t depth) {
    const uint32_t columns = trace_point_count(synthetic.description().layer_count);
    std::vector<TraceStats> stats(columns);
    std::vector<uint64_t> hashes(columns);
    const auto steps = [&](const ForwardTaps& taps) {
      return median_seconds(7,
                            [&] {
                              for (uint32_t i = 0; i < 32; i++)
                                if (!forward(depth + i, 1, LogitsRows::last, taps)) return false;
                              return true;
                            }) /
             32;
    };
    const double plain = steps({}), watched = steps({stats.data(), nullptr, nullptr, 0, nullptr}),
                 hashed = steps({stats.data(), hashes.data(), nullptr, 0, nullptr});
    std::printf("  a step with logits to the host: %.3f ms; with statistics of all %u points %.3f ms (+%.1f %%); and hashes %.3f ms\n", plain * 1e3,
                columns, watched * 1e3, 100 * (watched / plain - 1), hashed * 1e3);
  }
};

int run(const std::string& library, const std::string& spec, double copy_gbs, double (*dispatch)(Backend*)) {
  const std::string name = spec.substr(0, spec.find(':'));
  const bool f16 = spec.find(":F16") != std::string::npos;
  const size_t last = spec.rfind(':');
  const uint32_t context = last != std::string::npos && std::isdigit(spec[last + 1]) ? std::atoi(spec.c_str() + last + 1) : 1024;
  const SyntheticModel synthetic(name, f16);
  const std::unique_ptr<Backend> backend = open_backend(library);
  if (!backend) return 1;
  LoadOptions options{};
  options.context_capacity = context, options.batch_capacity = 512, options.kv_type = KvType::f16, options.precision = Precision::bf16,
  options.thread_count = 1;
  BackendError error{};
  MemoryPlan plan{};
  const double begin = now();
  if (!backend->plan(synthetic.description(), options, &plan, &error) || !backend->load(synthetic.description(), options, nullptr, nullptr, &error)) {
    std::printf("%s\n", error.message);
    return 1;
  }
  std::printf("%s %s, synthetic weights, context %u: %s\n", name.c_str(), f16 ? "F16" : "Q4_K_M", context, backend->device_description());
  std::printf("  load %.1f s; memory: weights %.0f MB, KV %.0f MB, activations %.0f MB, trace %.0f MB, staging while loading %.0f MB\n",
              now() - begin, plan.weights_resident / 1e6, plan.kv_cache / 1e6, plan.activations / 1e6, plan.trace / 1e6, plan.other / 1e6);
  Bench bench{synthetic, *backend, copy_gbs};
  bench.tokens.resize(512);
  for (uint32_t i = 0; i < 512; i++) bench.tokens[i] = static_cast<int32_t>(i * 37 % synthetic.description().vocab_size);
  bench.logits.resize(synthetic.description().vocab_size);
  for (uint32_t at = 0; at + 512 <= context; at += 512) bench.forward(at, 512, LogitsRows::none);
  // The deepest first: decoding rewinds the cache to where it ends.
  const double deep = context > 8192 ? bench.decode(8192) : 0;
  const double shallow = bench.decode(128);
  std::printf("  host time to dispatch a token: %.1f us\n", dispatch(backend.get()));
  if (context > 8192) std::printf("  decode at depth 8192 runs at %.0f %% of depth 128\n", 100 * shallow / deep);
  bench.blocks(128, 1);
  bench.statistics(128);
  for (const uint32_t count : {64u, 512u}) bench.prefill(count);
  bench.blocks(0, 512);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  if (count < 3) return std::printf("usage: gpu_speed LIBRARY MODEL[:TYPE[:CONTEXT]]...\n"), 2;
  void* library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  const auto copy = library ? reinterpret_cast<double (*)()>(dlsym(library, "greta_gpu_copy_bandwidth")) : nullptr;
  const auto dispatch = library ? reinterpret_cast<double (*)(Backend*)>(dlsym(library, "greta_gpu_dispatch_microseconds")) : nullptr;
  if (!copy || !dispatch) return std::printf("%s\n", library ? "no benchmark functions in this library" : dlerror()), 1;
  const double copy_gbs = copy();
  std::printf("copy bandwidth %.0f GB/s (bytes read plus bytes written)\n", copy_gbs);
  int result = 0;
  for (int i = 2; i < count; i++) result |= run(arguments[1], arguments[i], copy_gbs, dispatch);
  return result;
}
