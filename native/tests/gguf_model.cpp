#include "tests/gguf_model.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace greta::testing {
namespace {

class Reader {
 public:
  Reader(const unsigned char* data, uint64_t bytes) : data_(data), bytes_(bytes) {}
  template <typename T>
  T take() {
    T value{};
    if (offset_ + sizeof(T) <= bytes_) std::memcpy(&value, data_ + offset_, sizeof(T));
    offset_ += sizeof(T);
    return value;
  }
  std::string text() {
    const auto length = take<uint64_t>();
    std::string result(reinterpret_cast<const char*>(data_ + offset_), length);
    offset_ += length;
    return result;
  }
  double value(uint32_t type) {
    switch (type) {
      case 0:
        return take<uint8_t>();
      case 1:
        return take<int8_t>();
      case 2:
        return take<uint16_t>();
      case 3:
        return take<int16_t>();
      case 4:
        return take<uint32_t>();
      case 5:
        return take<int32_t>();
      case 6:
        return take<float>();
      case 7:
        return take<uint8_t>();
      case 8:
        text();
        return 0;
      case 9: {
        const auto element = take<uint32_t>();
        const auto count = take<uint64_t>();
        for (uint64_t i = 0; i < count; ++i) value(element);
        return static_cast<double>(count);
      }
      case 10:
        return static_cast<double>(take<uint64_t>());
      case 11:
        return static_cast<double>(take<int64_t>());
      default:
        return take<double>();
    }
  }
  uint64_t offset() const { return offset_; }

 private:
  const unsigned char* data_;
  uint64_t bytes_, offset_ = 0;
};

std::string repository_folder() { return GRETA_REPOSITORY_FOLDER; }

}  // namespace

GgufModel::~GgufModel() {
  if (data_ != nullptr) munmap(const_cast<unsigned char*>(data_), bytes_);
}

bool GgufModel::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY);
  if (file < 0) return false;
  struct stat info {};
  fstat(file, &info);
  bytes_ = static_cast<uint64_t>(info.st_size);
  void* mapped = mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (mapped == MAP_FAILED) return false;
  data_ = static_cast<const unsigned char*>(mapped);
  if (bytes_ < 24 || std::memcmp(data_, "GGUF", 4) != 0) return false;

  Reader reader(data_, bytes_);
  reader.take<uint64_t>();
  const auto tensor_count = reader.take<uint64_t>(), pair_count = reader.take<uint64_t>();
  for (uint64_t i = 0; i < pair_count; ++i) {
    const std::string key = reader.text();
    const auto type = reader.take<uint32_t>();
    numbers_[key] = reader.value(type);
  }
  struct Record {
    std::string name;
    WeightView view;
    uint64_t offset;
  };
  std::vector<Record> records;
  for (uint64_t i = 0; i < tensor_count; ++i) {
    Record record{reader.text(), {}, 0};
    const auto dimensions = reader.take<uint32_t>();
    uint64_t sizes[4] = {1, 1, 1, 1};
    for (uint32_t d = 0; d < dimensions; ++d) sizes[d] = reader.take<uint64_t>();
    record.view.type = static_cast<DType>(reader.take<uint32_t>());
    record.view.cols = static_cast<uint32_t>(sizes[0]);
    record.view.rows = static_cast<uint32_t>(sizes[1] * sizes[2] * sizes[3]);
    record.view.bytes = row_bytes(record.view.type, sizes[0]) * record.view.rows;
    record.offset = reader.take<uint64_t>();
    records.push_back(record);
  }
  const auto alignment = static_cast<uint64_t>(number("general.alignment", 32));
  const uint64_t start = (reader.offset() + alignment - 1) / alignment * alignment;
  for (Record& record : records) {
    record.view.data = data_ + start + record.offset;
    if (start + record.offset + record.view.bytes > bytes_) return false;
    tensors_[record.name] = record.view;
  }
  return true;
}

double GgufModel::number(const std::string& key, double fallback) const {
  const auto found = numbers_.find(key);
  return found == numbers_.end() ? fallback : found->second;
}

bool GgufModel::describe() {
  if (!numbers_.contains("llama.block_count")) return false;
  const auto count = [this](const char* key, double fallback) { return static_cast<uint32_t>(number(std::string("llama.") + key, fallback)); };
  const auto tensor = [this](const std::string& name) {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? WeightView{} : found->second;
  };
  ModelDescription& model = description_;
  model.layer_count = count("block_count", 0);
  model.embedding_length = count("embedding_length", 0);
  model.head_count = count("attention.head_count", 0);
  model.kv_head_count = count("attention.head_count_kv", model.head_count);
  model.head_dim = count("attention.key_length", model.embedding_length / model.head_count);
  model.feed_forward_length = count("feed_forward_length", 0);
  model.token_embedding = tensor("token_embd.weight");
  model.vocab_size = model.token_embedding.rows;
  model.rms_norm_epsilon = static_cast<float>(number("llama.attention.layer_norm_rms_epsilon", 1e-5));
  model.attention_scale = 1.0f / std::sqrt(static_cast<float>(model.head_dim));
  model.rope_pairing = RopePairing::interleaved;
  model.rope_dims = count("rope.dimension_count", model.head_dim);
  model.rope_magnitude = 1.0f;
  const double base = number("llama.rope.freq_base", 10000.0);
  for (uint32_t pair = 0; pair < model.rope_dims / 2; ++pair) frequencies_.push_back(std::pow(base, -2.0 * pair / model.rope_dims));
  model.rope_inverse_frequencies = frequencies_.data();
  model.final_norm = tensor("output_norm.weight");
  model.lm_head = tensors_.contains("output.weight") ? tensor("output.weight") : model.token_embedding;
  for (uint32_t i = 0; i < model.layer_count; ++i) {
    const std::string prefix = "blk." + std::to_string(i) + ".";
    LayerWeights layer{};
    layer.attn_norm = tensor(prefix + "attn_norm.weight");
    layer.q = tensor(prefix + "attn_q.weight");
    layer.k = tensor(prefix + "attn_k.weight");
    layer.v = tensor(prefix + "attn_v.weight");
    layer.attn_output = tensor(prefix + "attn_output.weight");
    layer.ffn_norm = tensor(prefix + "ffn_norm.weight");
    layer.ffn_gate = tensor(prefix + "ffn_gate.weight");
    layer.ffn_up = tensor(prefix + "ffn_up.weight");
    layer.ffn_down = tensor(prefix + "ffn_down.weight");
    layers_.push_back(layer);
  }
  model.layers = layers_.data();
  return true;
}

std::string shared_folder() {
  const char* given = std::getenv("GRETA_SHARED");
  const std::string folder = given != nullptr ? given : repository_folder() + "/../shared";
  return std::filesystem::exists(folder + "/golden") ? folder : "";
}

std::string bundled_model() {
  const std::string path = repository_folder() + "/resources/models/greta-stories-22m.Q4_K_M.gguf";
  return std::filesystem::exists(path) ? path : "";
}

}  // namespace greta::testing
