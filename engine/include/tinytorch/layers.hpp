// Layers: differentiable steps that own the parameters they are computed with.
//
// Module layers implements it, in layers.cpp.
// A Parameter is a handle: copies refer to the same value and gradient, so an optimizer and a
// layer see one another's changes. A Layer makes a new Function for every call; that function's
// inputs are the layer's input followed by the layer's parameters, in order:
//   auto step = linear.function();
//   Tensor y = step->forward({x, linear.weight().value(), linear.bias().value()});
//   std::vector<Tensor> grads = step->backward(dy);   // dx, dweight, dbias
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tinytorch/function.hpp"
#include "tinytorch/setup.hpp"

namespace tinytorch {

class Parameter {
 public:
  explicit Parameter(Tensor value);

  // The tensor itself; changing its elements changes the parameter for all copies of the handle.
  Tensor& value() const;

  // The gradient accumulated since zero_grad(); empty when there is none.
  Tensor& grad() const;

  // Adds to the gradient. The first addition takes the tensor over if nobody else holds its
  // storage, and copies it otherwise.
  // shapes: as value()
  // throws: ShapeError unless the shape is that of value().
  void accumulate(Tensor gradient) const;

  // Forgets the gradient: grad() is empty afterwards.
  void zero_grad() const;

  // Whether two handles refer to the same parameter.
  bool is_same_as(const Parameter& other) const;

 private:
  struct State {
    Tensor value;
    Tensor grad;
  };
  std::shared_ptr<State> state_;
};

// A tensor with the name under which it is saved. Shares the storage it was taken from.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

class Layer {
 public:
  Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;
  virtual ~Layer() = default;

  // What a person calls it, with its sizes: "Linear(784, 64)".
  virtual std::string name() const = 0;

  // A new Function for one call, with the inputs {x, parameters()...}.
  // throws: ValueError for a container, which has no step of its own; ask steps().
  virtual std::unique_ptr<Function> function() {
    throw ValueError(name() + " has no function of its own: apply its steps() one after another");
  }

  // What an optimizer may change, in the order of function()'s inputs.
  virtual std::vector<Parameter> parameters() const { return {}; }

  // Everything that must be saved: parameters and running statistics, with names.
  virtual std::vector<NamedTensor> state() const { return {}; }

  // The layers to apply one after another: itself, or for a container what it contains.
  virtual std::vector<Layer*> steps() { return {this}; }

  // Some layers behave differently while training (Dropout, BatchNorm2d). True at first.
  virtual void set_training(bool training) { training_ = training; }
  bool training() const { return training_; }

  // The result for x, when no gradient is needed: every one of steps() in turn.
  // throws: ShapeError when a step does not fit.
  Tensor forward(const Tensor& x);

 private:
  bool training_ = true;
};

// y = x W^T + b.
// shapes: x (N, in), weight (out, in), bias (out,) -> (N, out); inputs {x, weight, bias}, or
//         {x, weight} for a layer without bias
// grad: dx = dy W, dW = dy^T x, db = dy summed over N.
// throws: ShapeError naming the shapes when they do not fit.
class LinearFunction : public Function {
 public:
  const char* name() const override { return "Linear"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  Tensor x_;
  Tensor weight_;
  bool has_bias_ = false;
};

// How the weights of a layer start.
enum class Init {
  he,      // normal, deviation sqrt(2 / fan_in); source: He et al., arXiv:1502.01852
  glorot,  // uniform in +-sqrt(6 / (fan_in + fan_out)); source: Glorot, Bengio, AISTATS 2010
};

// Fills `weight` as `init` says, from `rng` in storage order.
// throws: ValueError unless fan_in > 0 and fan_out > 0.
void initialize(Tensor& weight, Init init, std::int64_t fan_in, std::int64_t fan_out, Rng& rng);

// The dense layer. state(): "weight", "bias".
class Linear : public Layer {
 public:
  // Weights from `rng`, bias zero.
  // throws: ValueError unless in > 0 and out > 0.
  Linear(std::int64_t in, std::int64_t out, Rng& rng, Init init = Init::he, bool bias = true);

  std::string name() const override;  // "Linear(784, 64)"
  std::unique_ptr<Function> function() override;
  std::vector<Parameter> parameters() const override;
  std::vector<NamedTensor> state() const override;

  const Parameter& weight() const;
  // throws: ValueError for a layer without bias.
  const Parameter& bias() const;

 private:
  std::vector<Parameter> parameters_;  // weight, then bias if there is one
};

// All axes but the first become one.
// shapes: (N, A, B, ..) -> (N, A * B * ..)
// grad: dx = dy in x's shape.
// throws: ShapeError for a scalar.
class FlattenFunction : public Function {
 public:
  const char* name() const override { return "Flatten"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  Shape input_shape_;
};

class Flatten : public Layer {
 public:
  std::string name() const override { return "Flatten()"; }
  std::unique_ptr<Function> function() override;
};

// y = x * mask, where each element of mask is 0 with probability p and else 1 / (1 - p), so that
// the expectation stays: element i is dropped when the i-th rng.uniform() is < p.
// grad: dx = dy * mask.
// source: Srivastava et al., "Dropout", JMLR 2014.
class DropoutFunction : public Function {
 public:
  // throws: ValueError unless 0 <= p < 1.
  DropoutFunction(float p, std::shared_ptr<Rng> rng);
  const char* name() const override { return "Dropout"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  float p_;
  std::shared_ptr<Rng> rng_;
  Tensor mask_;
};

// Drops while training(), passes everything through otherwise (as with p = 0, drawing nothing).
class Dropout : public Layer {
 public:
  // throws: ValueError unless 0 <= p < 1.
  Dropout(float p, std::uint64_t seed);
  std::string name() const override;  // "Dropout(0.5)"
  std::unique_ptr<Function> function() override;

 private:
  float p_;
  std::shared_ptr<Rng> rng_;
};

// An activation as a layer: Activation<ReLU>. Given.
template <class F>
class Activation : public Layer {
 public:
  std::string name() const override { return std::string(F().name()) + "()"; }
  std::unique_ptr<Function> function() override { return std::make_unique<F>(); }
};

// Layers applied one after another. steps() are those of its layers, in order, containers
// flattened; parameters() likewise; state() puts the position before the name: "0.weight".
class Sequential : public Layer {
 public:
  Sequential() = default;
  explicit Sequential(std::vector<std::shared_ptr<Layer>> layers);

  // Appends a layer, made in place, and returns it: net.add<Linear>(784, 64, rng).
  template <class L, class... Args>
  L& add(Args&&... args) {
    auto layer = std::make_shared<L>(std::forward<Args>(args)...);
    layers_.push_back(layer);
    return *layer;
  }

  std::string name() const override;  // "Sequential(Linear(784, 64), ReLU(), Linear(64, 10))"
  std::vector<Parameter> parameters() const override;
  std::vector<NamedTensor> state() const override;
  std::vector<Layer*> steps() override;
  void set_training(bool training) override;

 private:
  std::vector<std::shared_ptr<Layer>> layers_;
};

}  // namespace tinytorch
