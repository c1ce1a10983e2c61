// Module autograd: a tape of Functions, walked backwards.
//
// apply() leaves a Node behind that remembers the Function. backward() walks the nodes, each after all that
// use it, so that when its turn comes, everything that will ever reach it has arrived.
#include "tinytorch/autograd.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace tinytorch {

// A leaf has no function. A result has one, with the inputs it was applied to, until it is walked.
struct Node {
  Tensor value;
  Tensor gradient;                     // a leaf: accumulated so far; a result: what has reached it in this walk
  std::optional<Parameter> parameter;  // a leaf that stands for a parameter keeps its gradient there
  std::unique_ptr<Function> function;
  std::vector<std::shared_ptr<Node>> inputs;  // null where no gradient is wanted
  bool requires_grad = false;
  bool walked = false;        // a result whose function and inputs have been released
  std::uint64_t visited = 0;  // the last walk that has found this node

  // Given. A chain of a million nodes must not be destroyed by a million nested destructors.
  ~Node() {
    std::vector<std::shared_ptr<Node>> released = std::move(inputs);
    while (!released.empty()) {
      const std::shared_ptr<Node> node = std::move(released.back());
      released.pop_back();
      if (node == nullptr || node.use_count() > 1) continue;
      std::move(node->inputs.begin(), node->inputs.end(), std::back_inserter(released));
      node->inputs.clear();
    }
  }
};

namespace {

// How many NoGrads are alive on this thread.
thread_local int no_grad_depth = 0;

// BEGIN SOLUTION (helpers)
// The node of a Variable that must have one.
Node& checked(const std::shared_ptr<Node>& node, const char* operation) {
  if (node == nullptr) throw ValueError(std::string(operation) + ": this Variable was never assigned");
  return *node;
}
// END SOLUTION

// Adds a gradient to what has reached the node. Others may hold the same tensor (a sum hands one to both its
// inputs), so it must not be written into unless nobody else sees it.
[[maybe_unused]] void accumulate(Node& node, Tensor gradient) {
  // BEGIN SOLUTION accumulate
  const bool is_leaf = node.function == nullptr;
  if (node.parameter) {
    node.parameter->accumulate(std::move(gradient));
  } else if (node.gradient.empty()) {
    // A leaf's gradient outlives the walk, so it gets storage of its own.
    node.gradient = is_leaf && !gradient.is_sole_owner() ? gradient.clone() : std::move(gradient);
  } else if (node.gradient.is_sole_owner()) {
    node.gradient += gradient;
  } else {
    node.gradient = node.gradient + gradient;
  }
  // END SOLUTION
}

// All results below `root`, itself included, each after every node that uses it. The search keeps its path in
// a vector: a recursive one would need as much stack as the graph is deep.
// throws: ValueError when one of them was already walked.
[[maybe_unused]] std::vector<std::shared_ptr<Node>> topological_order(const std::shared_ptr<Node>& root) {
  // BEGIN SOLUTION topological_order
  static std::atomic<std::uint64_t> walks{0};
  const std::uint64_t walk = ++walks;
  struct Place {
    std::shared_ptr<Node> node;
    std::size_t next_input;
  };
  std::vector<Place> path;
  std::vector<std::shared_ptr<Node>> order;

  const auto enter = [&](const std::shared_ptr<Node>& node) {
    if (node == nullptr || node->visited == walk) return;
    if (node->walked) throw ValueError("backward: this graph was already walked, and is released");
    if (node->function == nullptr) return;
    node->visited = walk;
    node->gradient = Tensor();
    path.push_back({node, 0});
  };
  enter(root);
  while (!path.empty()) {
    Place& place = path.back();
    if (place.next_input < place.node->inputs.size()) {
      enter(place.node->inputs[place.next_input++]);
    } else {
      order.push_back(std::move(place.node));
      path.pop_back();
    }
  }
  std::reverse(order.begin(), order.end());
  return order;
  // END SOLUTION
}

// Calls the function's gradient rule and hands each input its share.
[[maybe_unused]] void walk_one(Node& node) {
  // BEGIN SOLUTION walk_one
  const Tensor grad_output = std::exchange(node.gradient, Tensor());
  if (grad_output.empty()) return;  // nothing has reached this node
  std::vector<Tensor> gradients = node.function->backward(grad_output);
  if (gradients.size() != node.inputs.size()) {
    throw ShapeError(std::string("backward: ") + node.function->name() + " returned " +
                     std::to_string(gradients.size()) + " gradients for " + std::to_string(node.inputs.size()) +
                     " inputs");
  }
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    Node* input = node.inputs[i].get();
    if (input == nullptr || gradients[i].empty()) continue;
    if (!(gradients[i].shape() == input->value.shape())) {
      throw ShapeError(std::string("backward: ") + node.function->name() + " returned a gradient of shape " +
                       gradients[i].shape().to_string() + " for input " + std::to_string(i) + " of shape " +
                       input->value.shape().to_string());
    }
    accumulate(*input, std::move(gradients[i]));
  }
  // END SOLUTION
}

}  // namespace

Variable::Variable(Tensor value, bool requires_grad) {
  // BEGIN SOLUTION Variable::Variable
  node_ = std::make_shared<Node>();
  node_->value = std::move(value);
  node_->requires_grad = requires_grad;
  // END SOLUTION
}

Variable::Variable(const Parameter& parameter) {
  // BEGIN SOLUTION Variable::Variable
  node_ = std::make_shared<Node>();
  node_->value = parameter.value();
  node_->parameter = parameter;
  node_->requires_grad = true;
  // END SOLUTION
}

const Tensor& Variable::value() const {
  // BEGIN SOLUTION Variable::value
  return checked(node_, "value").value;
  // END SOLUTION
}

const Tensor& Variable::grad() const {
  // BEGIN SOLUTION Variable::grad
  static const Tensor none;
  const Node& node = checked(node_, "grad");
  const bool is_leaf = node.function == nullptr && !node.walked;
  if (!is_leaf) return none;
  return node.parameter ? node.parameter->grad() : node.gradient;
  // END SOLUTION
}

void Variable::zero_grad() {
  // BEGIN SOLUTION Variable::zero_grad
  Node& node = checked(node_, "zero_grad");
  if (node.parameter) node.parameter->zero_grad();
  node.gradient = Tensor();
  // END SOLUTION
}

bool Variable::requires_grad() const {
  // BEGIN SOLUTION Variable::requires_grad
  return checked(node_, "requires_grad").requires_grad;
  // END SOLUTION
}

// The gradient of a number with respect to itself is 1.
void Variable::backward() {
  // BEGIN SOLUTION Variable::backward
  if (value().size() != 1) {
    throw ShapeError("backward: needs a single value, not shape " + value().shape().to_string() +
                     "; give the gradient of the loss with respect to it");
  }
  backward(Tensor::full(value().shape(), 1.0F));
  // END SOLUTION
}

// Each node is let go as soon as it has been walked, with what its function has saved.
void Variable::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION Variable::backward
  Node& root = checked(node_, "backward");
  if (!(grad_output.shape() == root.value.shape())) {
    throw ShapeError("backward: grad_output has shape " + grad_output.shape().to_string() + ", the variable " +
                     root.value.shape().to_string());
  }
  if (!root.requires_grad) throw ValueError("backward: no gradient is required here");

  std::vector<std::shared_ptr<Node>> order = topological_order(node_);
  accumulate(root, grad_output);
  for (std::shared_ptr<Node>& node : order) {
    walk_one(*node);
    node->function.reset();
    node->inputs.clear();
    node->walked = true;
    node.reset();
  }
  // END SOLUTION
}

// Nothing is recorded while a NoGrad is alive or when no input requires a gradient: the result is then a
// leaf like any constant.
Variable apply(std::unique_ptr<Function> function, const std::vector<Variable>& inputs) {
  // BEGIN SOLUTION apply
  std::vector<Tensor> values;
  values.reserve(inputs.size());
  bool recorded = false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Node& input = checked(inputs[i].node_, function->name());
    const bool wanted = input.requires_grad && no_grad_depth == 0;
    function->want_gradient(i, wanted);
    recorded = recorded || wanted;
    values.push_back(input.value);
  }

  Variable result(function->forward(values), recorded);
  if (recorded) {
    Node& node = *result.node_;
    node.inputs.reserve(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      node.inputs.push_back(function->wants_gradient(i) ? inputs[i].node_ : nullptr);
    }
    node.function = std::move(function);
  }
  return result;
  // END SOLUTION
}

NoGrad::NoGrad() {
  // BEGIN SOLUTION NoGrad::NoGrad
  ++no_grad_depth;
  // END SOLUTION
}

// A destructor must not throw, so this half is given.
NoGrad::~NoGrad() { --no_grad_depth; }

Variable forward(Layer& layer, const Variable& x) {
  // BEGIN SOLUTION forward
  Variable y = x;
  for (Layer* step : layer.steps()) {
    std::vector<Variable> inputs{y};
    for (const Parameter& parameter : step->parameters()) inputs.emplace_back(parameter);
    y = tinytorch::apply(step->function(), inputs);
  }
  return y;
  // END SOLUTION
}

// ---- Operations

namespace {

// BEGIN SOLUTION (helpers)
using Tensors = std::vector<Tensor>;

// A Function given by its formulas: one for the result, and for each input x[i] one for its gradient.
class Operation : public Function {
 public:
  using Result = std::function<Tensor(const Tensors& x)>;
  using Gradient = Tensor (*)(const Tensors& x, const Tensor& dy);

  Operation(const char* name, Result result, std::vector<Gradient> gradients)
      : name_(name), result_(std::move(result)), gradients_(std::move(gradients)) {}

  const char* name() const override { return name_; }

  Tensor forward(const Tensors& inputs) override {
    inputs_ = inputs;
    return result_(inputs);
  }

  // Only what is wanted is computed. Where broadcasting stretched an input, its gradient is summed again.
  Tensors backward(const Tensor& dy) override {
    Tensors gradients(inputs_.size());
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (!wants_gradient(i)) continue;
      gradients[i] = gradients_[i](inputs_, dy);
      const Shape& shape = inputs_[i].shape();
      if (!(gradients[i].shape() == shape)) gradients[i] = sum_to(gradients[i], shape);
    }
    return gradients;
  }

 private:
  const char* name_;
  Result result_;
  std::vector<Gradient> gradients_;
  Tensors inputs_;
};

std::unique_ptr<Function> operation(const char* name, Operation::Result result,
                                    std::vector<Operation::Gradient> gradients) {
  return std::make_unique<Operation>(name, std::move(result), std::move(gradients));
}
// END SOLUTION

}  // namespace

Variable operator+(const Variable& a, const Variable& b) {
  // BEGIN SOLUTION operator+
  return apply(operation("add", [](const Tensors& x) { return x[0] + x[1]; },
                         {[](const Tensors&, const Tensor& dy) { return dy; },
                          [](const Tensors&, const Tensor& dy) { return dy; }}),
               {a, b});
  // END SOLUTION
}

Variable operator-(const Variable& a, const Variable& b) {
  // BEGIN SOLUTION operator-
  return apply(operation("subtract", [](const Tensors& x) { return x[0] - x[1]; },
                         {[](const Tensors&, const Tensor& dy) { return dy; },
                          [](const Tensors&, const Tensor& dy) { return -dy; }}),
               {a, b});
  // END SOLUTION
}

Variable operator*(const Variable& a, const Variable& b) {
  // BEGIN SOLUTION operator*
  return apply(operation("multiply", [](const Tensors& x) { return x[0] * x[1]; },
                         {[](const Tensors& x, const Tensor& dy) { return dy * x[1]; },
                          [](const Tensors& x, const Tensor& dy) { return dy * x[0]; }}),
               {a, b});
  // END SOLUTION
}

Variable operator/(const Variable& a, const Variable& b) {
  // BEGIN SOLUTION operator/
  return apply(operation("divide", [](const Tensors& x) { return x[0] / x[1]; },
                         {[](const Tensors& x, const Tensor& dy) { return dy / x[1]; },
                          [](const Tensors& x, const Tensor& dy) { return -dy * x[0] / (x[1] * x[1]); }}),
               {a, b});
  // END SOLUTION
}

Variable matmul(const Variable& a, const Variable& b) {
  // BEGIN SOLUTION matmul
  return apply(operation("matmul", [](const Tensors& x) { return matmul(x[0], x[1]); },
                         {[](const Tensors& x, const Tensor& dy) { return matmul_nt(dy, x[1]); },
                          [](const Tensors& x, const Tensor& dy) { return matmul_tn(x[0], dy); }}),
               {a, b});
  // END SOLUTION
}

Variable sum(const Variable& a) {
  // BEGIN SOLUTION sum
  return apply(operation("sum", [](const Tensors& x) { return sum(x[0]); },
                         {[](const Tensors& x, const Tensor& dy) { return Tensor::full(x[0].shape(), dy.item()); }}),
               {a});
  // END SOLUTION
}

Variable mean(const Variable& a) {
  // BEGIN SOLUTION mean
  const auto gradient = [](const Tensors& x, const Tensor& dy) {
    return Tensor::full(x[0].shape(), dy.item() / static_cast<float>(x[0].size()));
  };
  return apply(operation("mean", [](const Tensors& x) { return mean(x[0]); }, {gradient}), {a});
  // END SOLUTION
}

Variable reshape(const Variable& a, const Shape& shape) {
  // BEGIN SOLUTION reshape
  return apply(operation("reshape", [shape](const Tensors& x) { return x[0].reshape(shape); },
                         {[](const Tensors& x, const Tensor& dy) { return dy.reshape(x[0].shape()); }}),
               {a});
  // END SOLUTION
}

// ---- The check

namespace {

// BEGIN SOLUTION (helpers)
// The weight of a result's element: unequal for neighbours, so that errors of opposite sign do not cancel.
float weight_of(std::int64_t k) { return 0.5F + 0.1F * static_cast<float>(k * 7 % 11); }

// The weighted sum of f's result, in double precision.
double weighted(const Tensor& result) {
  double total = 0.0;
  for (std::int64_t k = 0; k < result.size(); ++k) total += double{weight_of(k)} * result.data()[k];
  return total;
}
// END SOLUTION

}  // namespace

// f is called once to be walked backwards, then twice for every element, on inputs of its own.
GradientCheck check_gradients(const std::function<Variable(const std::vector<Variable>&)>& f,
                              const std::vector<Tensor>& inputs, float h) {
  // BEGIN SOLUTION check_gradients
  if (!(h > 0.0F)) throw ValueError("check_gradients: h must be positive, but is " + std::to_string(h));
  std::vector<Variable> leaves;
  for (const Tensor& input : inputs) leaves.emplace_back(input.clone(), true);
  Variable result = f(leaves);
  std::vector<float> weights;
  for (std::int64_t k = 0; k < result.value().size(); ++k) weights.push_back(weight_of(k));
  if (result.requires_grad()) result.backward(Tensor(result.value().shape(), weights));

  GradientCheck worst;
  const NoGrad no_grad;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor gradient = leaves[i].grad();
    Tensor moved = inputs[i].clone();
    std::vector<Variable> variables(inputs.begin(), inputs.end());
    variables[i] = Variable(moved);
    for (std::int64_t k = 0; k < moved.size(); ++k) {
      const float x = moved.data()[k];
      const float above = x + h;
      const float below = x - h;
      moved.data()[k] = above;
      const double f_above = weighted(f(variables).value());
      moved.data()[k] = below;
      const double f_below = weighted(f(variables).value());
      moved.data()[k] = x;

      // Divided by the step that was really taken: x + h is rounded.
      const double numeric = (f_above - f_below) / (double{above} - double{below});
      const double analytic = gradient.empty() ? 0.0 : double{gradient.data()[k]};
      double error = std::abs(analytic - numeric) / std::max({1.0, std::abs(analytic), std::abs(numeric)});
      if (!std::isfinite(error)) error = std::numeric_limits<double>::infinity();
      if (error > worst.error) worst = {error, i, k, analytic, numeric};
    }
  }
  return worst;
  // END SOLUTION
}

}  // namespace tinytorch
