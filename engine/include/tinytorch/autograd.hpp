// Automatic differentiation: a tape of Functions, walked backwards.
//
// Module autograd implements it, in autograd.cpp.
// A Variable is a handle on a node: a value, perhaps the Function that made it, and a gradient.
// Copies refer to the same node. apply() records a Function; backward() visits every recorded
// node once, after all nodes that use it, and adds up what reaches it. No earlier module changes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tinytorch/function.hpp"
#include "tinytorch/layers.hpp"

namespace tinytorch {

// A node of the tape: module autograd's own, defined in autograd.cpp.
struct Node;

class Variable {
 public:
  // No variable at all; only assignment is allowed.
  Variable() = default;

  // A leaf. Gradients are kept for it only when requires_grad is true.
  // Implicit, so that a tensor can stand where a constant is needed.
  Variable(Tensor value, bool requires_grad = false);

  // A leaf that is a parameter: what reaches it is added to parameter.grad().
  explicit Variable(const Parameter& parameter);

  const Tensor& value() const;

  // The gradient accumulated by backward(), for leaves that require one; empty otherwise.
  const Tensor& grad() const;
  void zero_grad();

  // Whether a gradient flows through here: a leaf that asked for one, or a result that depends on
  // such a leaf and was recorded.
  bool requires_grad() const;

  // The gradients of this scalar with respect to every leaf below it, added to theirs. Graphs of
  // any depth are walked without recursion.
  // The graph is released as it is walked: a second backward() through it is an error.
  // throws: ShapeError unless the value has one element; ValueError when no gradient is required
  //         here, or when the graph was already walked.
  void backward();

  // The same with the gradient of the loss with respect to this variable given.
  // shapes: as value()
  void backward(const Tensor& grad_output);

 private:
  friend Variable apply(std::unique_ptr<Function> function, const std::vector<Variable>& inputs);
  std::shared_ptr<Node> node_;
};

// Runs the function's forward rule and, unless a NoGrad is alive or no input requires a gradient,
// records it. The function is told which inputs want a gradient.
// With a vector in place of {a, b}, call it tinytorch::apply: the compiler would look at std::apply, too.
// throws: what forward() throws; ValueError for a Variable that was never assigned.
Variable apply(std::unique_ptr<Function> function, const std::vector<Variable>& inputs);

// While one is alive on this thread, apply() records nothing. They nest.
class NoGrad {
 public:
  NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;
  ~NoGrad();
};

// The layer's steps applied one after another, each recorded with its parameters.
Variable forward(Layer& layer, const Variable& x);

// Arithmetic with gradients; shapes broadcast as for tensors, and what was stretched is summed again
// on the way back.
Variable operator+(const Variable& a, const Variable& b);
Variable operator-(const Variable& a, const Variable& b);
Variable operator*(const Variable& a, const Variable& b);
Variable operator/(const Variable& a, const Variable& b);

// shapes: (N, K) x (K, M) -> (N, M)
// grad: da = dy b^T, db = a^T dy.
Variable matmul(const Variable& a, const Variable& b);

// shapes: any -> ()
Variable sum(const Variable& a);
Variable mean(const Variable& a);

// shapes: any -> shape, with an equal number of elements; one extent may be -1
Variable reshape(const Variable& a, const Shape& shape);

// What check_gradients() found: the element where analytic and numeric gradients differ most.
struct GradientCheck {
  double error = 0.0;      // |analytic - numeric| / max(1, |analytic|, |numeric|), the largest
  std::size_t input = 0;   // which input
  std::int64_t index = 0;  // which element of it, in storage order
  double analytic = 0.0;
  double numeric = 0.0;
};

// Compares backward() with central differences, (f(x + h) - f(x - h)) / 2h, for every element of
// every input. f's result may have any shape: its elements are summed with fixed, unequal weights
// so that no error hides.
// throws: ValueError unless h > 0.
GradientCheck check_gradients(const std::function<Variable(const std::vector<Variable>&)>& f,
                              const std::vector<Tensor>& inputs, float h = 1e-2F);

}  // namespace tinytorch
