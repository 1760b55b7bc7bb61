// Test code only: opens a well-formed llama GGUF file and describes it to a backend. It trusts the file; the product's
// loader is TypeScript. Also used by native/bench.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "backend/backend.h"

namespace greta::testing {

class GgufModel {
 public:
  GgufModel() = default;
  GgufModel(const GgufModel&) = delete;
  GgufModel& operator=(const GgufModel&) = delete;
  ~GgufModel();

  // False when the file is absent or is no GGUF file.
  bool open(const std::string& path);
  // False when it is no llama model (quant-zoo.gguf).
  bool describe();

  const ModelDescription& description() const { return description_; }
  const std::map<std::string, WeightView>& tensors() const { return tensors_; }
  double number(const std::string& key, double fallback) const;

 private:
  const unsigned char* data_ = nullptr;
  uint64_t bytes_ = 0;
  std::map<std::string, double> numbers_;
  std::map<std::string, WeightView> tensors_;
  ModelDescription description_{};
  std::vector<LayerWeights> layers_;
  std::vector<double> frequencies_;
};

// The folder that holds the development data, or "" when this checkout has none: GRETA_SHARED, else ../shared of the repository.
std::string shared_folder();
// The bundled model of the repository, or "".
std::string bundled_model();

}  // namespace greta::testing
