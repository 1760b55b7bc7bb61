#include "tests/golden_files.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "backend/trace_points.h"

namespace greta::testing {
namespace {

bool read_file(const std::string& path, std::string* content) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  std::ostringstream text;
  text << file.rdbuf();
  *content = text.str();
  return true;
}

std::vector<int32_t> read_ids(const std::string& json, const std::string& key) {
  std::vector<int32_t> ids;
  const char* at = json.c_str() + json.find('[', json.find('"' + key + '"')) + 1;
  while (*at != ']') {
    char* end;
    ids.push_back(static_cast<int32_t>(std::strtol(at, &end, 10)));
    at = end;
    while (*at == ',' || *at == ' ') ++at;
  }
  return ids;
}

double read_number(const std::string& json, const char* key, size_t from) {
  const size_t at = json.find(std::string("\"") + key + "\":", from);
  return std::strtod(json.c_str() + at + std::strlen(key) + 3, nullptr);
}

uint32_t index_of(const std::string& name, uint32_t layer, uint32_t layer_count) {
  if (name == "embedding") return trace_index_embedding();
  if (name == "final_norm") return trace_index_final_norm(layer_count);
  if (name == "logits") return trace_index_logits(layer_count);
  for (uint32_t point = 0; point < kLayerPointCount; ++point)
    if (name == kLayerPointNames[point]) return trace_index(layer, static_cast<LayerPoint>(point));
  return UINT32_MAX;
}

}  // namespace

bool read_golden(const std::string& stem, uint32_t layer_count, GoldenRun* run) {
  std::string json, npy;
  if (!read_file(stem + ".json", &json) || !read_file(stem + ".logits.npy", &npy)) return false;
  run->prompt_ids = read_ids(json, "prompt_ids");
  run->greedy_ids = read_ids(json, "greedy_ids");
  for (size_t at = json.find("{\"layer\""); at != std::string::npos; at = json.find("{\"layer\"", at + 1)) {
    const size_t name_start = json.find("\"tensor\": \"", at) + 11;
    const std::string name = json.substr(name_start, json.find('"', name_start) - name_start);
    const auto layer = static_cast<uint32_t>(read_number(json, "layer", at));
    run->statistics.push_back({index_of(name, layer, layer_count), read_number(json, "min", at), read_number(json, "max", at),
                               read_number(json, "mean", at), read_number(json, "rms", at)});
  }
  uint16_t header_bytes;
  std::memcpy(&header_bytes, npy.data() + 8, 2);
  run->logits.resize((npy.size() - 10 - header_bytes) / 4);
  std::memcpy(run->logits.data(), npy.data() + 10 + header_bytes, run->logits.size() * 4);
  return true;
}

double normalized_error(const float* a, const float* b, uint64_t count) {
  double error = 0, truth = 0;
  for (uint64_t i = 0; i < count; ++i) {
    error += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
    truth += static_cast<double>(b[i]) * b[i];
  }
  return truth == 0 ? error : error / truth;
}

}  // namespace greta::testing
