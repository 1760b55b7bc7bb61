#include "backend/cpu/cpu_backend.h"

#include "backend/cpu/cpu_kernels.h"
#include "backend/host_backend.h"

namespace greta {

std::unique_ptr<Backend> create_cpu_backend() { return std::make_unique<HostBackend>(std::make_unique<cpu::CpuKernels>()); }

}  // namespace greta
