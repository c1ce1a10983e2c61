// An n-dimensional array of float32.
//
// Module tensor implements it, in tensor.cpp.
// A Tensor is contiguous and row-major: in shape (2, 3) the element (i, j) lies at i * 3 + j.
// Copying a Tensor shares its storage, as does reshape(); every other operation returns new
// storage. A Tensor knows nothing of gradients.
// Axes may be negative: -1 is the last one.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "tinytorch/errors.hpp"
#include "tinytorch/setup.hpp"
#include "tinytorch/shape.hpp"

namespace tinytorch {

class Tensor {
 public:
  // invariant: data_ holds size_ == shape_.numel() floats, or the tensor is empty: no storage,
  // shape (0,).

  // The empty tensor. It stands for "none" where a tensor is optional.
  Tensor() : shape_{0} {}

  // A tensor of zeros.
  // throws: ShapeError for an impossible shape.
  explicit Tensor(const Shape& shape);

  // A tensor holding a copy of `values`, in row-major order.
  // throws: ShapeError unless values.size() == shape.numel().
  Tensor(const Shape& shape, const std::vector<float>& values);

  // A tensor whose values are not set yet: for results that are about to be written whole.
  static Tensor uninitialized(const Shape& shape);

  // A tensor of rank 0.
  static Tensor scalar(float value);

  static Tensor full(const Shape& shape, float value);

  // Filled from `rng` in storage order, one draw an element.
  static Tensor uniform(const Shape& shape, float low, float high, Rng& rng);
  static Tensor normal(const Shape& shape, float mean, float deviation, Rng& rng);

  // Given: simple questions.
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  std::int64_t size() const { return size_; }  // number of elements
  bool empty() const { return size_ == 0; }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  bool shares_storage_with(const Tensor& other) const { return data_ != nullptr && data_ == other.data_; }
  bool is_sole_owner() const { return data_.use_count() == 1; }

  // The element at one index per axis; negative indices count from the end.
  // throws: ShapeError unless there is one index per axis; ValueError for one out of range.
  float& at(std::initializer_list<std::int64_t> index);
  float at(std::initializer_list<std::int64_t> index) const;

  // The value of a tensor with one element.
  // throws: ShapeError unless size() == 1.
  float item() const;

  // The same values in storage of their own.
  Tensor clone() const;

  // The same storage seen in another shape; one extent may be -1 and is then worked out.
  // shapes: any -> shape, with an equal number of elements
  // throws: ShapeError when the number of elements differs or cannot be worked out.
  Tensor reshape(const Shape& shape) const;

  // Axes a and b exchanged.
  // shapes: (.., A, .., B, ..) -> (.., B, .., A, ..)
  // throws: ValueError for an axis out of range.
  Tensor transpose(int a, int b) const;

  // The part [begin, end) along an axis. Negative begin or end count from the end.
  // shapes: (.., A, ..) -> (.., end - begin, ..)
  // throws: ValueError unless 0 <= begin <= end <= A, or for an axis out of range.
  Tensor slice(int axis, std::int64_t begin, std::int64_t end) const;

  // Sets every element, in place.
  void fill(float value);

  // Elementwise in place; `other` is broadcast to this shape.
  // throws: ShapeError when other cannot be broadcast to this shape.
  Tensor& operator+=(const Tensor& other);
  Tensor& operator-=(const Tensor& other);
  Tensor& operator*=(const Tensor& other);
  Tensor& operator*=(float factor);

 private:
  std::shared_ptr<float[]> data_;
  Shape shape_;
  std::int64_t size_ = 0;
};

// The shape two operands take together: aligned at their last axes, an extent of 1 stretches.
// shapes: (2, 1, 4), (3, 1) -> (2, 3, 4)
// throws: ShapeError when two extents differ and neither is 1.
Shape broadcast_shape(const Shape& a, const Shape& b);

// Elementwise arithmetic with broadcasting.
// shapes: A, B -> broadcast_shape(A, B)
// throws: ShapeError as broadcast_shape.
Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
Tensor operator/(const Tensor& a, const Tensor& b);

// Elementwise with a number.
Tensor operator+(const Tensor& a, float b);
Tensor operator-(const Tensor& a, float b);
Tensor operator*(const Tensor& a, float b);
Tensor operator/(const Tensor& a, float b);
Tensor operator-(const Tensor& a);

// The function applied to every element.
Tensor map(const Tensor& a, const std::function<float(float)>& function);

// The reverse of broadcasting: sums over the axes along which `shape` was stretched to a's shape.
// shapes: A -> shape, where broadcast_shape(shape, A) == A
// throws: ShapeError when shape cannot be broadcast to A.
Tensor sum_to(const Tensor& a, const Shape& shape);

// The sum, mean or largest of all elements. sum and mean add in double precision.
// shapes: any -> ()
// throws: ValueError for mean or max of no elements.
Tensor sum(const Tensor& a);
Tensor mean(const Tensor& a);
Tensor max(const Tensor& a);

// The same along one axis, which disappears, or stays with extent 1 when keep_axis is true.
// shapes: (.., A, ..) -> (.., ..) or (.., 1, ..)
// throws: ValueError for an axis out of range, and for mean or max over an extent of 0.
Tensor sum(const Tensor& a, int axis, bool keep_axis = false);
Tensor mean(const Tensor& a, int axis, bool keep_axis = false);
Tensor max(const Tensor& a, int axis, bool keep_axis = false);

// The index of the largest element along an axis, as a float; the first of equals.
// shapes: (.., A, ..) -> (.., ..)
// throws: ValueError for an axis out of range or an extent of 0.
Tensor argmax(const Tensor& a, int axis);

// Three ways to one matrix product: the definition's three loops; the same in blocks that stay in
// the cache; and kernels::gemm.
// shapes: (N, K) x (K, M) -> (N, M)
// throws: ShapeError naming both shapes unless both are matrices that fit.
Tensor matmul_naive(const Tensor& a, const Tensor& b);
Tensor matmul_blocked(const Tensor& a, const Tensor& b);
Tensor matmul(const Tensor& a, const Tensor& b);

// Products with one factor transposed, without a transposed copy.
// shapes: matmul_tn: (K, N), (K, M) -> (N, M), the product of a transposed with b
//         matmul_nt: (N, K), (M, K) -> (N, M), the product of a with b transposed
// throws: ShapeError naming both shapes unless both are matrices that fit.
Tensor matmul_tn(const Tensor& a, const Tensor& b);
Tensor matmul_nt(const Tensor& a, const Tensor& b);

// Whether the shapes are equal and every |a - b| <= absolute + relative * |b|. NaN equals nothing.
bool all_close(const Tensor& a, const Tensor& b, float relative = 1e-5F, float absolute = 1e-6F);

// The values in nested brackets, "[[1, 2], [3, 4]]"; long axes are shortened with "...": more than
// six entries show the first three and the last three. Numbers are written as printf's %.4g.
std::string to_string(const Tensor& tensor);

}  // namespace tinytorch
