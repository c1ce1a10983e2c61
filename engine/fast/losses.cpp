// The fast body of module losses: every rule is one pass in vectors, exp() and log() included, and sums are taken in
// double precision, block by block, so that the number of threads changes no result.
#include "tinytorch/losses.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "fast/elementwise.hpp"

namespace tinytorch {

namespace {

using fast::for_each;
using fast::Grain;
using kernels::lanes;
using kernels::Vector;

std::string both(const Tensor& a, const Tensor& b) {
  return "shapes " + a.shape().to_string() + " and " + b.shape().to_string();
}

void require_two(const char* name, const std::vector<Tensor>& inputs) {
  if (inputs.size() != 2) {
    throw ShapeError(std::string(name) + ": takes prediction and target, not " + std::to_string(inputs.size()) +
                     " inputs");
  }
}

// For losses that compare element with element.
void require_alike(const char* name, const Tensor& prediction, const Tensor& target) {
  if (!(prediction.shape() == target.shape())) {
    throw ShapeError(std::string(name) + ": " + both(prediction, target) + " must be equal");
  }
  if (prediction.empty()) throw ValueError(std::string(name) + ": there are no elements to average over");
}

// For what compares a row of logits with a class index.
void require_rows_and_indices(const char* name, const Tensor& logits, const Tensor& target) {
  if (logits.rank() != 2 || target.rank() != 1 || logits.shape()[0] != target.shape()[0]) {
    throw ShapeError(std::string(name) + ": " + both(logits, target) + " do not fit: logits (N, C) need target (N,)");
  }
  if (target.empty()) throw ValueError(std::string(name) + ": there are no samples to average over");
}

// Written so that NaN is refused, too.
void require_class_indices(const Tensor& target, std::int64_t C) {
  for (std::int64_t n = 0; n < target.size(); ++n) {
    const float value = target.data()[n];
    if (value >= 0.0F && value < static_cast<float>(C) && value == std::floor(value)) continue;
    throw ValueError("CrossEntropyLoss: target " + std::to_string(value) + " in row " + std::to_string(n) +
                     " is not a class index from 0 to " + std::to_string(C - 1));
  }
}

// A list of two tensors, without a copy of them.
std::vector<Tensor> pair(Tensor first, Tensor second) {
  std::vector<Tensor> list;
  list.reserve(2);
  list.push_back(std::move(first));
  list.push_back(std::move(second));
  return list;
}

// A sum over all lanes in double precision.
class DoubleSum {
 public:
  void add(Vector x) {
    low_ += half(x, 0);
    high_ += half(x, 1);
  }

  void add_squares(Vector x) {
    low_ += half(x, 0) * half(x, 0);
    high_ += half(x, 1) * half(x, 1);
  }

  double total() const {
    const Doubles both_halves = low_ + high_;
    double total = 0.0;
    for (std::int64_t i = 0; i < lanes / 2; ++i) total += both_halves[i];
    return total;
  }

 private:
  using Half = float __attribute__((vector_size(lanes / 2 * sizeof(float))));
  using Doubles = double __attribute__((vector_size(lanes / 2 * sizeof(double))));

  static Doubles half(Vector x, std::size_t which) {
    Half values;
    std::memcpy(&values, reinterpret_cast<const char*>(&x) + which * sizeof values, sizeof values);
    return __builtin_convertvector(values, Doubles);
  }

  Doubles low_{};
  Doubles high_{};
};

// difference = p - t; returns the sum of its squares.
double subtract(std::int64_t count, const float* p, const float* t, float* difference) {
  using namespace kernels;
  DoubleSum squares;
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const Vector d = load(p + i) - load(t + i);
    store(difference + i, d);
    squares.add_squares(d);
  }
  if (i < count) {
    const Vector d = load_first(p + i, count - i) - load_first(t + i, count - i);
    store_first(difference + i, d, count - i);
    squares.add_squares(d);
  }
  return squares.total();
}

// The sum of max(x, 0) - x t + log(1 + exp(-|x|)).
double sum_of_cross_entropies(std::int64_t count, const float* x, const float* t) {
  using namespace kernels;
  const auto of = [](Vector logits, Vector targets) {
    return larger(Vector{}, logits) - logits * targets + log1p(exp(-absolute(logits)));
  };
  DoubleSum sum;
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) sum.add(of(load(x + i), load(t + i)));
  // Behind the last logit a very negative one, whose loss against 0 is 0.
  if (i < count) sum.add(of(load_first(x + i, count - i, -1000.0F), load_first(t + i, count - i)));
  return sum.total();
}

// The sum of part(first, last) over blocks of `block` that make up [0, count), whichever thread takes which.
template <class Part>
double sum_in_blocks(std::int64_t count, std::int64_t block, const Part& part) {
  const std::int64_t blocks = (count + block - 1) / block;
  if (blocks == 1) return part(0, count);
  std::vector<double> sums(static_cast<std::size_t>(blocks));
  kernels::parallel_for(0, blocks, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      sums[static_cast<std::size_t>(i)] = part(i * block, std::min((i + 1) * block, count));
    }
  });
  double total = 0.0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace

// ---- MSELoss

Tensor MSELoss::forward(const std::vector<Tensor>& inputs) {
  require_two(name(), inputs);
  require_alike(name(), inputs[0], inputs[1]);
  difference_ = Tensor::uninitialized(inputs[0].shape());
  const float* p = inputs[0].data();
  const float* t = inputs[1].data();
  float* kept = difference_.data();
  const double total = sum_in_blocks(difference_.size(), Grain::of_arithmetic, [=](std::int64_t i, std::int64_t end) {
    return subtract(end - i, p + i, t + i, kept + i);
  });
  return Tensor::scalar(static_cast<float>(total / static_cast<double>(difference_.size())));
}

std::vector<Tensor> MSELoss::backward(const Tensor& grad_output) {
  const float factor = grad_output.item() * 2.0F / static_cast<float>(difference_.size());
  const auto scaled = [this](float by) {
    Tensor result = Tensor::uninitialized(difference_.shape());
    for_each(difference_.size(), Grain::of_arithmetic, difference_.data(), result.data(),
             [by](Vector difference) { return difference * by; });
    return result;
  };
  return pair(wants_gradient(0) ? scaled(factor) : Tensor(), wants_gradient(1) ? scaled(-factor) : Tensor());
}

// ---- CrossEntropyLoss

// The logarithm of a product is the sum of logarithms: one logarithm for hundreds of rows.
Tensor CrossEntropyLoss::forward(const std::vector<Tensor>& inputs) {
  require_two(name(), inputs);
  const Tensor& logits = inputs[0];
  target_ = inputs[1];
  require_rows_and_indices(name(), logits, target_);
  const std::int64_t N = logits.shape()[0];
  const std::int64_t C = logits.shape()[1];
  require_class_indices(target_, C);
  probabilities_ = Tensor::uninitialized(logits.shape());

  const float* x = logits.data();
  const float* t = target_.data();
  float* p = probabilities_.data();
  const std::int64_t block = std::max<std::int64_t>(Grain::of_functions / C, 1);
  const double total = sum_in_blocks(N, block, [=](std::int64_t first, std::int64_t last) {
    constexpr double much = 1e280;  // a sum is at most C, which is below 1e20
    double loss = 0.0;
    double product = 1.0;
    fast::softmax_rows(first, last, C, x, p, [&](std::int64_t n, float largest, float sum) {
      loss += largest - x[n * C + static_cast<std::int64_t>(t[n])];
      product *= sum;
      if (product > much) {
        loss += std::log(product);
        product = 1.0;
      }
    });
    return loss + std::log(product);
  });
  return Tensor::scalar(static_cast<float>(total / static_cast<double>(N)));
}

std::vector<Tensor> CrossEntropyLoss::backward(const Tensor& grad_output) {
  const std::int64_t N = probabilities_.shape()[0];
  const std::int64_t C = probabilities_.shape()[1];
  const float factor = grad_output.item() / static_cast<float>(N);
  if (!wants_gradient(0)) return pair(Tensor(), Tensor());
  require_class_indices(target_, C);
  Tensor dlogits = Tensor::uninitialized(probabilities_.shape());
  float* dx = dlogits.data();
  for_each(dlogits.size(), Grain::of_arithmetic, probabilities_.data(), dx, [=](Vector p) { return p * factor; });
  for (std::int64_t n = 0; n < N; ++n) dx[n * C + static_cast<std::int64_t>(target_.data()[n])] -= factor;
  return pair(std::move(dlogits), Tensor());
}

// ---- BCEWithLogitsLoss

Tensor BCEWithLogitsLoss::forward(const std::vector<Tensor>& inputs) {
  require_two(name(), inputs);
  logits_ = inputs[0];
  target_ = inputs[1];
  require_alike(name(), logits_, target_);
  const float* x = logits_.data();
  const float* t = target_.data();
  const double total = sum_in_blocks(logits_.size(), Grain::of_functions, [=](std::int64_t i, std::int64_t end) {
    return sum_of_cross_entropies(end - i, x + i, t + i);
  });
  return Tensor::scalar(static_cast<float>(total / static_cast<double>(logits_.size())));
}

std::vector<Tensor> BCEWithLogitsLoss::backward(const Tensor& grad_output) {
  const float factor = grad_output.item() / static_cast<float>(logits_.size());
  if (!wants_gradient(0)) return pair(Tensor(), Tensor());
  Tensor dlogits = Tensor::uninitialized(logits_.shape());
  for_each(logits_.size(), Grain::of_functions, logits_.data(), target_.data(), dlogits.data(),
           [factor](Vector x, Vector t) { return factor * (1.0F / (1.0F + kernels::exp(-x)) - t); });
  return pair(std::move(dlogits), Tensor());
}

// ---- Accuracy

double accuracy(const Tensor& logits, const Tensor& target) {
  require_rows_and_indices("accuracy", logits, target);
  const Tensor predicted = argmax(logits, 1);
  std::int64_t hits = 0;
  for (std::int64_t n = 0; n < target.size(); ++n) hits += predicted.data()[n] == target.data()[n] ? 1 : 0;
  return static_cast<double>(hits) / static_cast<double>(target.size());
}

}  // namespace tinytorch
