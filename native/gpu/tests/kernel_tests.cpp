// Op tests: every kernel against plain C++ in f64, over odd sizes and every type. Compiled for each target together with the
// kernels. [--small] takes the smallest sizes (race checker, sanitizers). Last line: N passed, N failed.
#include "gpu/kernels/matrix_job.h"
#include "gpu/tests/kernel_test_support.h"

int main(int count, char** arguments) {
  using namespace greta::gpu::testing;
  const bool small = count > 1 && !std::strcmp(arguments[1], "--small");
  setvbuf(stdout, nullptr, _IOLBF, 0);
  (void)hipStreamCreateWithFlags(&stream, hipStreamNonBlocking);
  if (greta::gpu::prepare_matrix_kernels() != hipSuccess) return std::printf("no device\n"), 1;
  test_weights(small);
  test_rows();
  test_attention(small);
  (void)hipStreamDestroy(stream);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
