// Timings of the cpu backend without the addon. `greta_bench --help` says how; bench/README.md what the figures mean.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "backend/cpu/cpu_backend.h"
#include "engine/read_bandwidth.h"
#include "tests/gguf_model.h"

namespace greta::bench {
namespace {

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Processor time of the whole process: unlike wall time it does not grow when other programs share the cores.
double processor_seconds_now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Median and the distance from the lower to the upper quartile.
struct Sample {
  double median, spread;
};
Sample summarize(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return {values[n / 2], values[n * 3 / 4] - values[n / 4]};
}

struct Settings {
  std::string model;
  uint32_t prompt = 512, generate = 32, threads = 2, repeats = 3;
  bool bf16 = false, trace = false, half_cache = true;
};

// GB/s that `threads` threads read from memory far larger than the caches.
int measure_bandwidth(const Settings& settings) {
  std::vector<double> rates = measure_read_bandwidth(settings.threads, (512ull << 20) * settings.threads, settings.repeats * 2);
  if (rates.empty()) return 1;
  for (double& rate : rates) rate /= 1e9;
  const Sample rate = summarize(rates);
  std::printf("read bandwidth, %u threads: %.1f GB/s (spread %.1f, best %.1f)\n", settings.threads, rate.median, rate.spread,
              *std::max_element(rates.begin(), rates.end()));
  return 0;
}

uint64_t streamed_bytes(const ModelDescription& model) {
  uint64_t bytes = model.lm_head.bytes;
  for (uint32_t i = 0; i < model.layer_count; ++i) {
    const LayerWeights& layer = model.layers[i];
    for (const WeightView* view : {&layer.q, &layer.k, &layer.v, &layer.attn_output, &layer.ffn_gate, &layer.ffn_up, &layer.ffn_down})
      bytes += view->bytes;
  }
  return bytes;
}

// One loaded model and the ways to run it.
class ModelRun {
 public:
  explicit ModelRun(const Settings& settings) : settings_(settings) {}

  bool load() {
    if (!file_.open(settings_.model) || !file_.describe()) {
      std::fprintf(stderr, "%s is no llama GGUF file.\n", settings_.model.c_str());
      return false;
    }
    LoadOptions options{};
    options.context_capacity = settings_.prompt + settings_.generate + 1;
    options.batch_capacity = settings_.prompt;
    options.kv_type = settings_.half_cache ? KvType::f16 : KvType::f32;
    options.precision = settings_.bf16 ? Precision::bf16 : Precision::f32;
    options.thread_count = settings_.threads;
    const double start = seconds_now();
    if (!backend_->load(file_.description(), options, nullptr, nullptr, &error_)) {
      std::fprintf(stderr, "%s\n", error_.message);
      return false;
    }
    std::printf("%s\nload %.0f ms\n", backend_->device_description(), (seconds_now() - start) * 1e3);
    logits_.resize(model().vocab_size);
    stats_.resize(static_cast<size_t>(settings_.prompt) * trace_point_count(model().layer_count));
    blocks_.resize(static_cast<size_t>(model().layer_count + 1) * kTimedBlockCount);
    for (uint32_t i = 0; i < settings_.prompt; ++i) tokens_.push_back(static_cast<int32_t>((100 + i * 7919) % model().vocab_size));
    return true;
  }

  const ModelDescription& model() const { return file_.description(); }

  // Seconds of one call; block times are added to `block_totals`.
  double forward(uint32_t count, uint32_t position, bool trace, std::vector<uint64_t>* block_totals) {
    ForwardInput input{};
    input.tokens = &tokens_[count == 1 ? position % tokens_.size() : 0];
    input.token_count = count;
    input.position = position;
    input.logits_rows = LogitsRows::last;
    input.logits = logits_.data();
    if (trace) input.taps.stats = stats_.data();
    input.taps.block_nanoseconds = blocks_.data();
    const double start = seconds_now();
    if (!backend_->forward(input, &error_)) {
      std::fprintf(stderr, "%s\n", error_.message);
      std::exit(1);
    }
    const double seconds = seconds_now() - start;
    for (size_t i = 0; i < blocks_.size(); ++i) (*block_totals)[i % kTimedBlockCount] += blocks_[i];
    std::fill(blocks_.begin(), blocks_.end(), 0);
    return seconds;
  }

 private:
  Settings settings_;
  testing::GgufModel file_;
  std::unique_ptr<Backend> backend_ = create_cpu_backend();
  BackendError error_{};
  std::vector<int32_t> tokens_;
  std::vector<float> logits_;
  std::vector<TraceStats> stats_;
  std::vector<uint64_t> blocks_;
};

int measure_model(const Settings& settings) {
  ModelRun run(settings);
  if (!run.load()) return 1;
  std::vector<double> prefill, decode, traced_ratio;
  std::vector<uint64_t> prefill_blocks(kTimedBlockCount), decode_blocks(kTimedBlockCount), ignored(kTimedBlockCount);
  double prefill_processor = 0, decode_processor = 0;
  for (uint32_t repeat = 0; repeat < settings.repeats; ++repeat) {
    double start = processor_seconds_now();
    prefill.push_back(settings.prompt / run.forward(settings.prompt, 0, settings.trace, &prefill_blocks));
    prefill_processor += processor_seconds_now() - start;
    start = processor_seconds_now();
    for (uint32_t i = 0; i < settings.generate; ++i) {
      const double seconds = run.forward(1, settings.prompt + i, false, &decode_blocks);
      decode.push_back(1.0 / seconds);
      // The same position again with statistics on every trace point: a paired measure of what tracing costs.
      if (settings.trace) traced_ratio.push_back(run.forward(1, settings.prompt + i, true, &ignored) / seconds);
    }
    decode_processor += processor_seconds_now() - start;
  }
  const Sample pp = summarize(prefill), tg = summarize(decode);
  const double bytes = static_cast<double>(streamed_bytes(run.model()));
  std::printf("prefill %u: %.1f tok/s (spread %.1f, best %.1f)\n", settings.prompt, pp.median, pp.spread,
              *std::max_element(prefill.begin(), prefill.end()));
  std::printf("decode %u: %.2f tok/s (spread %.2f), weights at %.1f GB/s, best %.2f\n", settings.generate, tg.median, tg.spread,
              bytes * tg.median / 1e9, *std::max_element(decode.begin(), decode.end()));
  std::printf("by processor time of one core: prefill %.1f tok/s", settings.prompt * settings.repeats / prefill_processor);
  if (!settings.trace) std::printf(", decode %.2f tok/s", settings.generate * settings.repeats / decode_processor);
  std::puts("");
  if (settings.trace) {
    const Sample ratio = summarize(traced_ratio);
    std::printf("decode time with statistics / without: %.4f (spread %.4f)\n", ratio.median, ratio.spread);
  }
  for (uint32_t i = 0; i < kTimedBlockCount; ++i) {
    if (prefill_blocks[i] + decode_blocks[i] == 0) continue;
    std::printf("  %-10s prefill %9.3f ms, decode %8.4f ms a token\n", kTimedBlockNames[i],
                static_cast<double>(prefill_blocks[i]) / 1e6 / settings.repeats,
                static_cast<double>(decode_blocks[i]) / 1e6 / settings.repeats / std::max(1u, settings.generate));
  }
  return 0;
}

int print_help(int exit_code) {
  std::puts(
      "greta_bench bandwidth [--threads N] [--repeats N]\n"
      "greta_bench model FILE [--pp N] [--tg N] [--threads N] [--repeats N] [--bf16] [--trace] [--kv-f32]\n"
      "Environment: GRETA_CPU_ISA=scalar|avx2|avx512|amx forces an instruction set.");
  return exit_code;
}

int run(int count, char** arguments) {
  Settings settings;
  std::string verb;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const auto number = [&] { return i + 1 < count ? static_cast<uint32_t>(std::strtoul(arguments[++i], nullptr, 10)) : 0u; };
    if (argument == "--help") return print_help(0);
    if (argument == "--pp") {
      settings.prompt = number();
    } else if (argument == "--tg") {
      settings.generate = number();
    } else if (argument == "--threads") {
      settings.threads = number();
    } else if (argument == "--repeats") {
      settings.repeats = number();
    } else if (argument == "--bf16") {
      settings.bf16 = true;
    } else if (argument == "--trace") {
      settings.trace = true;
    } else if (argument == "--kv-f32") {
      settings.half_cache = false;
    } else if (verb.empty()) {
      verb = argument;
    } else {
      settings.model = argument;
    }
  }
  if (settings.prompt == 0 || settings.threads == 0 || settings.repeats == 0) return print_help(2);
  if (verb == "bandwidth") return measure_bandwidth(settings);
  if (verb == "model" && !settings.model.empty()) return measure_model(settings);
  return print_help(2);
}

}  // namespace
}  // namespace greta::bench

int main(int count, char** arguments) { return greta::bench::run(count, arguments); }
