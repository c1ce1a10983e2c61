// Module autograd: values and gradients of every operation, the order of the walk, what is recorded
// and what is released, and graphs large enough to break a careless walk.
#include "tinytorch/autograd.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

using Doubles = std::vector<double>;
using Graph = std::function<Variable(const std::vector<Variable>&)>;

// The same values in storage of their own, by no operation under test.
Tensor copy_of(const Tensor& tensor) {
  return Tensor(tensor.shape(), std::vector<float>(tensor.data(), tensor.data() + tensor.size()));
}

Tensor random_tensor(const Shape& shape, Rng& rng, float low = -1.5F, float high = 1.5F) {
  return Tensor::uniform(shape, low, high, rng);
}

// A leaf that wants its gradient.
Variable leaf(const Shape& shape, const std::vector<float>& values) { return Variable(Tensor(shape, values), true); }
Variable leaf(float value) { return Variable(Tensor::scalar(value), true); }

float unequal_weight(std::int64_t i) { return 1.0F + 0.25F * static_cast<float>((5 * i + 2) % 7); }

// The result's elements summed with unequal weights, in double precision.
double weighted_sum(const Tensor& result) {
  double total = 0;
  for (std::int64_t i = 0; i < result.size(); ++i) total += unequal_weight(i) * static_cast<double>(result.data()[i]);
  return total;
}

// Central differences against backward(), written here once more: check_gradients is itself on trial.
// A result of "" means that all gradients agree and have their input's shape.
std::string disagreement(const Graph& graph, const std::vector<Tensor>& inputs, double tolerance = 3e-3) {
  const auto value_with = [&](std::size_t moved, std::int64_t at, float offset) {
    std::vector<Variable> leaves;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Tensor tensor = copy_of(inputs[i]);
      if (i == moved) tensor.data()[at] += offset;
      leaves.emplace_back(tensor);
    }
    return weighted_sum(graph(leaves).value());
  };
  std::vector<Variable> leaves;
  for (const Tensor& input : inputs) leaves.emplace_back(copy_of(input), true);
  Variable result = graph(leaves);
  Tensor weights(result.value().shape());
  for (std::int64_t i = 0; i < weights.size(); ++i) weights.data()[i] = unequal_weight(i);
  result.backward(weights);

  const float h = 1e-2F;
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    const std::string where = "input " + std::to_string(input);
    if (!(leaves[input].grad().shape() == inputs[input].shape())) {
      return where + ": gradient of shape " + leaves[input].grad().shape().to_string() + ", expected " +
             inputs[input].shape().to_string();
    }
    for (std::int64_t i = 0; i < inputs[input].size(); ++i) {
      const double numeric = (value_with(input, i, h) - value_with(input, i, -h)) / (2.0 * h);
      const double analytic = leaves[input].grad().data()[i];
      const double scale = std::max({1.0, std::abs(numeric), std::abs(analytic)});
      if (!(std::abs(numeric - analytic) <= tolerance * scale)) {
        return where + ", element " + std::to_string(i) + ": backward gives " + std::to_string(analytic) +
               ", central differences " + std::to_string(numeric);
      }
    }
  }
  return "";
}

#define CHECK_GRAPH(graph, ...) CHECK_SAME(disagreement(graph, std::vector<Tensor> __VA_ARGS__), std::string())

// What a Probe saw of its life.
struct Sightings {
  int backward_calls = 0;
  int destroyed = 0;
  bool recording_in_backward = false;
  std::vector<bool> wanted;
  std::vector<std::string> order;  // names, as backward() reached them
};

// y = x (or a + b), and tells what happens to it.
class Probe : public Function {
 public:
  explicit Probe(std::shared_ptr<Sightings> sightings, std::string label = "probe")
      : sightings_(std::move(sightings)), label_(std::move(label)) {}
  ~Probe() override { ++sightings_->destroyed; }
  const char* name() const override { return "Probe"; }

  Tensor forward(const std::vector<Tensor>& inputs) override {
    inputs_ = inputs.size();
    Tensor result = copy_of(inputs[0]);
    for (std::size_t i = 1; i < inputs_; ++i) {
      for (std::int64_t j = 0; j < result.size(); ++j) result.data()[j] += inputs[i].data()[j];
    }
    return result;
  }

  std::vector<Tensor> backward(const Tensor& grad_output) override {
    // A walk that follows every path instead of every node is stopped here, not by the clock.
    if (++sightings_->backward_calls > 100) throw std::runtime_error("backward of one node was called 100 times");
    sightings_->order.push_back(label_);
    sightings_->wanted.clear();
    std::vector<Tensor> gradients;
    for (std::size_t i = 0; i < inputs_; ++i) {
      sightings_->wanted.push_back(wants_gradient(i));
      gradients.push_back(wants_gradient(i) ? copy_of(grad_output) : Tensor());
    }
    return gradients;
  }

 private:
  std::shared_ptr<Sightings> sightings_;
  std::string label_;
  std::size_t inputs_ = 0;
};

Variable probe(const std::shared_ptr<Sightings>& sightings, const std::vector<Variable>& inputs,
               const std::string& label = "probe") {
  return tinytorch::apply(std::make_unique<Probe>(sightings, label), inputs);
}

// A step whose gradient rule is what the case says: for judging check_gradients.
class Custom : public Function {
 public:
  using Forward = std::function<Tensor(const std::vector<Tensor>&)>;
  using Backward = std::function<std::vector<Tensor>(const Tensor&)>;
  Custom(Forward f, Backward b) : forward_(std::move(f)), backward_(std::move(b)) {}
  const char* name() const override { return "Custom"; }
  Tensor forward(const std::vector<Tensor>& inputs) override { return forward_(inputs); }
  std::vector<Tensor> backward(const Tensor& grad_output) override { return backward_(grad_output); }

 private:
  Forward forward_;
  Backward backward_;
};

// Hands its first input and every gradient on: costs next to nothing.
class Pass : public Function {
 public:
  const char* name() const override { return "Pass"; }
  Tensor forward(const std::vector<Tensor>& inputs) override {
    inputs_ = inputs.size();
    return inputs[0];
  }
  std::vector<Tensor> backward(const Tensor& grad_output) override { return std::vector<Tensor>(inputs_, grad_output); }

 private:
  std::size_t inputs_ = 0;
};

Variable pass(const Variable& x) { return apply(std::make_unique<Pass>(), {x}); }
Variable pass(const Variable& a, const Variable& b) { return apply(std::make_unique<Pass>(), {a, b}); }

}  // namespace

// Leaves

TEST_CASE("A variable made from a tensor holds its value and has no gradient yet") {
  const Tensor tensor(Shape{2, 2}, {1, 2, 3, 4});
  const Variable constant(tensor);
  CHECK_CLOSE(constant.value(), tensor, 0, 0);
  CHECK_FALSE(constant.requires_grad());
  const Variable wanted(tensor, true);
  CHECK(wanted.requires_grad());
  CHECK(wanted.grad().empty());
}

TEST_CASE("Copies of a variable are the same node") {
  Variable x = leaf(3);
  const Variable same = x;
  Variable y = x * same;
  y.backward();
  CHECK_CLOSE(same.grad(), Doubles{6});
  CHECK_CLOSE(x.grad(), Doubles{6});
}

TEST_CASE("A variable made from a parameter adds what reaches it to the parameter's gradient") {
  const Parameter p(Tensor(Shape{2}, {3, 4}));
  p.accumulate(Tensor(Shape{2}, {10, 20}));
  const Variable x(p);
  CHECK(x.requires_grad());
  CHECK_CLOSE(x.value(), Doubles{3, 4}, 0, 0);
  Variable y = sum(x * x);
  y.backward();
  CHECK_CLOSE(p.grad(), Doubles{16, 28});
}

TEST_CASE("Two variables made from one parameter both reach its gradient") {
  const Parameter p(Tensor::scalar(3));
  Variable y = Variable(p) * Variable(p);
  y.backward();
  CHECK_CLOSE(p.grad(), Doubles{6});
}

TEST_CASE("zero_grad forgets a leaf's gradient and the next backward starts anew") {
  Variable x = leaf(2);
  Variable y = x * x;
  y.backward();
  x.zero_grad();
  CHECK(x.grad().empty());
  Variable z = x * x * x;
  z.backward();
  CHECK_CLOSE(x.grad(), Doubles{12});
}

TEST_CASE("Gradients of several backward calls add up") {
  Variable x = leaf(2);
  Variable y = x * x;
  y.backward();
  Variable z = x * x * x;
  z.backward();
  CHECK_CLOSE(x.grad(), Doubles{16});
}

// apply

TEST_CASE("apply runs the function's forward rule") {
  const Variable x(Tensor(Shape{3}, {-1, 0, 2}));
  const Variable y = apply(std::make_unique<ReLU>(), {x});
  CHECK_CLOSE(y.value(), Doubles{0, 0, 2}, 0, 0);
  CHECK_SHAPE(y.value(), {3});
}

TEST_CASE("apply makes a result that requires a gradient when one of its inputs does") {
  const auto sightings = std::make_shared<Sightings>();
  const Variable wanted = leaf(1);
  const Variable constant(Tensor::scalar(2));
  CHECK(probe(sightings, {constant, wanted}).requires_grad());
  CHECK(probe(sightings, {wanted, constant}).requires_grad());
  CHECK_FALSE(probe(sightings, {constant, constant}).requires_grad());
  CHECK(probe(sightings, {constant, probe(sightings, {wanted})}).requires_grad());
}

TEST_CASE("apply tells the function which inputs want a gradient") {
  const auto sightings = std::make_shared<Sightings>();
  const Variable constant(Tensor::scalar(1));
  Variable wanted = leaf(2);
  Variable y = probe(sightings, {constant, wanted, constant, wanted});
  y.backward();
  CHECK(sightings->wanted == std::vector<bool>{false, true, false, true});
  CHECK_CLOSE(wanted.grad(), Doubles{2});
  CHECK(constant.grad().empty());
}

TEST_CASE("apply lets the function's errors through") {
  const Variable a(Tensor(Shape{2, 3}), true);
  const Variable b(Tensor(Shape{4, 5}), true);
  CHECK_THROWS_AS(matmul(a, b), ShapeError);
  CHECK_THROWS_AS(a + b, ShapeError);
}

TEST_CASE("apply refuses a variable that was never assigned") {
  const auto sightings = std::make_shared<Sightings>();
  CHECK_THROWS_AS(probe(sightings, {Variable()}), ValueError);
  CHECK_THROWS_AS(probe(sightings, {leaf(1), Variable()}), ValueError);
}

TEST_CASE("A function may have inputs without gradient: class indices in a loss") {
  Variable logits = leaf(Shape{2, 3}, {0, 0, 0, 0, 0, 0});
  const Variable target(Tensor(Shape{2}, {2, 0}));
  Variable loss = apply(std::make_unique<CrossEntropyLoss>(), {logits, target});
  CHECK_CLOSE(loss.value().item(), std::log(3.0));
  loss.backward();
  const double third = 1.0 / 6;
  CHECK_CLOSE(logits.grad(), Doubles{third, third, -2 * third, -2 * third, third, third});
  CHECK(target.grad().empty());
}

// backward

TEST_CASE("backward of a leaf gives it the gradient one") {
  Variable x = leaf(5);
  x.backward();
  CHECK_CLOSE(x.grad(), Doubles{1}, 0, 0);
  CHECK_SHAPE(x.grad(), {});
}

TEST_CASE("backward of any one-element shape is allowed") {
  Variable x = leaf(Shape{1, 1}, {3});
  Variable y = x * x;
  y.backward();
  CHECK_CLOSE(x.grad(), Doubles{6});
  CHECK_SHAPE(x.grad(), {1, 1});
}

TEST_CASE("backward refuses a result with more than one element") {
  const Variable x = leaf(Shape{2}, {1, 2});
  Variable y = x + x;
  CHECK_THROWS_AS(y.backward(), ShapeError);
}

TEST_CASE("backward refuses where no gradient is required") {
  const Variable x(Tensor::scalar(1));
  Variable y = x * x;
  CHECK_THROWS_AS(y.backward(), ValueError);
  CHECK_THROWS_AS(y.backward(Tensor::scalar(1)), ValueError);
}

TEST_CASE("backward with a given gradient starts from it") {
  Variable x = leaf(Shape{3}, {1, 2, 3});
  Variable y = x * x;
  y.backward(Tensor(Shape{3}, {1, 10, -1}));
  CHECK_CLOSE(x.grad(), Doubles{2, 40, -6});
}

TEST_CASE("backward refuses a given gradient of another shape") {
  const Variable x = leaf(Shape{2, 2}, {1, 2, 3, 4});
  Variable y = x * x;
  CHECK_THROWS_AS(y.backward(Tensor(Shape{4})), ShapeError);
  CHECK_THROWS_AS(y.backward(Tensor::scalar(1)), ShapeError);
  Variable on_a_leaf = x;
  CHECK_THROWS_AS(on_a_leaf.backward(Tensor(Shape{4})), ShapeError);
}

TEST_CASE("backward leaves the given gradient as it is") {
  const Tensor g(Shape{2}, {1, 2});
  Variable x = leaf(Shape{2}, {5, 6});
  x.backward(g);
  x.backward(g);
  CHECK_CLOSE(x.grad(), Doubles{2, 4}, 0, 0);
  CHECK_CLOSE(g, Doubles{1, 2}, 0, 0);
}

TEST_CASE("A leaf's gradient stays when the given one is changed afterwards") {
  Tensor g(Shape{2}, {1, 2});
  Variable x = leaf(Shape{2}, {5, 6});
  x.backward(g);
  g.data()[0] = 100;
  CHECK_CLOSE(x.grad(), Doubles{1, 2}, 0, 0);
}

TEST_CASE("backward gives only leaves a gradient") {
  Variable x = leaf(2);
  const Variable middle = x * x;
  Variable y = middle * x;
  y.backward();
  CHECK(middle.grad().empty());
  CHECK(y.grad().empty());
  CHECK_CLOSE(x.grad(), Doubles{12});
}

TEST_CASE("backward gives leaves that did not ask for one no gradient") {
  Variable x = leaf(2);
  const Variable constant(Tensor::scalar(5));
  Variable y = x * constant;
  y.backward();
  CHECK_CLOSE(x.grad(), Doubles{5});
  CHECK(constant.grad().empty());
}

TEST_CASE("backward passes over gradients that nobody wants and inputs that get none") {
  // Its function returns a gradient for the constant, too.
  Variable x = leaf(2);
  const Variable constant(Tensor::scalar(5));
  Variable y = pass(constant, x);
  y.backward();
  CHECK_CLOSE(x.grad(), Doubles{1}, 0, 0);
  CHECK(constant.grad().empty());

  // Class indices have no gradient, also where one is asked for.
  Variable logits = leaf(Shape{1, 2}, {0, 0});
  const Variable target(Tensor(Shape{1}, {1}), true);
  Variable loss = apply(std::make_unique<CrossEntropyLoss>(), {logits, target});
  loss.backward();
  CHECK_CLOSE(logits.grad(), Doubles{0.5, -0.5});
  CHECK(target.grad().empty());
}

TEST_CASE("backward refuses a function that returns too few gradients or one of another shape") {
  const auto twice = [](const std::vector<Tensor>& in) { return copy_of(in[0]); };
  const auto backward_of = [&](const Custom::Backward& rule) {
    Variable y = apply(std::make_unique<Custom>(twice, rule), {leaf(Shape{2}, {1, 2}), leaf(Shape{2}, {3, 4})});
    y.backward(Tensor(Shape{2}, {1, 1}));
  };
  CHECK_THROWS_AS(backward_of([](const Tensor& g) { return std::vector<Tensor>{g}; }), ShapeError);
  CHECK_THROWS_AS(backward_of([](const Tensor& g) { return std::vector<Tensor>(3, g); }), ShapeError);
  CHECK_THROWS_AS(backward_of([](const Tensor& g) { return std::vector<Tensor>{g, Tensor(Shape{2, 1})}; }), ShapeError);
}

TEST_CASE("backward that ends in an error leaves no gradient in a result and none for the next walk") {
  Variable x = leaf(3);
  const Variable shared = x * x;
  const auto fails = [](const Tensor&) -> std::vector<Tensor> { throw std::runtime_error("for example"); };
  const auto identity = [](const std::vector<Tensor>& in) { return copy_of(in[0]); };
  // The walk comes to the broken function when `shared` has had one of its two shares.
  Variable broken = shared + apply(std::make_unique<Custom>(identity, fails), {shared});
  CHECK_THROWS_AS(broken.backward(), std::runtime_error);
  CHECK(shared.grad().empty());
  CHECK(x.grad().empty());
  Variable y = shared * Variable(Tensor::scalar(2));
  y.backward();
  CHECK_CLOSE(x.grad(), Doubles{12});
}

TEST_CASE("backward sums what reaches a node that is used twice") {
  Variable x = leaf(3);
  Variable twice = x + x;
  twice.backward();
  CHECK_CLOSE(x.grad(), Doubles{2});
  x.zero_grad();
  Variable square = x * x;
  square.backward();
  CHECK_CLOSE(x.grad(), Doubles{6});
}

TEST_CASE("backward sums the gradients of an intermediate result that is used twice") {
  // b = 2a is used by both factors: y = (b + 1) (b - 3), dy/da = 2 (2b - 2).
  Variable a = leaf(2);
  const Variable b = a * Variable(Tensor::scalar(2));
  Variable y = (b + Variable(Tensor::scalar(1))) * (b - Variable(Tensor::scalar(3)));
  CHECK_CLOSE(y.value().item(), 5.0);
  y.backward();
  CHECK_CLOSE(a.grad(), Doubles{12});
}

TEST_CASE("backward visits a node after all that use it: short and long paths") {
  // The direct use of a node must wait for the use that comes by a detour.
  const auto s = std::make_shared<Sightings>();
  Variable x = leaf(1);
  const Variable a = probe(s, {x}, "a");
  const Variable b = probe(s, {a}, "b");
  const Variable c = probe(s, {b}, "c");
  Variable y = probe(s, {a, c, b}, "y");
  y.backward();
  CHECK(s->order == std::vector<std::string>{"y", "c", "b", "a"});
  CHECK_CLOSE(x.grad(), Doubles{3});
}

TEST_CASE("backward visits a node after all that use it: whatever the order of the inputs") {
  const auto s = std::make_shared<Sightings>();
  Variable x = leaf(1);
  const Variable a = probe(s, {x}, "a");
  const Variable b = probe(s, {a}, "b");
  const Variable c = probe(s, {b}, "c");
  Variable y = probe(s, {c, b, a}, "y");
  y.backward();
  CHECK(s->order == std::vector<std::string>{"y", "c", "b", "a"});
  CHECK_CLOSE(x.grad(), Doubles{3});
}

TEST_CASE("backward visits every node once: 18 doublings of one value are 18 calls") {
  const auto s = std::make_shared<Sightings>();
  Variable x = leaf(1);
  Variable y = x;
  for (int i = 0; i < 18; ++i) y = probe(s, {y, y});
  y.backward();
  CHECK_SAME(s->backward_calls, 18);
  CHECK_CLOSE(x.grad(), Doubles{262144}, 0, 0);
}

TEST_CASE("18 chained y = y + y cost no more than 18 steps") {
  Variable x = leaf(1);
  Variable y = x;
  for (int i = 0; i < 18; ++i) y = y + y;
  CHECK_CLOSE(y.value().item(), 262144.0, 0, 0);
  y.backward();
  CHECK_CLOSE(x.grad(), Doubles{262144}, 0, 0);
}

TEST_CASE("60 chained y = y + y are done at once", "[limit:5]") {
  Variable x = leaf(1);
  Variable y = x;
  for (int i = 0; i < 60; ++i) y = y + y;
  y.backward();
  CHECK_CLOSE(x.grad(), Doubles{std::pow(2.0, 60)}, 0, 0);
}

TEST_CASE("A lattice of shared nodes has the right gradient") {
  // (a, b) becomes (a + b, a - b), which after two rounds is (2a, 2b).
  Variable x = leaf(3);
  Variable y = leaf(5);
  Variable a = x;
  Variable b = y;
  for (int round = 0; round < 20; ++round) {
    const Variable up = a + b;
    b = a - b;
    a = up;
  }
  CHECK_CLOSE(a.value().item(), 3 * 1024.0, 0, 0);
  Variable z = a * b;
  z.backward();
  CHECK_CLOSE(x.grad(), Doubles{5.0 * 1024 * 1024}, 0, 0);
  CHECK_CLOSE(y.grad(), Doubles{3.0 * 1024 * 1024}, 0, 0);
}

TEST_CASE("backward of random graphs agrees with derivatives carried forward") {
  // Every node also carries its derivatives with respect to the three leaves, in double precision.
  Rng rng(judge::seed());
  for (int trial = 0; trial < 30; ++trial) {
    struct Dual {
      Variable variable;
      double value;
      Doubles slope;
    };
    std::vector<Dual> nodes;
    for (std::size_t i = 0; i < 3; ++i) {
      Doubles slope(3, 0.0);
      slope[i] = 1;
      const float value = rng.uniform(0.5F, 1.5F);
      nodes.push_back({leaf(value), value, slope});
    }
    for (int step = 0; step < 25; ++step) {
      const Dual a = nodes[rng.below(nodes.size())];
      const Dual b = nodes[rng.below(nodes.size())];
      Dual c{a.variable, 0, Doubles(3, 0.0)};
      // Products are averages of factors so that values stay near one.
      switch (rng.below(3)) {
        case 0:
          c.variable = (a.variable + b.variable) * Variable(Tensor::scalar(0.5F));
          c.value = (a.value + b.value) / 2;
          for (std::size_t i = 0; i < 3; ++i) c.slope[i] = (a.slope[i] + b.slope[i]) / 2;
          break;
        case 1:
          c.variable = a.variable - b.variable * Variable(Tensor::scalar(0.25F));
          c.value = a.value - b.value / 4;
          for (std::size_t i = 0; i < 3; ++i) c.slope[i] = a.slope[i] - b.slope[i] / 4;
          break;
        default:
          c.variable = a.variable * b.variable * Variable(Tensor::scalar(0.5F));
          c.value = a.value * b.value / 2;
          for (std::size_t i = 0; i < 3; ++i) c.slope[i] = (a.slope[i] * b.value + a.value * b.slope[i]) / 2;
      }
      nodes.push_back(c);
    }
    Dual& last = nodes.back();
    if (!last.variable.requires_grad()) continue;
    last.variable.backward();
    CHECK_CLOSE(last.variable.value().item(), last.value, 1e-3, 1e-4);
    for (std::size_t i = 0; i < 3; ++i) {
      const Tensor& grad = nodes[i].variable.grad();
      CHECK_CLOSE(grad.empty() ? 0.0 : static_cast<double>(grad.data()[0]), last.slope[i], 1e-3, 1e-4);
    }
  }
}

TEST_CASE("Gradients of different leaves never share memory") {
  Variable a = leaf(Shape{2}, {1, 2});
  Variable b = leaf(Shape{2}, {3, 4});
  Variable first = sum(a + b);  // the same gradient reaches both
  first.backward();
  Variable second = sum(a * Variable(Tensor::full(Shape{2}, 10)));
  second.backward();  // adds to a's alone
  CHECK_CLOSE(a.grad(), Doubles{11, 11}, 0, 0);
  CHECK_CLOSE(b.grad(), Doubles{1, 1}, 0, 0);
}

TEST_CASE("Gradients that add up inside a graph do not spill over into a neighbour") {
  // One gradient reaches both u and x; more is added to u's afterwards.
  Variable x = leaf(Shape{2}, {1, 2});
  Variable w = leaf(Shape{2}, {1, 1});
  const Variable u = w * Variable(Tensor::full(Shape{2}, 3));
  Variable y = sum((u + x) + reshape(u * u, Shape{2}));
  y.backward();
  CHECK_CLOSE(x.grad(), Doubles{1, 1}, 0, 0);
  CHECK_CLOSE(w.grad(), Doubles{21, 21});
}

TEST_CASE("The graph is released as it is walked") {
  const auto s = std::make_shared<Sightings>();
  Variable x = leaf(1);
  const Variable middle = probe(s, {x});
  Variable y = probe(s, {middle});
  CHECK_SAME(s->destroyed, 0);
  y.backward();
  CHECK_SAME(s->destroyed, 2);  // though middle and y are still here
  CHECK_CLOSE(middle.value(), Doubles{1}, 0, 0);
  CHECK_CLOSE(x.grad(), Doubles{1}, 0, 0);
}

TEST_CASE("A graph that is dropped without a walk is released") {
  const auto s = std::make_shared<Sightings>();
  const Variable x = leaf(1);
  {
    const Variable middle = probe(s, {x});
    const Variable y = probe(s, {middle, middle});
    CHECK_SAME(s->destroyed, 0);
  }
  CHECK_SAME(s->destroyed, 2);
}

TEST_CASE("A second backward through the same graph is an error") {
  Variable x = leaf(2);
  Variable y = x * x;
  y.backward();
  CHECK_THROWS_AS(y.backward(), ValueError);
  CHECK_CLOSE(x.grad(), Doubles{4});
}

TEST_CASE("A second backward through a part of the same graph is an error") {
  Variable x = leaf(2);
  const Variable shared = x * x;
  Variable first = shared * shared;
  Variable second = shared + shared;
  first.backward();
  CHECK_THROWS_AS(second.backward(), ValueError);
}

// NoGrad

TEST_CASE("NoGrad: nothing is recorded while one is alive") {
  const Variable x = leaf(2);
  {
    const NoGrad off;
    Variable y = x * x;
    CHECK_CLOSE(y.value().item(), 4.0);
    CHECK_FALSE(y.requires_grad());
    CHECK_THROWS_AS(y.backward(), ValueError);
    CHECK(x.requires_grad());
  }
  CHECK((x * x).requires_grad());
}

TEST_CASE("NoGrad: functions are not kept") {
  const auto s = std::make_shared<Sightings>();
  const Variable x = leaf(2);
  const NoGrad off;
  const Variable y = probe(s, {x});
  CHECK_SAME(s->destroyed, 1);
  CHECK_CLOSE(y.value(), Doubles{2});
}

TEST_CASE("NoGrad: they nest") {
  const Variable x = leaf(2);
  {
    const NoGrad outer;
    {
      const NoGrad inner;
      CHECK_FALSE((x * x).requires_grad());
    }
    CHECK_FALSE((x * x).requires_grad());
  }
  CHECK((x * x).requires_grad());
}

TEST_CASE("NoGrad: recording comes back after an exception") {
  const Variable x = leaf(2);
  const auto fails = [&] {
    const NoGrad off;
    throw IoError("for example");
  };
  CHECK_THROWS_AS(fails(), IoError);
  CHECK((x * x).requires_grad());
}

TEST_CASE("NoGrad: other threads go on recording") {
  const Variable x = leaf(2);
  bool recorded_here = true;
  bool recorded_there = false;
  {
    const NoGrad off;
    recorded_here = (x * x).requires_grad();
    std::thread([&] { recorded_there = (x * x).requires_grad(); }).join();
  }
  CHECK_FALSE(recorded_here);
  CHECK(recorded_there);
}

// Arithmetic

TEST_CASE("operator+ adds and passes the gradient on to both") {
  Variable a = leaf(Shape{2}, {1, 2});
  Variable b = leaf(Shape{2}, {10, 20});
  Variable y = a + b;
  CHECK_CLOSE(y.value(), Doubles{11, 22}, 0, 0);
  y.backward(Tensor(Shape{2}, {3, 4}));
  CHECK_CLOSE(a.grad(), Doubles{3, 4}, 0, 0);
  CHECK_CLOSE(b.grad(), Doubles{3, 4}, 0, 0);
}

TEST_CASE("operator- subtracts and turns the second gradient's sign") {
  Variable a = leaf(Shape{2}, {1, 2});
  Variable b = leaf(Shape{2}, {10, 20});
  Variable y = a - b;
  CHECK_CLOSE(y.value(), Doubles{-9, -18}, 0, 0);
  y.backward(Tensor(Shape{2}, {3, 4}));
  CHECK_CLOSE(a.grad(), Doubles{3, 4}, 0, 0);
  CHECK_CLOSE(b.grad(), Doubles{-3, -4}, 0, 0);
}

TEST_CASE("The product of variables gives each factor the other times the gradient") {
  Variable a = leaf(Shape{2}, {1, 2});
  Variable b = leaf(Shape{2}, {10, 20});
  Variable y = a * b;
  CHECK_CLOSE(y.value(), Doubles{10, 40}, 0, 0);
  y.backward(Tensor(Shape{2}, {3, 4}));
  CHECK_CLOSE(a.grad(), Doubles{30, 80}, 0, 0);
  CHECK_CLOSE(b.grad(), Doubles{3, 8}, 0, 0);
}

TEST_CASE("operator/ divides and follows the quotient rule") {
  Variable a = leaf(Shape{2}, {1, 8});
  Variable b = leaf(Shape{2}, {2, 4});
  Variable y = a / b;
  CHECK_CLOSE(y.value(), Doubles{0.5, 2}, 0, 0);
  y.backward(Tensor(Shape{2}, {3, 4}));
  CHECK_CLOSE(a.grad(), Doubles{1.5, 1});
  CHECK_CLOSE(b.grad(), Doubles{-0.75, -2});
}

TEST_CASE("A variable divided by itself has gradient zero") {
  Variable x = leaf(Shape{2}, {3, -7});
  Variable y = sum(x / x);
  CHECK_CLOSE(y.value().item(), 2.0);
  y.backward();
  CHECK_CLOSE(x.grad(), Doubles{0, 0});
}

TEST_CASE("A bias that was stretched over rows gets the sum of their gradients") {
  Variable x = leaf(Shape{2, 3}, {1, 2, 3, 4, 5, 6});
  Variable b = leaf(Shape{3}, {10, 20, 30});
  Variable y = x + b;
  CHECK_CLOSE(y.value(), Doubles{11, 22, 33, 14, 25, 36}, 0, 0);
  y.backward(Tensor(Shape{2, 3}, {1, 2, 3, 40, 50, 60}));
  CHECK_CLOSE(b.grad(), Doubles{41, 52, 63}, 0, 0);
  CHECK_SHAPE(b.grad(), {3});
  CHECK_CLOSE(x.grad(), Doubles{1, 2, 3, 40, 50, 60}, 0, 0);
}

TEST_CASE("operator+ and operator- have right gradients for all that broadcasts") {
  Rng rng(judge::seed());
  const Graph add = [](const std::vector<Variable>& v) { return v[0] + v[1]; };
  const Graph subtract = [](const std::vector<Variable>& v) { return v[0] - v[1]; };
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{2, 3}, {2, 3}}, {{2, 3}, {3}}, {{2, 1}, {1, 3}}, {{}, {2, 2}}, {{3, 1, 2}, {2, 1}}, {{1, 1}, {4}}, {{1}, {}}};
  for (const auto& [a, b] : shapes) {
    CHECK_GRAPH(add, {random_tensor(a, rng), random_tensor(b, rng)});
    CHECK_GRAPH(add, {random_tensor(b, rng), random_tensor(a, rng)});
    CHECK_GRAPH(subtract, {random_tensor(a, rng), random_tensor(b, rng)});
    CHECK_GRAPH(subtract, {random_tensor(b, rng), random_tensor(a, rng)});
  }
}

TEST_CASE("The product of variables has right gradients for all that broadcasts") {
  Rng rng(judge::seed());
  const Graph multiply = [](const std::vector<Variable>& v) { return v[0] * v[1]; };
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{2, 3}, {2, 3}}, {{2, 3}, {3}}, {{2, 1}, {1, 3}}, {{}, {2, 2}}, {{3, 1, 2}, {2, 1}}, {{1, 1}, {4}}, {{1}, {}}};
  for (const auto& [a, b] : shapes) {
    CHECK_GRAPH(multiply, {random_tensor(a, rng), random_tensor(b, rng)});
    CHECK_GRAPH(multiply, {random_tensor(b, rng), random_tensor(a, rng)});
  }
}

TEST_CASE("operator/ has right gradients for all that broadcasts") {
  Rng rng(judge::seed());
  const Graph divide = [](const std::vector<Variable>& v) { return v[0] / v[1]; };
  const std::vector<std::pair<Shape, Shape>> shapes = {{{2, 3}, {2, 3}}, {{2, 3}, {3}},       {{2, 1}, {1, 3}},
                                                       {{}, {2, 2}},     {{3, 1, 2}, {2, 1}}, {{1}, {}}};
  for (const auto& [a, b] : shapes) {
    CHECK_GRAPH(divide, {random_tensor(a, rng), random_tensor(b, rng, 1, 2)});
    CHECK_GRAPH(divide, {random_tensor(b, rng), random_tensor(a, rng, 1, 2)});
  }
}

TEST_CASE("Arithmetic with a constant leaves the constant without gradient") {
  Variable x = leaf(Shape{2}, {1, 2});
  const Variable c(Tensor(Shape{2}, {3, 4}));
  Variable y = sum(c - x) + sum(c / x) + sum(x * c) + sum(c + x);
  y.backward();
  CHECK_CLOSE(x.grad(), Doubles{-1 - 3 + 3 + 1, -1 - 1 + 4 + 1});
  CHECK(c.grad().empty());
}

TEST_CASE("A tensor can stand where a constant is needed") {
  const Tensor c(Shape{2}, {3, 4});
  Variable x = leaf(Shape{2}, {1, 2});
  Variable y = sum(x * c);
  CHECK_CLOSE(y.value().item(), 11.0);
  y.backward();
  CHECK_CLOSE(x.grad(), Doubles{3, 4});
}

TEST_CASE("matmul multiplies matrices and knows both gradients") {
  Variable a = leaf(Shape{1, 2}, {1, 2});
  Variable b = leaf(Shape{2, 2}, {3, 4, 5, 6});
  Variable y = matmul(a, b);
  CHECK_CLOSE(y.value(), Doubles{13, 16}, 0, 0);
  CHECK_SHAPE(y.value(), {1, 2});
  y.backward(Tensor(Shape{1, 2}, {1, 10}));
  CHECK_CLOSE(a.grad(), Doubles{43, 65}, 0, 0);
  CHECK_CLOSE(b.grad(), Doubles{1, 10, 2, 20}, 0, 0);
}

TEST_CASE("matmul has right gradients for random shapes") {
  Rng rng(judge::seed());
  const Graph product = [](const std::vector<Variable>& v) { return matmul(v[0], v[1]); };
  for (int trial = 0; trial < 6; ++trial) {
    const auto n = static_cast<std::int64_t>(1 + rng.below(5));
    const auto k = static_cast<std::int64_t>(1 + rng.below(5));
    const auto m = static_cast<std::int64_t>(1 + rng.below(5));
    CHECK_GRAPH(product, {random_tensor({n, k}, rng), random_tensor({k, m}, rng)});
  }
  const Graph square = [](const std::vector<Variable>& v) { return matmul(v[0], v[0]); };
  CHECK_GRAPH(square, {random_tensor({3, 3}, rng)});
}

TEST_CASE("sum adds all elements and sends its gradient to each") {
  Variable x = leaf(Shape{2, 3}, {1, 2, 3, 4, 5, 6});
  Variable y = sum(x);
  CHECK_CLOSE(y.value().item(), 21.0, 0, 0);
  CHECK_SHAPE(y.value(), {});
  y.backward(Tensor::scalar(7));
  CHECK_CLOSE(x.grad(), Tensor(Shape{2, 3}, {7, 7, 7, 7, 7, 7}), 0, 0);
}

TEST_CASE("mean averages all elements and shares its gradient among them") {
  Variable x = leaf(Shape{2, 2}, {1, 2, 3, 6});
  Variable y = mean(x);
  CHECK_CLOSE(y.value().item(), 3.0, 0, 0);
  CHECK_SHAPE(y.value(), {});
  y.backward(Tensor::scalar(8));
  CHECK_CLOSE(x.grad(), Tensor(Shape{2, 2}, {2, 2, 2, 2}), 0, 0);
}

TEST_CASE("reshape keeps the elements and brings the gradient back into the old shape") {
  Variable x = leaf(Shape{2, 3}, {1, 2, 3, 4, 5, 6});
  Variable y = reshape(x, Shape{3, -1});
  CHECK_CLOSE(y.value(), Tensor(Shape{3, 2}, {1, 2, 3, 4, 5, 6}), 0, 0);
  y.backward(Tensor(Shape{3, 2}, {6, 5, 4, 3, 2, 1}));
  CHECK_CLOSE(x.grad(), Tensor(Shape{2, 3}, {6, 5, 4, 3, 2, 1}), 0, 0);
}

TEST_CASE("A composition of all operations agrees with central differences") {
  Rng rng(judge::seed());
  const Graph graph = [](const std::vector<Variable>& v) {
    const Variable hidden = apply(std::make_unique<Tanh>(), {matmul(v[0], v[1]) + v[2]});
    const Variable scaled = hidden / (mean(hidden * hidden) + Variable(Tensor::scalar(1)));
    return reshape(scaled - hidden * v[2], Shape{-1}) * sum(v[2]);
  };
  CHECK_GRAPH(graph, {random_tensor({3, 2}, rng), random_tensor({2, 4}, rng), random_tensor({4}, rng)});
}

// forward(layer, x)

TEST_CASE("forward through a layer gives its result and fills its parameters' gradients") {
  Rng rng(judge::seed());
  Linear layer(3, 2, rng);
  const Tensor x = random_tensor({4, 3}, rng);
  Variable input(x, true);
  Variable y = forward(layer, input);
  CHECK_CLOSE(y.value(), layer.forward(x));

  const Tensor dy = random_tensor({4, 2}, rng);
  y.backward(dy);
  const auto by_hand = layer.function();
  by_hand->forward({x, layer.weight().value(), layer.bias().value()});
  const std::vector<Tensor> expected = by_hand->backward(dy);
  CHECK_CLOSE(input.grad(), expected[0]);
  CHECK_CLOSE(layer.weight().grad(), expected[1]);
  CHECK_CLOSE(layer.bias().grad(), expected[2]);
}

TEST_CASE("forward through a sequence applies every step in turn") {
  Rng rng(judge::seed());
  Sequential net;
  Linear& first = net.add<Linear>(3, 5, rng);
  net.add<Activation<Tanh>>();
  auto& inner = net.add<Sequential>();
  Linear& second = inner.add<Linear>(5, 2, rng, Init::glorot, false);
  const Tensor x = random_tensor({2, 3}, rng);
  const Tensor dy = random_tensor({2, 2}, rng);
  Variable y = forward(net, Variable(x));
  CHECK_CLOSE(y.value(), net.forward(x));
  y.backward(dy);

  // The same by hand: three Functions, backwards.
  LinearFunction one;
  Tanh two;
  LinearFunction three;
  const Tensor h = two.forward({one.forward({x, first.weight().value(), first.bias().value()})});
  three.forward({h, second.weight().value()});
  const std::vector<Tensor> d3 = three.backward(dy);
  const std::vector<Tensor> d1 = one.backward(two.backward(d3[0])[0]);
  CHECK_CLOSE(second.weight().grad(), d3[1]);
  CHECK_CLOSE(first.weight().grad(), d1[1]);
  CHECK_CLOSE(first.bias().grad(), d1[2]);
}

TEST_CASE("forward twice through one layer adds both gradients to its parameters") {
  // y = w (w x), dy/dw = 2 w x.
  Rng rng(1);
  Linear layer(1, 1, rng, Init::he, false);
  layer.weight().value().fill(3);
  Variable x = leaf(Shape{1, 1}, {5});
  Variable y = forward(layer, forward(layer, x));
  CHECK_CLOSE(y.value().item(), 45.0);
  y.backward();
  CHECK_CLOSE(layer.weight().grad(), Doubles{30});
  CHECK_CLOSE(x.grad(), Doubles{9});
}

TEST_CASE("forward spares the images their gradient") {
  Rng rng(1);
  Linear layer(2, 2, rng);
  const Variable images(Tensor(Shape{1, 2}, {1, 2}));
  Variable y = sum(forward(layer, images));
  y.backward();
  CHECK(images.grad().empty());
  CHECK_CLOSE(layer.weight().grad(), Doubles{1, 2, 1, 2});
}

TEST_CASE("forward under NoGrad leaves parameters without gradient") {
  Rng rng(judge::seed());
  Linear layer(2, 2, rng);
  const Tensor x = random_tensor({3, 2}, rng);
  const NoGrad off;
  const Variable y = forward(layer, Variable(x));
  CHECK_FALSE(y.requires_grad());
  CHECK_CLOSE(y.value(), layer.forward(x));
}

TEST_CASE("Parameters changed after the forward pass do not matter to a new one") {
  Rng rng(1);
  Linear layer(1, 1, rng);
  layer.weight().value().fill(2);
  const Tensor x(Shape{1, 1}, {1});
  CHECK_CLOSE(forward(layer, Variable(x)).value().item(), 2.0);
  layer.weight().value().fill(3);
  CHECK_CLOSE(forward(layer, Variable(x)).value().item(), 3.0);
}

// check_gradients

TEST_CASE("check_gradients finds nothing wrong with right gradients") {
  Rng rng(judge::seed());
  const GradientCheck check = check_gradients(
      [](const std::vector<Variable>& v) { return apply(std::make_unique<Tanh>(), {matmul(v[0], v[1]) * v[2]}); },
      {random_tensor({2, 3}, rng), random_tensor({3, 2}, rng), random_tensor({2}, rng)});
  CHECK(check.error < 3e-3);
}

TEST_CASE("check_gradients reports where a gradient is wrong and by how much") {
  // y = a + 2 b, but the gradient of b's element 2 comes out as 5.
  const auto f = [](const std::vector<Variable>& v) {
    return tinytorch::apply(std::make_unique<Custom>([](const std::vector<Tensor>& in) { return in[0] + in[1] * 2.0F; },
                                                     [](const Tensor& g) {
                                                       Tensor db = g * 2.0F;
                                                       db.data()[2] = 50;
                                                       return std::vector<Tensor>{copy_of(g), db};
                                                     }),
                            v);
  };
  const GradientCheck check = check_gradients(f, {Tensor(Shape{4}, {1, 2, 3, 4}), Tensor(Shape{4}, {1, 1, 1, 1})});
  CHECK_SAME(check.input, std::size_t{1});
  CHECK_SAME(check.index, std::int64_t{2});
  CHECK_CLOSE(check.analytic, 50.0);
  CHECK(check.error > 0.5);
  CHECK_CLOSE(check.error, std::abs(check.analytic - check.numeric) / 50.0, 1e-3, 1e-4);
}

TEST_CASE("check_gradients compares with central differences of width h") {
  // y = x^3 at 0: forward differences give h^2, central ones too; at 1 central ones give 3 + h^2.
  const auto cube = [](const std::vector<Variable>& v) { return v[0] * v[0] * v[0]; };
  const GradientCheck narrow = check_gradients(cube, {Tensor::scalar(1)}, 1e-2F);
  CHECK(narrow.error < 2e-3);
  const GradientCheck wide = check_gradients(cube, {Tensor::scalar(1)}, 0.5F);
  CHECK_CLOSE(std::abs(wide.numeric / wide.analytic), 3.25 / 3, 1e-3);
  CHECK_CLOSE(wide.error, 0.25 / 3.25, 1e-2);
}

TEST_CASE("check_gradients weights elements unequally so that mixed-up gradients do not hide") {
  // The identity, with its gradient in reverse order: equal weights would not notice.
  const auto f = [](const std::vector<Variable>& v) {
    return tinytorch::apply(std::make_unique<Custom>([](const std::vector<Tensor>& in) { return copy_of(in[0]); },
                                                     [](const Tensor& g) {
                                                       Tensor reversed = copy_of(g);
                                                       const std::int64_t n = g.size();
                                                       for (std::int64_t i = 0; i < n; ++i)
                                                         reversed.data()[i] = g.data()[n - 1 - i];
                                                       return std::vector<Tensor>{reversed};
                                                     }),
                            v);
  };
  CHECK(check_gradients(f, {Tensor(Shape{2, 3}, {1, 2, 3, 4, 5, 6})}).error > 0.01);
}

TEST_CASE("check_gradients looks at every element of every input") {
  for (std::size_t bad_input = 0; bad_input < 2; ++bad_input) {
    for (std::int64_t bad_index = 0; bad_index < 3; ++bad_index) {
      const auto f = [=](const std::vector<Variable>& v) {
        return tinytorch::apply(std::make_unique<Custom>([](const std::vector<Tensor>& in) { return in[0] + in[1]; },
                                                         [=](const Tensor& g) {
                                                           std::vector<Tensor> grads{copy_of(g), copy_of(g)};
                                                           grads[bad_input].data()[bad_index] = -100;
                                                           return grads;
                                                         }),
                                v);
      };
      const GradientCheck check = check_gradients(f, {Tensor(Shape{3}, {1, 2, 3}), Tensor(Shape{3}, {4, 5, 6})});
      CHECK(check.error > 0.5);
      CHECK_SAME(check.input, bad_input);
      CHECK_SAME(check.index, bad_index);
    }
  }
}

TEST_CASE("check_gradients has a weight for every element of a large result") {
  const Tensor x = Tensor::full(Shape{24}, 1);
  for (std::int64_t bad = 0; bad < x.size(); ++bad) {
    const auto f = [=](const std::vector<Variable>& v) {
      return tinytorch::apply(std::make_unique<Custom>([](const std::vector<Tensor>& in) { return in[0] * 100.0F; },
                                                       [=](const Tensor& g) {
                                                         Tensor gradient = g * 100.0F;
                                                         gradient.data()[bad] *= 2;
                                                         return std::vector<Tensor>{gradient};
                                                       }),
                              v);
    };
    const GradientCheck check = check_gradients(f, {x});
    CHECK(check.error > 0.3);
    CHECK_SAME(check.index, bad);
  }
}

TEST_CASE("check_gradients counts an input that does not matter as gradient zero") {
  const auto ignores_second = [](const std::vector<Variable>& v) { return v[0] * v[0]; };
  const GradientCheck check = check_gradients(ignores_second, {Tensor::scalar(1), Tensor(Shape{2}, {1, 2})});
  CHECK(check.error < 2e-3);
}

TEST_CASE("check_gradients leaves the inputs as they were") {
  const Tensor x(Shape{2}, {0.1F, 0.7F});
  CHECK(check_gradients([](const std::vector<Variable>& v) { return v[0] * v[0]; }, {x}).error < 2e-3);
  CHECK_CLOSE(x, Doubles{static_cast<double>(0.1F), static_cast<double>(0.7F)}, 0, 0);
}

TEST_CASE("check_gradients refuses a width that is not above zero") {
  const auto square = [](const std::vector<Variable>& v) { return v[0] * v[0]; };
  CHECK_THROWS_AS(check_gradients(square, {Tensor::scalar(1)}, 0.0F), ValueError);
  CHECK_THROWS_AS(check_gradients(square, {Tensor::scalar(1)}, -0.1F), ValueError);
}

// Learning with it, and large graphs

TEST_CASE("Gradient descent on a recorded loss finds a square root") {
  Variable x = leaf(1);
  for (int step = 0; step < 100; ++step) {
    x.zero_grad();
    const Variable error = x * x - Variable(Tensor::scalar(2));
    Variable loss = error * error;
    loss.backward();
    x = Variable(Tensor::scalar(x.value().item() - 0.05F * x.grad().item()), true);
  }
  CHECK_CLOSE(x.value().item(), std::sqrt(2.0), 1e-4);
}

TEST_CASE("A node that is used ten thousand times gets ten thousand gradients") {
  Variable x = leaf(1);
  Variable y(Tensor::scalar(0));
  for (int i = 0; i < 10000; ++i) y = y + x;
  y.backward();
  CHECK_CLOSE(x.grad(), Doubles{10000}, 0, 0);
}

TEST_CASE("A chain of 200000 nodes is walked without running out of stack") {
  Variable x = leaf(1);
  Variable y = x;
  for (int i = 0; i < 200000; ++i) y = pass(y);
  CHECK_CLOSE(y.value().item(), 1.0, 0, 0);
  y.backward();
  CHECK_CLOSE(x.grad(), Doubles{1}, 0, 0);
}

TEST_CASE("A chain of 200000 nodes is dropped unwalked without running out of stack") {
  const Variable x = leaf(2);
  {
    Variable y = x;
    for (int i = 0; i < 200000; ++i) y = pass(y);
    CHECK(y.requires_grad());
  }
  {
    // Every node has two owners above it.
    Variable y = x;
    for (int i = 0; i < 100000; ++i) y = pass(y, y);
    CHECK(y.requires_grad());
  }
  CHECK_SAME(x.value().item(), 2.0F);
}
