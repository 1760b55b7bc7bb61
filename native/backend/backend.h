// The seam between the engine (sessions, sampling, events) and a backend. A backend is a whole-transformer executor, not an
// operation interpreter: it fuses as it likes, exposes the trace points of trace_points.h, and is judged against
// `reference`. The same header is compiled into the addon and into every dlopened backend library (greta-hip.so,
// greta-cuda.so, the emulators): only POD structs, raw pointers and virtual calls cross it, so both sides need only share
// the platform's C++ ABI. Bump kBackendAbiVersion with every change here.
#pragma once

#include <cstdint>

#include "backend/trace_points.h"
#include "base/dtype.h"
#include "base/weight_view.h"

namespace greta {

inline constexpr uint32_t kBackendAbiVersion = 1;

struct LayerWeights {
  WeightView attn_norm;               // (1, embedding)
  WeightView q, k, v;                 // (heads*head_dim, embedding), (kv_heads*head_dim, embedding) twice
  WeightView q_bias, k_bias, v_bias;  // (1, rows of q/k/v); null without bias (llama, qwen3)
  WeightView q_norm, k_norm;          // (1, head_dim) RMS norm of every head before RoPE (qwen3); else null
  WeightView attn_output;             // (embedding, heads*head_dim)
  WeightView ffn_norm;                // (1, embedding)
  WeightView ffn_gate, ffn_up;        // (feed_forward, embedding)
  WeightView ffn_down;                // (embedding, feed_forward)
};

// The model as validated by TypeScript: every size here agrees with every tensor's shape. All pointers stay valid until
// the backend is destroyed.
struct ModelDescription {
  uint32_t layer_count, embedding_length, head_count, kv_head_count, head_dim, feed_forward_length, vocab_size;
  float rms_norm_epsilon;
  float attention_scale;  // multiplies q.k, normally 1/sqrt(head_dim)
  RopePairing rope_pairing;
  uint32_t rope_dims;  // even, <= head_dim; dimensions beyond it are not rotated
  // (rope_dims/2) values: angle of pair i at position p is p * rope_inverse_frequencies[i]. Scaling (linear, llama3, YaRN)
  // is already in them. Angles are formed in f64 by every backend or its host code.
  const double* rope_inverse_frequencies;
  float rope_magnitude;        // multiplies sin and cos (YaRN's attention factor); 1 otherwise
  WeightView token_embedding;  // (vocab, embedding)
  const LayerWeights* layers;  // layer_count entries
  WeightView final_norm;       // (1, embedding)
  WeightView lm_head;          // (vocab, embedding); the same view as token_embedding when tied
};

enum class KvType : uint32_t { f32 = 0, f16 = 1 };
enum class Precision : uint32_t {
  f32 = 0,   // logits NMSE <= 1e-9 against float64
  bf16 = 1,  // matrix operands may be rounded to bf16 (or anything at least as exact); logits NMSE <= 1e-5
};

struct LoadOptions {
  uint32_t context_capacity;  // positions the KV cache holds
  uint32_t batch_capacity;    // most tokens one forward() takes; larger prompts are cut into chunks by the engine
  KvType kv_type;
  Precision precision;
  uint32_t thread_count;  // host threads, >= 1 (CPU backends)
  uint32_t device_index;  // GPU backends
  uint32_t reserved[8];
};

// Where the memory of a load goes. `weights_mapped` counts the file's own pages (shared, reclaimable).
struct MemoryPlan {
  uint64_t weights_mapped, weights_resident, kv_cache, activations, trace, other;
};

enum class LogitsRows : uint32_t { none = 0, last = 1, all = 2 };

// Copies raw rows of one trace point: `destination` receives token_count rows of `width` f32 (width = that point's row
// length; the logits point gives the rows that were asked for by LogitsRows).
struct TensorCapture {
  uint32_t trace_index;
  uint32_t width;
  float* destination;
};

// Deliberate faults, for the fault lab and for tests. Applied while `faults` is passed to forward(); never otherwise.
enum class FaultKind : uint32_t {
  none = 0,
  nan_at_point = 1,      // element `index` of (layer, point) at `position` becomes NaN, before anything reads it
  scale_weight_row = 2,  // output row `index` of the matrix that produces (layer, point) is multiplied by `factor`
  drop_k_tile = 3,       // inputs [index, index+count) do not contribute to the matrix product that produces (layer, point)
  wrong_rope_base = 4,   // layer `layer` rotates with inverse frequencies of base * factor
  stale_kv_slot = 5,     // layer `layer` attends to the k and v of position - 1 where it should see `position`
};
struct Fault {
  FaultKind kind;
  uint32_t layer;
  uint32_t point;  // LayerPoint
  uint32_t position;
  uint32_t index, count;
  float factor;
};

// What to observe of one forward(). Every pointer may be null. Nothing here may change one bit of the result.
struct ForwardTaps {
  TraceStats* stats;  // token_count x trace_point_count(layers); the logits column only of rows that have logits, else zeroed
  uint64_t* hashes;   // same shape: a 64-bit hash of the row's bit pattern (FNV-1a over the f32 words, low word first); 0 = not computed
  const TensorCapture* captures;
  uint32_t capture_count;
  uint64_t* block_nanoseconds;  // (layer_count + 1) x kTimedBlockCount, added to; the last row is what lies outside the layers
};

struct ForwardInput {
  const int32_t* tokens;  // token_count ids, each in [0, vocab)
  uint32_t token_count;   // 1 .. batch_capacity
  uint32_t position;      // of tokens[0]; equals the number of positions already in the cache (append), or less (rewind, then append)
  LogitsRows logits_rows;
  float* logits;  // host memory for (1 or token_count) x vocab f32, by logits_rows; null when none
  ForwardTaps taps;
  const Fault* faults;
  uint32_t fault_count;
  // Polled between layers by every backend; non-zero = stop and return StatusCode::cancelled with the cache rewound to `position`.
  const volatile uint32_t* cancel_flag;
};

// Message buffers of a failing call, filled by the backend: NUL-terminated, never empty on failure.
struct BackendError {
  uint32_t code;  // StatusCode
  char message[1020];
};

class Backend {
 public:
  virtual ~Backend() = default;

  // Short lower-case name, "cpu", and one line about the device and the instruction set chosen at run time.
  virtual const char* name() const = 0;
  virtual const char* device_description() const = 0;

  // Computes the plan of load() without allocating. False + error when the model cannot run here (type, shape, memory).
  virtual bool plan(const ModelDescription& model, const LoadOptions& options, MemoryPlan* plan, BackendError* error) = 0;

  // Allocates everything and prepares weights. `progress(context, fraction)` may be called from any thread; returning
  // false cancels. Called once. Nothing is allocated after it returns.
  virtual bool load(const ModelDescription& model, const LoadOptions& options, bool (*progress)(void* context, float fraction), void* context,
                    BackendError* error) = 0;

  // Runs token_count tokens through the model, writing their k and v at [position, position + token_count). The result of
  // a token does not depend on how a prompt is cut into calls (one arithmetic for prefill and decode).
  virtual bool forward(const ForwardInput& input, BackendError* error) = 0;

  // Greedy decode of up to `steps` tokens after `token` (at `position`), each the argmax of the previous logits (ties to the
  // lowest id), without the host in between where the backend can. Stops after an id of `stop_ids`. Returns false with
  // StatusCode::unsupported when the backend has no such loop: the engine then calls forward() itself.
  virtual bool decode_greedy(int32_t token, uint32_t position, uint32_t steps, const int32_t* stop_ids, uint32_t stop_id_count, int32_t* produced,
                             uint32_t* produced_count, BackendError* error) {
    (void)token, (void)position, (void)steps, (void)stop_ids, (void)stop_id_count, (void)produced, (void)produced_count;
    error->code = 2;
    error->message[0] = 0;
    return false;
  }

  // Applies the model's own final norm and lm_head to `row_count` rows of the residual stream (row_count x embedding):
  // the logit lens. logits: row_count x vocab. The same arithmetic as forward().
  virtual bool lens(const float* residual_rows, uint32_t row_count, float* logits, BackendError* error) = 0;

  // Runs one operation of one layer on given inputs (row-major, token_count rows) and writes its output, with the
  // arithmetic forward() uses: the "local" comparison. For attn_context the input is the q rows, and k and v come from the cache; or three
  // inputs, q rows and the k and v rows of positions 0 .. position+token_count-1, which replace the cache (forward() must then begin at 0).
  // `inputs` follow the table in docs/operations.md.
  virtual bool run_operation(uint32_t layer, LayerPoint point, const float* const* inputs, uint32_t input_count, uint32_t token_count,
                             uint32_t position, float* output, BackendError* error) {
    (void)layer, (void)point, (void)inputs, (void)input_count, (void)token_count, (void)position, (void)output;
    error->code = 2;
    error->message[0] = 0;
    return false;
  }

  // Copies the cache of one layer: positions [begin, end), k and v each (end-begin) x kv_heads*head_dim as f32.
  virtual bool read_kv(uint32_t layer, uint32_t begin, uint32_t end, float* k, float* v, BackendError* error) = 0;
};

// Every dlopened backend library exports these two with C linkage.
//   uint32_t greta_backend_abi_version();
//   greta::Backend* greta_backend_create(greta::BackendError* error);   // null + error when no device can be used
using BackendAbiVersionFn = uint32_t (*)();
using BackendCreateFn = Backend* (*)(BackendError*);

}  // namespace greta
