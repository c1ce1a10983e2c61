#include "tinytorch/tensor.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <vector>

#include "kernels/gemm.hpp"
#include "kernels/memory.hpp"

namespace tinytorch {

namespace {

std::string both(const Shape& a, const Shape& b) { return "shapes " + a.to_string() + " and " + b.to_string(); }

// The axis counted from the front, whichever way it was given.
[[maybe_unused]] int checked_axis(const char* operation, const Shape& shape, int axis) {
  const int from_front = axis < 0 ? axis + shape.rank() : axis;
  if (from_front < 0 || from_front >= shape.rank()) {
    throw ValueError(std::string(operation) + ": axis " + std::to_string(axis) + " is out of range for shape " +
                     shape.to_string());
  }
  return from_front;
}

}  // namespace

// BEGIN SOLUTION (helpers)
namespace {

// A tensor seen from one of its axes: `outer` blocks, each of `extent` rows, each of `inner` numbers that lie
// side by side. The element (o, i, j) stands at (o * extent + i) * inner + j.
struct AxisView {
  std::int64_t outer = 1;
  std::int64_t extent = 1;
  std::int64_t inner = 1;
};

AxisView view_along(const Shape& shape, int axis) {
  AxisView view;
  for (int i = 0; i < axis; ++i) view.outer *= shape[i];
  view.extent = shape[axis];
  for (int i = axis + 1; i < shape.rank(); ++i) view.inner *= shape[i];
  return view;
}

// What is left of a shape when one axis is reduced.
Shape reduced(const Shape& shape, int axis, bool keep_axis) {
  Shape result;
  for (int i = 0; i < shape.rank(); ++i) {
    if (i != axis) result.push_back(shape[i]);
    if (i == axis && keep_axis) result.push_back(1);
  }
  return result;
}

}  // namespace
// END SOLUTION

// ---- Making tensors

// Ask kernels::allocate for the storage: it reuses memory that earlier tensors gave back. Shape::numel()
// refuses impossible shapes.
Tensor Tensor::uninitialized(const Shape& shape) {
  // BEGIN SOLUTION Tensor::uninitialized
  Tensor result;
  result.size_ = shape.numel();
  result.shape_ = shape;
  result.data_ = kernels::allocate(result.size_);
  return result;
  // END SOLUTION
}

Tensor::Tensor(const Shape& shape) {
  // BEGIN SOLUTION Tensor::Tensor
  *this = full(shape, 0.0F);
  // END SOLUTION
}

Tensor::Tensor(const Shape& shape, const std::vector<float>& values) {
  // BEGIN SOLUTION Tensor::Tensor
  if (static_cast<std::int64_t>(values.size()) != shape.numel()) {
    throw ShapeError("Tensor: " + std::to_string(values.size()) + " values do not fill shape " + shape.to_string());
  }
  *this = uninitialized(shape);
  std::copy(values.begin(), values.end(), data());
  // END SOLUTION
}

Tensor Tensor::scalar(float value) {
  // BEGIN SOLUTION Tensor::scalar
  return full({}, value);
  // END SOLUTION
}

Tensor Tensor::full(const Shape& shape, float value) {
  // BEGIN SOLUTION Tensor::full
  Tensor result = uninitialized(shape);
  result.fill(value);
  return result;
  // END SOLUTION
}

Tensor Tensor::uniform(const Shape& shape, float low, float high, Rng& rng) {
  // BEGIN SOLUTION Tensor::uniform
  Tensor result = uninitialized(shape);
  std::generate_n(result.data(), result.size(), [&] { return rng.uniform(low, high); });
  return result;
  // END SOLUTION
}

Tensor Tensor::normal(const Shape& shape, float mean, float deviation, Rng& rng) {
  // BEGIN SOLUTION Tensor::normal
  Tensor result = uninitialized(shape);
  std::generate_n(result.data(), result.size(), [&] { return rng.normal(mean, deviation); });
  return result;
  // END SOLUTION
}

void Tensor::fill(float value) {
  // BEGIN SOLUTION Tensor::fill
  std::fill_n(data(), size_, value);
  // END SOLUTION
}

Tensor Tensor::clone() const {
  // BEGIN SOLUTION Tensor::clone
  Tensor result = uninitialized(shape_);
  std::copy_n(data(), size_, result.data());
  return result;
  // END SOLUTION
}

// ---- Reading and rearranging

namespace {

// Where an element stands in storage: row-major, so for (i, j, k) in (I, J, K) at (i * J + j) * K + k.
[[maybe_unused]] std::int64_t offset_of(const Shape& shape, std::initializer_list<std::int64_t> index) {
  // BEGIN SOLUTION Tensor::at
  if (static_cast<int>(index.size()) != shape.rank()) {
    throw ShapeError("at: " + std::to_string(index.size()) + " indices for shape " + shape.to_string());
  }
  std::int64_t offset = 0;
  int axis = 0;
  for (const std::int64_t i : index) {
    const std::int64_t extent = shape[axis];
    const std::int64_t from_front = i < 0 ? i + extent : i;
    if (from_front < 0 || from_front >= extent) {
      throw ValueError("at: index " + std::to_string(i) + " is out of range for axis " + std::to_string(axis) +
                       " of shape " + shape.to_string());
    }
    offset = offset * extent + from_front;
    ++axis;
  }
  return offset;
  // END SOLUTION
}

}  // namespace

float& Tensor::at(std::initializer_list<std::int64_t> index) { return data()[offset_of(shape_, index)]; }
float Tensor::at(std::initializer_list<std::int64_t> index) const { return data()[offset_of(shape_, index)]; }

float Tensor::item() const {
  // BEGIN SOLUTION Tensor::item
  if (size_ != 1) throw ShapeError("item: shape " + shape_.to_string() + " does not have exactly one element");
  return *data();
  // END SOLUTION
}

// No element moves: only shape_ changes. An extent of -1 is what the other extents leave.
Tensor Tensor::reshape(const Shape& shape) const {
  // BEGIN SOLUTION Tensor::reshape
  Shape target = shape;
  int unknown = -1;
  for (int axis = 0; axis < target.rank(); ++axis) {
    if (target[axis] != -1) continue;
    if (unknown != -1) throw ShapeError("reshape: more than one -1 in " + shape.to_string());
    unknown = axis;
    target[axis] = 1;
  }
  const std::int64_t known = target.numel();
  if (unknown != -1 && known != 0) target[unknown] = size_ / known;
  if ((unknown != -1 && known == 0) || target.numel() != size_) {
    throw ShapeError("reshape: the " + std::to_string(size_) + " elements of shape " + shape_.to_string() +
                     " do not fill shape " + shape.to_string());
  }
  Tensor result = *this;
  result.shape_ = target;
  return result;
  // END SOLUTION
}

Tensor Tensor::transpose(int a, int b) const {
  // BEGIN SOLUTION Tensor::transpose
  a = checked_axis("transpose", shape_, a);
  b = checked_axis("transpose", shape_, b);
  if (a == b) return clone();
  if (a > b) std::swap(a, b);

  Shape exchanged = shape_;
  std::swap(exchanged[a], exchanged[b]);
  Tensor result = uninitialized(exchanged);
  if (result.empty()) return result;

  // With a < b the tensor is (outer, A, middle, B, inner), and what lies in `inner` moves as one piece.
  const std::int64_t outer = view_along(shape_, a).outer;
  const std::int64_t A = shape_[a];
  const std::int64_t B = shape_[b];
  const std::int64_t inner = view_along(shape_, b).inner;
  const std::int64_t middle = size_ / (outer * A * B * inner);
  float* to = result.data();
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t j = 0; j < B; ++j) {
      for (std::int64_t m = 0; m < middle; ++m) {
        const float* from = data() + ((o * A * middle + m) * B + j) * inner;
        for (std::int64_t i = 0; i < A; ++i, to += inner) std::copy_n(from + i * middle * B * inner, inner, to);
      }
    }
  }
  return result;
  // END SOLUTION
}

Tensor Tensor::slice(int axis, std::int64_t begin, std::int64_t end) const {
  // BEGIN SOLUTION Tensor::slice
  axis = checked_axis("slice", shape_, axis);
  const AxisView view = view_along(shape_, axis);
  const std::int64_t first = begin < 0 ? begin + view.extent : begin;
  const std::int64_t last = end < 0 ? end + view.extent : end;
  if (first < 0 || first > last || last > view.extent) {
    throw ValueError("slice: [" + std::to_string(begin) + ", " + std::to_string(end) + ") is not a part of axis " +
                     std::to_string(axis) + " of shape " + shape_.to_string());
  }
  Shape shape = shape_;
  shape[axis] = last - first;
  Tensor result = uninitialized(shape);
  const std::int64_t length = (last - first) * view.inner;
  for (std::int64_t o = 0; o < view.outer; ++o) {
    std::copy_n(data() + (o * view.extent + first) * view.inner, length, result.data() + o * length);
  }
  return result;
  // END SOLUTION
}

// ---- Elementwise arithmetic

// Both shapes from their last axis on; where one has no axis left, it counts as 1.
Shape broadcast_shape(const Shape& a, const Shape& b) {
  // BEGIN SOLUTION broadcast_shape
  const int rank = std::max(a.rank(), b.rank());
  Shape result = a.rank() == rank ? a : b;
  for (int axis = 1; axis <= rank; ++axis) {  // counted from the back
    const std::int64_t from_a = axis <= a.rank() ? a[a.rank() - axis] : 1;
    const std::int64_t from_b = axis <= b.rank() ? b[b.rank() - axis] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1) {
      throw ShapeError("broadcast: " + both(a, b) + " do not fit: the extents " + std::to_string(from_a) + " and " +
                       std::to_string(from_b) + " differ and neither is 1");
    }
    result[rank - axis] = from_a == 1 ? from_b : from_a;
  }
  return result;
  // END SOLUTION
}

namespace {

// The axes of a result with the strides of its two operands, the innermost first. When the index along an axis
// grows by one, operand a moves by stride_a numbers: by 0 where it is stretched.
struct BroadcastStrides {
  struct Axis {
    std::int64_t extent = 1;
    std::int64_t stride_a = 0;
    std::int64_t stride_b = 0;
  };
  int rank = 1;
  std::array<Axis, Shape::max_rank> axes;
};

// Neighbouring axes along which both operands are contiguous become one axis: equal shapes become a single
// long run, and (N, C, H, W) with (C, 1, 1) becomes (N, C, H * W).
[[maybe_unused]] BroadcastStrides broadcast_strides(const Shape& a, const Shape& b, const Shape& result) {
  // BEGIN SOLUTION broadcast_strides
  BroadcastStrides strides;
  BroadcastStrides::Axis* merged = nullptr;
  std::int64_t next_a = 1;  // the distance between neighbours along the axis, as stored
  std::int64_t next_b = 1;
  for (int back = 1; back <= result.rank(); ++back) {
    const std::int64_t extent = result[result.rank() - back];
    const std::int64_t from_a = back <= a.rank() ? a[a.rank() - back] : 1;
    const std::int64_t from_b = back <= b.rank() ? b[b.rank() - back] : 1;
    const BroadcastStrides::Axis axis{extent, from_a == 1 ? 0 : next_a, from_b == 1 ? 0 : next_b};
    next_a *= from_a;
    next_b *= from_b;
    if (extent == 1) continue;
    if (merged != nullptr && axis.stride_a == merged->stride_a * merged->extent &&
        axis.stride_b == merged->stride_b * merged->extent) {
      merged->extent *= extent;
    } else {
      merged = merged == nullptr ? &strides.axes[0] : merged + 1;
      *merged = axis;
    }
  }
  if (merged != nullptr) strides.rank = static_cast<int>(merged - strides.axes.data()) + 1;
  return strides;
  // END SOLUTION
}

// Calls run(out, a, b) with the pointers at the start of each run along the innermost axis.
template <class Run>
void for_each_run(const BroadcastStrides& strides, int axis, float*& out, const float* a, const float* b,
                  const Run& run) {
  // BEGIN SOLUTION for_each_run
  const BroadcastStrides::Axis& here = strides.axes[static_cast<std::size_t>(axis)];
  if (axis == 0) {
    run(out, a, b);
    out += here.extent;
    return;
  }
  for (std::int64_t i = 0; i < here.extent; ++i) {
    for_each_run(strides, axis - 1, out, a + i * here.stride_a, b + i * here.stride_b, run);
  }
  // END SOLUTION
}

// The same operation on every pair of elements. The three loops differ in which operand stands still; each
// is simple enough for the compiler to turn into vector instructions.
template <class Operation>
Tensor combine(const Tensor& a, const Tensor& b, const Operation& operation) {
  // BEGIN SOLUTION combine
  Tensor result = Tensor::uninitialized(a.shape() == b.shape() ? a.shape() : broadcast_shape(a.shape(), b.shape()));
  if (result.empty()) return result;
  const BroadcastStrides strides = broadcast_strides(a.shape(), b.shape(), result.shape());
  const BroadcastStrides::Axis inner = strides.axes[0];
  float* out = result.data();
  for_each_run(strides, strides.rank - 1, out, a.data(), b.data(), [&](float* y, const float* x1, const float* x2) {
    if (inner.stride_a == 0) {
      const float constant = *x1;
      for (std::int64_t i = 0; i < inner.extent; ++i) y[i] = operation(constant, x2[i]);
    } else if (inner.stride_b == 0) {
      const float constant = *x2;
      for (std::int64_t i = 0; i < inner.extent; ++i) y[i] = operation(x1[i], constant);
    } else {
      for (std::int64_t i = 0; i < inner.extent; ++i) y[i] = operation(x1[i], x2[i]);
    }
  });
  return result;
  // END SOLUTION
}

// The same with the result written over the first operand, whose shape must not grow.
template <class Operation>
void combine_into(Tensor& a, const Tensor& b, const char* name, const Operation& operation) {
  // BEGIN SOLUTION combine_into
  if (!(a.shape() == b.shape()) && !(broadcast_shape(a.shape(), b.shape()) == a.shape())) {
    throw ShapeError(std::string(name) + ": " + both(a.shape(), b.shape()) +
                     " do not fit: the second would stretch the first");
  }
  if (a.empty()) return;
  const BroadcastStrides strides = broadcast_strides(a.shape(), b.shape(), a.shape());
  const BroadcastStrides::Axis inner = strides.axes[0];
  float* out = a.data();
  for_each_run(strides, strides.rank - 1, out, a.data(), b.data(), [&](float* y, const float*, const float* x) {
    if (inner.stride_b == 0) {
      const float constant = *x;
      for (std::int64_t i = 0; i < inner.extent; ++i) y[i] = operation(y[i], constant);
    } else {
      for (std::int64_t i = 0; i < inner.extent; ++i) y[i] = operation(y[i], x[i]);
    }
  });
  // END SOLUTION
}

// The operation on every element.
template <class Operation>
Tensor transform(const Tensor& a, const Operation& operation) {
  // BEGIN SOLUTION transform
  Tensor result = Tensor::uninitialized(a.shape());
  const float* x = a.data();
  float* y = result.data();
  for (std::int64_t i = 0; i < a.size(); ++i) y[i] = operation(x[i]);
  return result;
  // END SOLUTION
}

}  // namespace

Tensor operator+(const Tensor& a, const Tensor& b) { return combine(a, b, std::plus<float>()); }
Tensor operator-(const Tensor& a, const Tensor& b) { return combine(a, b, std::minus<float>()); }
Tensor operator*(const Tensor& a, const Tensor& b) { return combine(a, b, std::multiplies<float>()); }
Tensor operator/(const Tensor& a, const Tensor& b) { return combine(a, b, std::divides<float>()); }

Tensor& Tensor::operator+=(const Tensor& other) {
  combine_into(*this, other, "operator+=", std::plus<float>());
  return *this;
}

Tensor& Tensor::operator-=(const Tensor& other) {
  combine_into(*this, other, "operator-=", std::minus<float>());
  return *this;
}

Tensor& Tensor::operator*=(const Tensor& other) {
  combine_into(*this, other, "operator*=", std::multiplies<float>());
  return *this;
}

Tensor& Tensor::operator*=(float factor) {
  // BEGIN SOLUTION Tensor::operator*=
  float* x = data();
  for (std::int64_t i = 0; i < size_; ++i) x[i] *= factor;
  return *this;
  // END SOLUTION
}

Tensor operator+(const Tensor& a, float b) {
  return transform(a, [b](float x) { return x + b; });
}
Tensor operator-(const Tensor& a, float b) {
  return transform(a, [b](float x) { return x - b; });
}
Tensor operator*(const Tensor& a, float b) {
  return transform(a, [b](float x) { return x * b; });
}
Tensor operator/(const Tensor& a, float b) {
  return transform(a, [b](float x) { return x / b; });
}
Tensor operator-(const Tensor& a) { return transform(a, std::negate<float>()); }

Tensor map(const Tensor& a, const std::function<float(float)>& function) { return transform(a, function); }

// ---- Reductions

// BEGIN SOLUTION (helpers)
namespace {

// A sum in double precision. Eight sums take turns, since each addition has to wait for the one before it.
double sum_run(const float* x, std::int64_t count) {
  constexpr std::int64_t lanes = 8;
  std::array<double, lanes> sums{};
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::int64_t lane = 0; lane < lanes; ++lane) sums[static_cast<std::size_t>(lane)] += x[i + lane];
  }
  double total = 0.0;
  for (; i < count; ++i) total += x[i];
  for (const double sum : sums) total += sum;
  return total;
}

void require_elements(const char* operation, const Shape& shape, std::int64_t count) {
  if (count == 0) throw ValueError(std::string(operation) + ": no elements in shape " + shape.to_string());
}

}  // namespace
// END SOLUTION

Tensor sum(const Tensor& a) {
  // BEGIN SOLUTION sum
  return Tensor::scalar(static_cast<float>(sum_run(a.data(), a.size())));
  // END SOLUTION
}

Tensor mean(const Tensor& a) {
  // BEGIN SOLUTION mean
  require_elements("mean", a.shape(), a.size());
  return Tensor::scalar(static_cast<float>(sum_run(a.data(), a.size()) / static_cast<double>(a.size())));
  // END SOLUTION
}

Tensor max(const Tensor& a) {
  // BEGIN SOLUTION max
  require_elements("max", a.shape(), a.size());
  return Tensor::scalar(*std::max_element(a.data(), a.data() + a.size()));
  // END SOLUTION
}

// See the tensor as (outer, A, inner).
Tensor sum(const Tensor& a, int axis, bool keep_axis) {
  // BEGIN SOLUTION sum
  axis = checked_axis("sum", a.shape(), axis);
  const auto [outer, extent, inner] = view_along(a.shape(), axis);
  Tensor result = Tensor::uninitialized(reduced(a.shape(), axis, keep_axis));
  const float* x = a.data();
  float* y = result.data();
  if (inner == 1) {
    for (std::int64_t o = 0; o < outer; ++o) y[o] = static_cast<float>(sum_run(x + o * extent, extent));
    return result;
  }
  // What is summed does not lie side by side. Add rows, a piece at a time: going through memory in order is much
  // faster than jumping by `inner`.
  constexpr std::int64_t width = 256;
  std::array<double, width> totals;
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t first = 0; first < inner; first += width) {
      const std::int64_t count = std::min(width, inner - first);
      std::fill_n(totals.begin(), count, 0.0);
      for (std::int64_t i = 0; i < extent; ++i) {
        const float* row = x + (o * extent + i) * inner + first;
        std::transform(row, row + count, totals.begin(), totals.begin(), std::plus<double>());
      }
      std::copy_n(totals.begin(), count, y + o * inner + first);
    }
  }
  return result;
  // END SOLUTION
}

Tensor mean(const Tensor& a, int axis, bool keep_axis) {
  // BEGIN SOLUTION mean
  const std::int64_t extent = a.shape()[checked_axis("mean", a.shape(), axis)];
  require_elements("mean", a.shape(), extent);
  return sum(a, axis, keep_axis) / static_cast<float>(extent);
  // END SOLUTION
}

Tensor max(const Tensor& a, int axis, bool keep_axis) {
  // BEGIN SOLUTION max
  axis = checked_axis("max", a.shape(), axis);
  const auto [outer, extent, inner] = view_along(a.shape(), axis);
  require_elements("max", a.shape(), extent);
  Tensor result = Tensor::uninitialized(reduced(a.shape(), axis, keep_axis));
  const float* x = a.data();
  float* y = result.data();
  for (std::int64_t o = 0; o < outer; ++o, y += inner) {
    std::copy_n(x, inner, y);
    for (std::int64_t i = 0; i < extent; ++i, x += inner) {
      for (std::int64_t j = 0; j < inner; ++j) y[j] = std::max(y[j], x[j]);
    }
  }
  return result;
  // END SOLUTION
}

Tensor argmax(const Tensor& a, int axis) {
  // BEGIN SOLUTION argmax
  axis = checked_axis("argmax", a.shape(), axis);
  const auto [outer, extent, inner] = view_along(a.shape(), axis);
  require_elements("argmax", a.shape(), extent);
  Tensor result = Tensor::uninitialized(reduced(a.shape(), axis, false));
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t j = 0; j < inner; ++j) {
      const float* x = a.data() + o * extent * inner + j;
      std::int64_t best = 0;
      for (std::int64_t i = 1; i < extent; ++i) {
        if (x[i * inner] > x[best * inner]) best = i;
      }
      result.data()[o * inner + j] = static_cast<float>(best);
    }
  }
  return result;
  // END SOLUTION
}

// Sum over each axis that was stretched or added, one after another.
Tensor sum_to(const Tensor& a, const Shape& shape) {
  // BEGIN SOLUTION sum_to
  if (!(broadcast_shape(shape, a.shape()) == a.shape())) {
    throw ShapeError("sum_to: shape " + shape.to_string() + " cannot be broadcast to " + a.shape().to_string());
  }
  const int added = a.rank() - shape.rank();
  Tensor result = a;
  for (int axis = 0; axis < a.rank(); ++axis) {
    const bool stretched = axis < added || shape[axis - added] != a.shape()[axis];
    if (stretched) result = sum(result, axis, true);
  }
  if (result.shares_storage_with(a)) result = result.clone();
  return result.reshape(shape);
  // END SOLUTION
}

// ---- Matrix products

namespace {

[[maybe_unused]] void require_matrices(const char* operation, const Tensor& a, const Tensor& b, int inner_a,
                                       int inner_b) {
  const bool matrices = a.rank() == 2 && b.rank() == 2;
  if (matrices && a.shape()[inner_a] == b.shape()[inner_b]) return;
  std::string message = std::string(operation) + ": " + both(a.shape(), b.shape()) + " do not fit: ";
  if (matrices) {
    message += "the inner extents " + std::to_string(a.shape()[inner_a]) + " and " +
               std::to_string(b.shape()[inner_b]) + " differ";
  } else {
    message += "both must be matrices";
  }
  throw ShapeError(message);
}

}  // namespace

// The definition: c[n, m] is the sum over k of a[n, k] * b[k, m].
Tensor matmul_naive(const Tensor& a, const Tensor& b) {
  // BEGIN SOLUTION matmul_naive
  require_matrices("matmul_naive", a, b, 1, 0);
  const std::int64_t N = a.shape()[0];
  const std::int64_t K = a.shape()[1];
  const std::int64_t M = b.shape()[1];
  Tensor c = Tensor::uninitialized({N, M});
  for (std::int64_t n = 0; n < N; ++n) {
    for (std::int64_t m = 0; m < M; ++m) {
      float total = 0.0F;
      for (std::int64_t k = 0; k < K; ++k) total += a.data()[n * K + k] * b.data()[k * M + m];
      c.data()[n * M + m] = total;
    }
  }
  return c;
  // END SOLUTION
}

// The same sums in another order, in blocks that stay in the cache.
Tensor matmul_blocked(const Tensor& a, const Tensor& b) {
  // BEGIN SOLUTION matmul_blocked
  require_matrices("matmul_blocked", a, b, 1, 0);
  // With m innermost, b and c are read along their rows: whole vectors at a time. And a block of b small enough for
  // the cache is used for all rows of a before the next one is fetched.
  constexpr std::int64_t block_k = 64;
  constexpr std::int64_t block_m = 256;  // 64 x 256 floats: 64 KiB
  const std::int64_t N = a.shape()[0];
  const std::int64_t K = a.shape()[1];
  const std::int64_t M = b.shape()[1];
  Tensor c({N, M});
  for (std::int64_t k0 = 0; k0 < K; k0 += block_k) {
    const std::int64_t k1 = std::min(k0 + block_k, K);
    for (std::int64_t m0 = 0; m0 < M; m0 += block_m) {
      const std::int64_t width = std::min(block_m, M - m0);
      for (std::int64_t n = 0; n < N; ++n) {
        float* c_row = c.data() + n * M + m0;
        for (std::int64_t k = k0; k < k1; ++k) {
          const float factor = a.data()[n * K + k];
          const float* b_row = b.data() + k * M + m0;
          for (std::int64_t m = 0; m < width; ++m) c_row[m] += factor * b_row[m];
        }
      }
    }
  }
  return c;
  // END SOLUTION
}

// One call of kernels::gemm: the distance between the rows of a contiguous matrix is its number of columns.
Tensor matmul(const Tensor& a, const Tensor& b) {
  // BEGIN SOLUTION matmul
  using kernels::Transpose;
  require_matrices("matmul", a, b, 1, 0);
  const std::int64_t N = a.shape()[0];
  const std::int64_t K = a.shape()[1];
  const std::int64_t M = b.shape()[1];
  Tensor c = Tensor::uninitialized({N, M});
  kernels::gemm(Transpose::no, Transpose::no, N, M, K, 1.0F, a.data(), K, b.data(), M, 0.0F, c.data(), M);
  return c;
  // END SOLUTION
}

Tensor matmul_tn(const Tensor& a, const Tensor& b) {
  // BEGIN SOLUTION matmul_tn
  using kernels::Transpose;
  require_matrices("matmul_tn", a, b, 0, 0);
  const std::int64_t K = a.shape()[0];
  const std::int64_t N = a.shape()[1];
  const std::int64_t M = b.shape()[1];
  Tensor c = Tensor::uninitialized({N, M});
  kernels::gemm(Transpose::yes, Transpose::no, N, M, K, 1.0F, a.data(), N, b.data(), M, 0.0F, c.data(), M);
  return c;
  // END SOLUTION
}

Tensor matmul_nt(const Tensor& a, const Tensor& b) {
  // BEGIN SOLUTION matmul_nt
  using kernels::Transpose;
  require_matrices("matmul_nt", a, b, 1, 1);
  const std::int64_t N = a.shape()[0];
  const std::int64_t K = a.shape()[1];
  const std::int64_t M = b.shape()[0];
  Tensor c = Tensor::uninitialized({N, M});
  kernels::gemm(Transpose::no, Transpose::yes, N, M, K, 1.0F, a.data(), K, b.data(), K, 0.0F, c.data(), M);
  return c;
  // END SOLUTION
}

// ---- Comparing and printing

bool all_close(const Tensor& a, const Tensor& b, float relative, float absolute) {
  // BEGIN SOLUTION all_close
  if (!(a.shape() == b.shape())) return false;
  const double r = relative;
  const double t = absolute;
  return std::equal(a.data(), a.data() + a.size(), b.data(), [r, t](double x, double y) {
    return std::abs(x - y) <= t + r * std::abs(y);  // false for NaN
  });
  // END SOLUTION
}

// BEGIN SOLUTION (helpers)
namespace {

// Writes the block that starts at `values` and has the axes from `axis` on; moves `values` past it.
void print(const Shape& shape, int axis, const float*& values, std::string& text) {
  if (axis == shape.rank()) {
    std::array<char, 32> number{};
    std::snprintf(number.data(), number.size(), "%.4g", static_cast<double>(*values++));
    text += number.data();
    return;
  }
  const AxisView view = view_along(shape, axis);
  text += '[';
  for (std::int64_t i = 0; i < view.extent; ++i) {
    if (i > 0) text += ", ";
    if (view.extent > 6 && i == 3) {
      text += "..., ";
      values += (view.extent - 6) * view.inner;
      i = view.extent - 3;
    }
    print(shape, axis + 1, values, text);
  }
  text += ']';
}

}  // namespace
// END SOLUTION

std::string to_string(const Tensor& tensor) {
  // BEGIN SOLUTION to_string
  std::string text;
  const float* values = tensor.data();
  print(tensor.shape(), 0, values, text);
  return text;
  // END SOLUTION
}

}  // namespace tinytorch
