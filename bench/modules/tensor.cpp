// What tito bench times of module tensor: matrix products, which arithmetic bounds, and passes over arrays, which
// memory does.
#include "tinytorch/tensor.hpp"

#include "judge/workloads/workload.hpp"

using namespace tinytorch;
using judge::Stream;

namespace {

// Made by one constructor alone, so that little has to be written before something can be timed.
Tensor random(const Shape& shape, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(static_cast<std::size_t>(shape.numel()));
  for (float& value : values) value = rng.uniform(-1.0F, 1.0F);
  return {shape, values};
}

using Product = Tensor (*)(const Tensor&, const Tensor&);

void add_product(judge::Rows& rows, const std::string& name, Product product, std::int64_t n) {
  const auto size = static_cast<double>(n);
  rows.add({.name = name + " " + std::to_string(n), .unit = "GFLOP/s", .flops = 2 * size * size * size}, [=] {
    const Tensor a = random({n, n}, 1), b = random({n, n}, 2);
    return [=] { judge::keep(product(a, b)); };
  });
}

}  // namespace

void judge::workload(Rows& rows) {
  add_product(rows, "matmul_naive", matmul_naive, 128);
  add_product(rows, "matmul_blocked", matmul_blocked, 256);
  add_product(rows, "matmul", matmul, 256);
  add_product(rows, "matmul_nt", matmul_nt, 256);

  constexpr std::int64_t n = 512;
  constexpr double numbers = n * n;
  rows.add({.name = "a + b, 512 x 512", .unit = "GB/s", .traffic = traffic(Stream::triad, numbers)}, [] {
    const Tensor a = random({n, n}, 1), b = random({n, n}, 2);
    return [=] { keep(a + b); };
  });
  rows.add({.name = "a + row, broadcast", .unit = "GB/s", .traffic = traffic(Stream::copy, numbers)}, [] {
    const Tensor a = random({n, n}, 1), row = random({n}, 2);
    return [=] { keep(a + row); };
  });
  rows.add({.name = "sum of all", .unit = "GB/s", .traffic = traffic(Stream::read, numbers)}, [] {
    const Tensor a = random({n, n}, 1);
    return [=] { keep(sum(a)); };
  });
  rows.add({.name = "sum over axis 0", .unit = "GB/s", .traffic = traffic(Stream::read, numbers)}, [] {
    const Tensor a = random({n, n}, 1);
    return [=] { keep(sum(a, 0)); };
  });
  rows.add({.name = "transpose 512 x 512", .unit = "GB/s", .traffic = traffic(Stream::copy, numbers)}, [] {
    const Tensor a = random({n, n}, 1);
    return [=] { keep(a.transpose(0, 1)); };
  });
}
