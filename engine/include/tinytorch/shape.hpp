// The extents of a tensor, one per axis, outermost first: (N, C, H, W).
//
// Given: part of the contract, not coursework. A Shape is a small value without heap
// memory; it may hold any integers (reshape takes a -1), so whoever builds a tensor
// from it checks it with numel().
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "tinytorch/errors.hpp"

namespace tinytorch {

class Shape {
 public:
  static constexpr int max_rank = 6;

  // The shape of a scalar: rank 0, one element.
  Shape() = default;

  // throws: ShapeError for more than max_rank extents.
  Shape(std::initializer_list<std::int64_t> extents) {
    for (std::int64_t extent : extents) push_back(extent);
  }

  // Adds an innermost axis.
  // throws: ShapeError when the shape already has max_rank axes.
  void push_back(std::int64_t extent) {
    if (rank_ == max_rank) throw ShapeError("Shape: more than " + std::to_string(max_rank) + " axes");
    extents_[static_cast<std::size_t>(rank_++)] = extent;
  }

  int rank() const { return rank_; }

  // The extent of `axis`, which must be in [0, rank()); not checked.
  std::int64_t operator[](int axis) const { return extents_[static_cast<std::size_t>(axis)]; }
  std::int64_t& operator[](int axis) { return extents_[static_cast<std::size_t>(axis)]; }

  const std::int64_t* begin() const { return extents_.data(); }
  const std::int64_t* end() const { return extents_.data() + rank_; }

  // The number of elements: the product of the extents, 1 for a scalar.
  // throws: ShapeError for a negative extent or a product past 2^62.
  std::int64_t numel() const {
    std::int64_t product = 1;
    for (std::int64_t extent : *this) {
      if (extent < 0) throw ShapeError("Shape: negative extent in " + to_string());
      if (extent != 0 && product > (std::int64_t{1} << 62) / extent) {
        throw ShapeError("Shape: too many elements in " + to_string());
      }
      product *= extent;
    }
    return product;
  }

  // "(2, 3)", "(5,)" and "()", as NumPy writes them.
  std::string to_string() const {
    std::string text = "(";
    for (int axis = 0; axis < rank_; ++axis) {
      if (axis > 0) text += ", ";
      text += std::to_string((*this)[axis]);
    }
    return text + (rank_ == 1 ? ",)" : ")");
  }

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (int axis = 0; axis < a.rank_; ++axis) {
      if (a[axis] != b[axis]) return false;
    }
    return true;
  }

 private:
  std::array<std::int64_t, max_rank> extents_{};
  int rank_ = 0;
};

}  // namespace tinytorch
