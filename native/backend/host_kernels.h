// The arithmetic of a host backend: what HostBackend (the walk through the transformer) asks of `reference` and `cpu`.
// Every call is made by one thread; an implementation may use its own threads inside, and returns when the work is done.
#pragma once

#include <cstdint>

#include "backend/backend.h"
#include "backend/kv_cache.h"
#include "base/status.h"

namespace greta {

// y[t * output_stride + r] = sum_c weight[r, c] * x[t, c]
struct MatmulTask {
  const WeightView* weight;
  float* output;
  uint64_t output_stride;  // floats between the rows of two tokens
};

class HostKernels {
 public:
  virtual ~HostKernels() = default;

  virtual const char* name() const = 0;
  virtual const char* description() const = 0;
  // Positions that lie side by side in the key cache (KvCache).
  virtual uint32_t key_block() const = 0;

  // Bytes that prepare() will allocate.
  virtual uint64_t scratch_bytes(const ModelDescription& model, const LoadOptions& options) const = 0;
  // Allocates scratch and starts threads. model outlives this object. Nothing below allocates.
  virtual Status prepare(const ModelDescription& model, const LoadOptions& options) = 0;

  // rows[t] = row tokens[t] of the embedding matrix, (token_count, embedding).
  virtual void embed(const int32_t* tokens, uint32_t token_count, float* rows) = 0;
  // ops/rms_norm.h; rows may be heads of q or k.
  virtual void rms_norm(const float* x, const float* w, uint32_t rows, uint32_t cols, float* y) = 0;
  // `count` products of the same x, (token_count, cols). ops/matmul.h
  virtual void matmul(const MatmulTask* tasks, uint32_t count, const float* x, uint32_t token_count) = 0;
  // ops/rope.h on token_count rows of (heads, head_dim) at positions position, position+1, ...
  virtual void rope(float* rows, uint32_t token_count, uint32_t heads, const double* inverse_frequencies, uint32_t position) = 0;
  // ops/attention.h: token t attends to positions 0 .. position+t of the cache. q, context: (token_count, heads*head_dim).
  virtual void attention(const KvCache& cache, uint32_t layer, const float* q, uint32_t position, uint32_t token_count, float* context) = 0;
  // ops/swiglu.h
  virtual void swiglu(const float* gate, const float* up, uint64_t count, float* y) = 0;
  virtual void add(const float* a, const float* b, uint64_t count, float* y) = 0;
  // ops/row_summary.h of row_count rows; row r's results go to stats[r * stride] and hashes[r * stride]. Either may be null.
  virtual void summarize(const float* rows, uint32_t width, uint32_t row_count, TraceStats* stats, uint64_t* hashes, uint64_t stride) = 0;
  virtual uint32_t argmax(const float* values, uint32_t count) = 0;
};

}  // namespace greta
