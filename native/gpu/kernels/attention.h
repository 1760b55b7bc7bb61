// Attention, for one token and for many, with one arithmetic. Over the f16 cache: keys are cut at absolute positions into
// chunks of 128; a chunk's scores, maximum, probabilities (f16) and weighted sums come from chains that start at zero; chunks
// are merged in order. Over the f32 cache: plain f32 sums, one block a head and token, for measurements rather than speed.
// Rotation and the writing of the cache are here too.
#pragma once

#include "gpu/gx/gx.h"
#include "gpu/kernels/progress.h"

namespace greta::gpu {

inline constexpr uint32_t kKeyChunk = 128;

// The cache of one layer: k (kv_heads, capacity, padded_dim), v (kv_heads, capacity / 32, padded_dim, 32), f16, zeroed at
// load. padded_dim is a multiple of 32, at most 256; capacity of 128.
struct KvLayer {
  uint16_t *k, *v;
  float *k_f32, *v_f32;  // instead of k and v: (kv_heads, capacity, head_dim) each; else null
  // How often a NaN or infinity was stored in v. While it is 0, kernels may multiply values that nobody may see by a
  // probability of 0; afterwards they must leave them out, because 0 * NaN is NaN.
  uint32_t* nonfinite;
};

struct AttentionShape {
  uint32_t heads, kv_heads, head_dim, padded_dim, capacity;
  float scale_log2;  // attention scale times log2(e)
  uint32_t rope_dims;
  uint32_t half_split;  // 0: pairs (2i, 2i+1); 1: (i, i + rope_dims/2)
  float norm_epsilon;
};

// What the device itself advances from token to token.
struct DecodeState {
  int32_t token;
  uint32_t position;
  uint32_t produced;  // tokens written to the output list
  uint32_t reserved;
};

struct AttentionJob {
  AttentionShape shape;
  KvLayer cache;
  float* qkv;  // (tokens, qkv_stride): heads*head_dim of q, then kv_heads*head_dim each of k and v, before norm and rotation
  uint32_t qkv_stride;
  const float *q_norm, *k_norm;  // (head_dim); null = none
  const float* rotations;        // rows of rope_dims/2 pairs (cos, sin), the first of position first_rotation
  uint32_t first_rotation;
  uint32_t tokens;
  uint32_t first_position;   // many tokens
  const DecodeState* state;  // one token: its position
  uint32_t from_state;       // f32 cache and rotate_and_store: 1 = the position is the state's, tokens = 1
  uint32_t chunks;           // one token: chunks the grid covers
  uint16_t* rotated;         // many tokens: (tokens, heads, padded_dim) f16
  float* rotated_f32;        // f32 cache, instead of rotated: (tokens, heads, head_dim)
  float* partial;            // one token: (heads, chunks of capacity, padded_dim + 4): weighted sums, then l, m
  uint32_t* arrivals;        // one token: one counter a block group, zero
  uint16_t* context;         // f16 in operand order, rows of context_stride
  uint32_t context_stride;
  float *trace_q, *trace_k, *trace_v, *trace_context;  // null = not wanted
  uint32_t trace_stride;
  Progress progress;
};

void attend_one(const AttentionJob& job, gx::Stream stream);
// Rotates q and k of all tokens and writes the cache (unless cache.k is null); then attend_many.
void rotate_and_store(const AttentionJob& job, gx::Stream stream);
void attend_many(const AttentionJob& job, gx::Stream stream);
// After rotate_and_store, where the cache is f32.
void attend_f32(const AttentionJob& job, gx::Stream stream);
// Copies positions [begin, end) of one layer's cache to f32 (end - begin, kv_heads * head_dim), k and v.
void read_cache(const AttentionShape& shape, const KvLayer& cache, uint32_t begin, uint32_t end, float* k, float* v, gx::Stream stream);
// The reverse: rows are written at positions [begin, begin + positions).
void write_cache(const AttentionShape& shape, const KvLayer& cache, uint32_t begin, uint32_t positions, const float* k, const float* v,
                 gx::Stream stream);

}  // namespace greta::gpu
