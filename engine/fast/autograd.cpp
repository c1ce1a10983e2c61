// Module autograd for speed: the same tape with less to allocate, and a forward pass through a network in which a step
// may compute the one behind it, too.
#include "tinytorch/autograd.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tinytorch {

namespace {

// Memory for nodes: what a thread gives back it uses again. Nodes live for a training step, and each step makes as
// many.
class NodeMemory {
 public:
  static void* take(std::size_t bytes) {
    Blocks& blocks = own();
    if (bytes == blocks.size && blocks.first != nullptr) {
      Block* block = blocks.first;
      blocks.first = block->next;
      --blocks.count;
      return block;
    }
    return ::operator new(bytes);
  }

  static void give_back(void* memory, std::size_t bytes) {
    Blocks& blocks = own();
    if (blocks.size == 0) blocks.size = bytes;  // all requests are for the same type
    if (bytes != blocks.size || blocks.count == max_count) return ::operator delete(memory);
    blocks.first = new (memory) Block{blocks.first};
    ++blocks.count;
  }

 private:
  struct Block {
    Block* next;
  };
  struct Blocks {
    Block* first = nullptr;
    std::size_t size = 0;
    std::size_t count = 0;
    ~Blocks() {
      while (first != nullptr) ::operator delete(std::exchange(first, first->next));
      size = 1;  // whatever is given back from now on is not kept
    }
  };
  static constexpr std::size_t max_count = 4096;

  static Blocks& own() {
    static thread_local Blocks blocks;
    return blocks;
  }
};

template <class T>
struct NodeAllocator {
  using value_type = T;
  NodeAllocator() = default;
  template <class U>
  explicit NodeAllocator(const NodeAllocator<U>&) {}
  T* allocate(std::size_t count) { return static_cast<T*>(NodeMemory::take(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) { NodeMemory::give_back(memory, count * sizeof(T)); }
  friend bool operator==(const NodeAllocator&, const NodeAllocator&) { return true; }
};

// A few nodes without memory of their own on the heap; null where no gradient is wanted.
class Inputs {
 public:
  void push_back(std::shared_ptr<Node> node) {
    if (size_ < few_.size()) {
      few_[size_] = std::move(node);
    } else {
      more_.push_back(std::move(node));
    }
    ++size_;
  }
  std::size_t size() const { return size_; }
  std::shared_ptr<Node>& operator[](std::size_t i) { return i < few_.size() ? few_[i] : more_[i - few_.size()]; }
  void clear() {
    for (std::size_t i = 0; i < std::min(size_, few_.size()); ++i) few_[i].reset();
    more_.clear();
    size_ = 0;
  }

 private:
  std::array<std::shared_ptr<Node>, 3> few_;  // a layer's input, weight and bias
  std::vector<std::shared_ptr<Node>> more_;
  std::size_t size_ = 0;
};

}  // namespace

// A leaf has no function. A result has one, with the inputs it was applied to, until it is walked.
struct Node {
  Tensor value;
  Tensor gradient;
  std::optional<Parameter> parameter;  // a leaf that stands for a parameter keeps its gradient there
  std::unique_ptr<Function> function;
  Inputs inputs;
  std::uint64_t visited = 0;   // the last walk that has found this node
  std::size_t next_input = 0;  // in that walk
  bool requires_grad = false;
  bool walked = false;

  // A chain of a million nodes must not be destroyed by a million nested destructors.
  ~Node() {
    if (inputs.size() == 0) return;
    std::vector<std::shared_ptr<Node>> released;
    const auto release = [&released](Inputs& nodes) {
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        std::shared_ptr<Node> node = std::move(nodes[i]);
        if (node != nullptr && node.use_count() == 1 && node->inputs.size() > 0) released.push_back(std::move(node));
      }
      nodes.clear();
    };
    release(inputs);
    while (!released.empty()) {
      const std::shared_ptr<Node> node = std::move(released.back());
      released.pop_back();
      release(node->inputs);
    }
  }
};

namespace {

thread_local int no_grad_depth = 0;

Node& checked(const std::shared_ptr<Node>& node, const char* operation) {
  if (node == nullptr) throw ValueError(std::string(operation) + ": this Variable was never assigned");
  return *node;
}

std::shared_ptr<Node> new_node() { return std::allocate_shared<Node>(NodeAllocator<Node>()); }

// Adds a gradient to what has reached the node. A tensor that others hold, too, is not written into.
void accumulate(Node& node, Tensor gradient) {
  if (node.parameter) {
    node.parameter->accumulate(std::move(gradient));
  } else if (node.gradient.empty()) {
    const bool is_leaf = node.function == nullptr;
    node.gradient = is_leaf && !gradient.is_sole_owner() ? gradient.clone() : std::move(gradient);
  } else if (node.gradient.is_sole_owner()) {
    node.gradient += gradient;
  } else {
    node.gradient = node.gradient + gradient;
  }
}

// All results below `root`, itself included, each after every node that uses it; without recursion.
// throws: ValueError when one of them was already walked.
void topological_order(const std::shared_ptr<Node>& root, std::vector<std::shared_ptr<Node>>& order) {
  static std::atomic<std::uint64_t> walks{0};
  const std::uint64_t walk = walks.fetch_add(1, std::memory_order_relaxed) + 1;
  // The nodes of the path, and above them those that were finished: one vector serves for both in a chain.
  std::vector<std::shared_ptr<Node>> path;
  const auto enter = [&](const std::shared_ptr<Node>& node) {
    if (node == nullptr || node->visited == walk) return;
    if (node->walked) throw ValueError("backward: this graph was already walked, and is released");
    if (node->function == nullptr) return;
    node->visited = walk;
    node->next_input = 0;
    node->gradient = Tensor();
    path.push_back(node);
  };
  enter(root);
  while (!path.empty()) {
    Node& node = *path.back();
    if (node.next_input < node.inputs.size()) {
      enter(node.inputs[node.next_input++]);
    } else {
      order.push_back(std::move(path.back()));
      path.pop_back();
    }
  }
}

// Calls the function's gradient rule and hands each input its share.
void propagate(Node& node) {
  const Tensor grad_output = std::move(node.gradient);
  node.gradient = Tensor();
  if (grad_output.empty()) return;
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
}

}  // namespace

Variable::Variable(Tensor value, bool requires_grad) : node_(new_node()) {
  node_->value = std::move(value);
  node_->requires_grad = requires_grad;
}

Variable::Variable(const Parameter& parameter) : node_(new_node()) {
  node_->value = parameter.value();
  node_->parameter = parameter;
  node_->requires_grad = true;
}

const Tensor& Variable::value() const { return checked(node_, "value").value; }

const Tensor& Variable::grad() const {
  static const Tensor none;
  const Node& node = checked(node_, "grad");
  if (node.function != nullptr || node.walked) return none;
  return node.parameter ? node.parameter->grad() : node.gradient;
}

void Variable::zero_grad() {
  Node& node = checked(node_, "zero_grad");
  if (node.parameter) node.parameter->zero_grad();
  node.gradient = Tensor();
}

bool Variable::requires_grad() const { return checked(node_, "requires_grad").requires_grad; }

void Variable::backward() {
  if (value().size() != 1) {
    throw ShapeError("backward: needs a single value, not shape " + value().shape().to_string() +
                     "; give the gradient of the loss with respect to it");
  }
  backward(Tensor::full(value().shape(), 1.0F));
}

void Variable::backward(const Tensor& grad_output) {
  Node& root = checked(node_, "backward");
  if (!(grad_output.shape() == root.value.shape())) {
    throw ShapeError("backward: grad_output has shape " + grad_output.shape().to_string() + ", the variable " +
                     root.value.shape().to_string());
  }
  if (!root.requires_grad) throw ValueError("backward: no gradient is required here");
  std::vector<std::shared_ptr<Node>> order;
  topological_order(node_, order);
  accumulate(root, grad_output);
  for (; !order.empty(); order.pop_back()) {
    Node& node = *order.back();
    propagate(node);
    node.function.reset();
    node.inputs.clear();
    node.walked = true;
  }
}

Variable apply(std::unique_ptr<Function> function, const std::vector<Variable>& inputs) {
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
    for (std::size_t i = 0; i < inputs.size(); ++i)
      node.inputs.push_back(function->wants_gradient(i) ? inputs[i].node_ : nullptr);
    node.function = std::move(function);
  }
  return result;
}

NoGrad::NoGrad() { ++no_grad_depth; }
NoGrad::~NoGrad() { --no_grad_depth; }

namespace {

// The layers of a network as functions to call, where a step may be fused with those behind it.
class FusedSteps {
 public:
  explicit FusedSteps(Layer& layer) : layers_(layer.steps()) { make_next(); }

  // The next function and its parameters; false at the end.
  bool next(std::unique_ptr<Function>& function, std::vector<Parameter>& parameters) {
    if (function_ == nullptr) return false;
    function = std::move(function_);
    parameters = std::move(parameters_);
    make_next();
    while (function_ != nullptr && parameters_.empty() && function->fuse(*function_)) make_next();
    return true;
  }

 private:
  void make_next() {
    function_.reset();
    if (at_ == layers_.size()) return;
    Layer& layer = *layers_[at_++];
    function_ = layer.function();
    parameters_ = layer.parameters();
  }

  std::vector<Layer*> layers_;
  std::size_t at_ = 0;
  std::unique_ptr<Function> function_;  // of the layer before at_
  std::vector<Parameter> parameters_;
};

}  // namespace

// Where nothing is recorded, there is no need for Variables between the steps.
Variable forward(Layer& layer, const Variable& x) {
  FusedSteps steps(layer);
  std::unique_ptr<Function> function;
  std::vector<Parameter> parameters;
  if (no_grad_depth > 0) {
    Tensor y = x.value();
    std::vector<Tensor> inputs;
    while (steps.next(function, parameters)) {
      inputs.clear();
      inputs.push_back(std::move(y));
      for (const Parameter& parameter : parameters) inputs.push_back(parameter.value());
      for (std::size_t i = 0; i < inputs.size(); ++i) function->want_gradient(i, false);
      y = function->forward(inputs);
    }
    return Variable(std::move(y));
  }
  Variable y = x;
  std::vector<Variable> inputs;
  while (steps.next(function, parameters)) {
    inputs.clear();
    inputs.push_back(std::move(y));
    for (const Parameter& parameter : parameters) inputs.emplace_back(parameter);
    y = tinytorch::apply(std::move(function), inputs);
  }
  return y;
}

// ---- Operations

namespace {

using Tensors = std::vector<Tensor>;

// The gradient with respect to an input that broadcasting may have stretched.
Tensor back_to(Tensor gradient, const Tensor& input) {
  return gradient.shape() == input.shape() ? std::move(gradient) : sum_to(gradient, input.shape());
}

// An operation on two inputs: `Rule` has name(), result(a, b), and the gradients with respect to a and b.
template <class Rule>
class Binary : public Function {
 public:
  const char* name() const override { return Rule::name(); }
  Tensor forward(const Tensors& inputs) override {
    a_ = inputs[0];
    b_ = inputs[1];
    return Rule::result(a_, b_);
  }
  Tensors backward(const Tensor& dy) override {
    Tensors gradients(2);
    if (wants_gradient(0)) gradients[0] = back_to(Rule::gradient_a(a_, b_, dy), a_);
    if (wants_gradient(1)) gradients[1] = back_to(Rule::gradient_b(a_, b_, dy), b_);
    return gradients;
  }

 private:
  Tensor a_;
  Tensor b_;
};

struct Add {
  static const char* name() { return "add"; }
  static Tensor result(const Tensor& a, const Tensor& b) { return a + b; }
  static Tensor gradient_a(const Tensor&, const Tensor&, const Tensor& dy) { return dy; }
  static Tensor gradient_b(const Tensor&, const Tensor&, const Tensor& dy) { return dy; }
};

struct Subtract {
  static const char* name() { return "subtract"; }
  static Tensor result(const Tensor& a, const Tensor& b) { return a - b; }
  static Tensor gradient_a(const Tensor&, const Tensor&, const Tensor& dy) { return dy; }
  static Tensor gradient_b(const Tensor&, const Tensor&, const Tensor& dy) { return -dy; }
};

struct Multiply {
  static const char* name() { return "multiply"; }
  static Tensor result(const Tensor& a, const Tensor& b) { return a * b; }
  static Tensor gradient_a(const Tensor&, const Tensor& b, const Tensor& dy) { return dy * b; }
  static Tensor gradient_b(const Tensor& a, const Tensor&, const Tensor& dy) { return dy * a; }
};

struct Divide {
  static const char* name() { return "divide"; }
  static Tensor result(const Tensor& a, const Tensor& b) { return a / b; }
  static Tensor gradient_a(const Tensor&, const Tensor& b, const Tensor& dy) { return dy / b; }
  static Tensor gradient_b(const Tensor& a, const Tensor& b, const Tensor& dy) { return -dy * a / (b * b); }
};

struct Matmul {
  static const char* name() { return "matmul"; }
  static Tensor result(const Tensor& a, const Tensor& b) { return matmul(a, b); }
  static Tensor gradient_a(const Tensor&, const Tensor& b, const Tensor& dy) { return matmul_nt(dy, b); }
  static Tensor gradient_b(const Tensor& a, const Tensor&, const Tensor& dy) { return matmul_tn(a, dy); }
};

// The sum of all elements, times a factor.
class Total : public Function {
 public:
  explicit Total(bool mean) : mean_(mean) {}
  const char* name() const override { return mean_ ? "mean" : "sum"; }
  Tensor forward(const Tensors& inputs) override {
    shape_ = inputs[0].shape();
    return mean_ ? mean(inputs[0]) : sum(inputs[0]);
  }
  Tensors backward(const Tensor& dy) override {
    return {Tensor::full(shape_, mean_ ? dy.item() / static_cast<float>(shape_.numel()) : dy.item())};
  }

 private:
  bool mean_;
  Shape shape_;
};

class Reshape : public Function {
 public:
  explicit Reshape(const Shape& shape) : to_(shape) {}
  const char* name() const override { return "reshape"; }
  Tensor forward(const Tensors& inputs) override {
    from_ = inputs[0].shape();
    return inputs[0].reshape(to_);
  }
  Tensors backward(const Tensor& dy) override { return {dy.reshape(from_)}; }

 private:
  Shape to_;
  Shape from_;
};

}  // namespace

Variable operator+(const Variable& a, const Variable& b) { return apply(std::make_unique<Binary<Add>>(), {a, b}); }
Variable operator-(const Variable& a, const Variable& b) { return apply(std::make_unique<Binary<Subtract>>(), {a, b}); }
Variable operator*(const Variable& a, const Variable& b) { return apply(std::make_unique<Binary<Multiply>>(), {a, b}); }
Variable operator/(const Variable& a, const Variable& b) { return apply(std::make_unique<Binary<Divide>>(), {a, b}); }
Variable matmul(const Variable& a, const Variable& b) { return apply(std::make_unique<Binary<Matmul>>(), {a, b}); }
Variable sum(const Variable& a) { return apply(std::make_unique<Total>(false), {a}); }
Variable mean(const Variable& a) { return apply(std::make_unique<Total>(true), {a}); }
Variable reshape(const Variable& a, const Shape& shape) { return apply(std::make_unique<Reshape>(shape), {a}); }

// ---- The check

GradientCheck check_gradients(const std::function<Variable(const std::vector<Variable>&)>& f,
                              const std::vector<Tensor>& inputs, float h) {
  if (!(h > 0.0F)) throw ValueError("check_gradients: h must be positive, but is " + std::to_string(h));
  // Unequal weights for the elements of the result, so that errors of opposite sign do not cancel.
  const auto weight_of = [](std::int64_t k) { return 0.5F + 0.1F * static_cast<float>(k * 7 % 11); };
  const auto weighted = [&](const Tensor& result) {
    double total = 0.0;
    for (std::int64_t k = 0; k < result.size(); ++k) total += double{weight_of(k)} * result.data()[k];
    return total;
  };

  std::vector<Variable> leaves;
  for (const Tensor& input : inputs) leaves.emplace_back(input.clone(), true);
  Variable result = f(leaves);
  if (result.requires_grad()) {
    Tensor weights = Tensor::uninitialized(result.value().shape());
    for (std::int64_t k = 0; k < weights.size(); ++k) weights.data()[k] = weight_of(k);
    result.backward(weights);
  }

  GradientCheck worst;
  const NoGrad no_grad;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Tensor moved = inputs[i].clone();
    std::vector<Variable> variables(inputs.begin(), inputs.end());
    variables[i] = Variable(moved);
    for (std::int64_t k = 0; k < moved.size(); ++k) {
      float& x = moved.data()[k];
      const float middle = x;
      const float above = middle + h;
      const float below = middle - h;
      x = above;
      const double f_above = weighted(f(variables).value());
      x = below;
      const double f_below = weighted(f(variables).value());
      x = middle;
      const double numeric = (f_above - f_below) / (double{above} - double{below});
      const double analytic = leaves[i].grad().empty() ? 0.0 : double{leaves[i].grad().data()[k]};
      double error = std::abs(analytic - numeric) / std::max({1.0, std::abs(analytic), std::abs(numeric)});
      if (!std::isfinite(error)) error = std::numeric_limits<double>::infinity();
      if (error > worst.error) worst = {error, i, k, analytic, numeric};
    }
  }
  return worst;
}

}  // namespace tinytorch
