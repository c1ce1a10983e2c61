// Module optimizers: update rules against hand-computed values and an oracle in double precision,
// and learning-rate schedules against their formulas.
#include "tinytorch/optimizers.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "kernels/memory.hpp"
#include "kernels/parallel.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

Parameter parameter(const Floats& values) {
  return Parameter(Tensor(Shape{static_cast<std::int64_t>(values.size())}, values));
}

// Makes `values` the gradient, whatever was there before.
void set_grad(const Parameter& p, const Floats& values) {
  p.zero_grad();
  p.accumulate(Tensor(p.value().shape(), values));
}

Floats random_values(std::size_t count, Rng& rng) {
  Floats values(count);
  for (float& value : values) value = rng.uniform(-2.0F, 2.0F);
  return values;
}

// The rules of optimizers.hpp for one parameter, element by element in double precision.
struct SgdOracle {
  SGDOptions options;
  Doubles w;
  Doubles v;

  SgdOracle(const SGDOptions& o, const Floats& start) : options(o), w(start.begin(), start.end()) {}

  void step(const Floats& gradient) {
    const double lr = options.learning_rate;
    const double mu = options.momentum;
    const bool first = v.empty();
    if (first) v.assign(w.size(), 0.0);
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double g = gradient[i] + options.weight_decay * w[i];
      v[i] = first ? g : mu * v[i] + g;
      w[i] -= lr * (options.nesterov ? g + mu * v[i] : v[i]);
    }
  }
};

struct AdamOracle {
  AdamOptions options;
  bool decoupled;
  Doubles w;
  Doubles m;
  Doubles v;
  int t = 0;

  AdamOracle(const AdamOptions& o, bool adamw, const Floats& start)
      : options(o), decoupled(adamw), w(start.begin(), start.end()), m(w.size(), 0.0), v(w.size(), 0.0) {}

  void step(const Floats& gradient) {
    const double lr = options.learning_rate;
    const double b1 = options.beta1;
    const double b2 = options.beta2;
    const double decay = options.weight_decay;
    ++t;
    for (std::size_t i = 0; i < w.size(); ++i) {
      double g = gradient[i];
      if (decoupled) {
        w[i] -= lr * decay * w[i];
      } else {
        g += decay * w[i];
      }
      m[i] = b1 * m[i] + (1 - b1) * g;
      v[i] = b2 * v[i] + (1 - b2) * g * g;
      const double m_hat = m[i] / (1 - std::pow(b1, t));
      const double v_hat = v[i] / (1 - std::pow(b2, t));
      w[i] -= lr * m_hat / (std::sqrt(v_hat) + options.epsilon);
    }
  }
};

// Walks an optimizer and its oracle through the same random gradients and compares after every step.
template <class O, class Oracle>
void check_against(Oracle oracle, const Parameter& p, O& optimizer, Rng& rng, int steps) {
  for (int step = 0; step < steps; ++step) {
    const Floats g = random_values(oracle.w.size(), rng);
    set_grad(p, g);
    optimizer.step();
    oracle.step(g);
    CHECK_CLOSE(p.value(), oracle.w, 1e-4, 2e-5);
  }
}

// An optimizer that does nothing: for what the base class promises.
class Idle : public Optimizer {
 public:
  using Optimizer::Optimizer;
  void step() override {}
};

// A schedule that starts below the base rate: base * (epoch + 1) / 4.
class WarmUp : public LRScheduler {
 public:
  explicit WarmUp(Optimizer& optimizer) : LRScheduler(optimizer) { start(); }
  float rate(std::int64_t epoch) const override { return base_rate() * static_cast<float>(epoch + 1) / 4.0F; }
};

// So many threads for parallel_for while it lives.
class ThreadCount {
 public:
  explicit ThreadCount(int threads) : before_(kernels::thread_count()) { kernels::set_thread_count(threads); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
  ~ThreadCount() { kernels::set_thread_count(before_); }

 private:
  int before_;
};

// A large parameter holding 1, 2, .., 1000, 1, 2, ..
Parameter ramp(std::int64_t size) {
  Tensor tensor(Shape{size});
  for (std::int64_t i = 0; i < size; ++i) tensor.data()[i] = static_cast<float>(i % 1000 + 1);
  return Parameter(tensor);
}

// Whether every element of such a parameter has become what `rule` makes of it.
template <class Rule>
void check_ramp(const Parameter& p, const Rule& rule) {
  Doubles expected(static_cast<std::size_t>(p.value().size()));
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = rule(static_cast<double>(i % 1000 + 1));
  CHECK_CLOSE(p.value(), expected, 1e-5);
}

const float nan_value = std::numeric_limits<float>::quiet_NaN();

}  // namespace

// Optimizer

TEST_CASE("Optimizer keeps handles on its parameters and remembers its learning rate") {
  const Parameter a = parameter({1, 2});
  const Parameter b = parameter({3});
  Idle idle({a, b}, 0.25F);
  CHECK_SAME(idle.learning_rate(), 0.25F);
  REQUIRE(idle.parameters().size() == 2);
  CHECK(idle.parameters()[0].is_same_as(a));
  CHECK(idle.parameters()[1].is_same_as(b));
}

TEST_CASE("Optimizer refuses a learning rate that is not above zero") {
  CHECK_THROWS_AS(Idle({}, 0.0F), ValueError);
  CHECK_THROWS_AS(Idle({}, -0.1F), ValueError);
  CHECK_THROWS_AS(Idle({}, nan_value), ValueError);
  CHECK_NOTHROW(Idle({}, 1e-6F));
}

TEST_CASE("Optimizer zero_grad forgets the gradient of every parameter") {
  const Parameter a = parameter({1, 2});
  const Parameter b = parameter({3});
  Idle idle({a, b}, 0.1F);
  set_grad(a, {1, 1});
  set_grad(b, {1});
  idle.zero_grad();
  CHECK(a.grad().empty());
  CHECK(b.grad().empty());
  CHECK_CLOSE(a.value(), Doubles{1, 2}, 0, 0);
  CHECK_NOTHROW(idle.zero_grad());  // nothing to forget: still fine
}

TEST_CASE("Optimizer set_learning_rate changes the rate and takes zero but nothing negative") {
  Idle idle({}, 0.1F);
  idle.set_learning_rate(0.02F);
  CHECK_SAME(idle.learning_rate(), 0.02F);
  CHECK_THROWS_AS(idle.set_learning_rate(-0.02F), ValueError);
  CHECK_SAME(idle.learning_rate(), 0.02F);
  idle.set_learning_rate(0.0F);
  CHECK_SAME(idle.learning_rate(), 0.0F);
}

// SGD

TEST_CASE("SGD moves each weight against its gradient by the learning rate") {
  const Parameter p = parameter({1, -2, 3});
  SGD sgd({p}, 0.1F);
  set_grad(p, {0.5F, -1, 2});
  sgd.step();
  CHECK_CLOSE(p.value(), Doubles{0.95, -1.9, 2.8});
  sgd.step();
  CHECK_CLOSE(p.value(), Doubles{0.90, -1.8, 2.6});
}

TEST_CASE("SGD updates every parameter it was given") {
  const Parameter a(Tensor(Shape{2, 2}, {1, 2, 3, 4}));
  const Parameter b = parameter({5});
  const Parameter c(Tensor::scalar(6));
  SGD sgd({a, b, c}, 1.0F);
  set_grad(a, {1, 0, -1, 2});
  set_grad(b, {-5});
  set_grad(c, {0.5F});
  sgd.step();
  CHECK_CLOSE(a.value(), Doubles{0, 2, 4, 2});
  CHECK_SHAPE(a.value(), {2, 2});
  CHECK_CLOSE(b.value(), Doubles{10});
  CHECK_CLOSE(c.value(), Doubles{5.5});
}

TEST_CASE("SGD changes the parameter's own memory so that every handle sees it") {
  const Tensor tensor(Shape{2}, {1, 1});
  const Parameter p(tensor);
  const Parameter other_handle = p;
  SGD sgd({p}, SGDOptions{0.5F, 0.9F, false, 0.1F});
  set_grad(p, {1, 2});
  sgd.step();
  CHECK(p.value().shares_storage_with(tensor));
  CHECK_CLOSE(other_handle.value(), Doubles{0.45, -0.05});
}

TEST_CASE("SGD leaves a parameter without gradient alone") {
  const Parameter trained = parameter({1});
  const Parameter frozen = parameter({7, 8});
  SGD sgd({frozen, trained}, SGDOptions{0.1F, 0.9F, false, 0.5F});
  set_grad(trained, {1});
  CHECK_NOTHROW(sgd.step());
  CHECK_CLOSE(frozen.value(), Doubles{7, 8}, 0, 0);
  CHECK_CLOSE(trained.value(), Doubles{0.85});
}

TEST_CASE("SGD leaves the gradients as they are") {
  const Parameter p = parameter({1, 2});
  SGD sgd({p}, SGDOptions{0.1F, 0.9F, true, 0.5F});
  set_grad(p, {3, 4});
  sgd.step();
  sgd.step();
  CHECK_CLOSE(p.grad(), Doubles{3, 4}, 0, 0);
}

TEST_CASE("SGD uses the learning rate that was set last") {
  const Parameter p = parameter({0});
  SGD sgd({p}, 1.0F);
  set_grad(p, {1});
  sgd.step();
  sgd.set_learning_rate(0.25F);
  sgd.step();
  CHECK_CLOSE(p.value(), Doubles{-1.25});
  sgd.set_learning_rate(0.0F);
  sgd.step();
  CHECK_CLOSE(p.value(), Doubles{-1.25});
}

TEST_CASE("SGD with momentum builds up speed: three steps by hand") {
  const Parameter p = parameter({1});
  SGD sgd({p}, SGDOptions{0.1F, 0.5F, false, 0.0F});
  set_grad(p, {2});
  sgd.step();  // v = 2
  CHECK_CLOSE(p.value(), Doubles{0.8});
  set_grad(p, {1});
  sgd.step();  // v = 0.5 * 2 + 1 = 2
  CHECK_CLOSE(p.value(), Doubles{0.6});
  set_grad(p, {-3});
  sgd.step();  // v = 0.5 * 2 - 3 = -2
  CHECK_CLOSE(p.value(), Doubles{0.8});
}

TEST_CASE("SGD with Nesterov momentum looks ahead: three steps by hand") {
  const Parameter p = parameter({1});
  SGD sgd({p}, SGDOptions{0.1F, 0.5F, true, 0.0F});
  set_grad(p, {2});
  sgd.step();  // v = 2, step g + mu v = 3
  CHECK_CLOSE(p.value(), Doubles{0.7});
  set_grad(p, {1});
  sgd.step();  // v = 2, step 2
  CHECK_CLOSE(p.value(), Doubles{0.5});
  set_grad(p, {-3});
  sgd.step();  // v = -2, step -4
  CHECK_CLOSE(p.value(), Doubles{0.9});
}

TEST_CASE("SGD adds weight decay to the gradient") {
  const Parameter p = parameter({10, -10, 0});
  SGD sgd({p}, SGDOptions{0.1F, 0.0F, false, 0.5F});
  set_grad(p, {0, 1, 2});
  sgd.step();
  CHECK_CLOSE(p.value(), Doubles{9.5, -9.6, -0.2});
}

TEST_CASE("SGD lets weight decay gather momentum like the rest of the gradient") {
  const Parameter p = parameter({1});
  SGD sgd({p}, SGDOptions{1.0F, 0.5F, false, 0.5F});
  set_grad(p, {0});
  sgd.step();  // g = 0.5, v = 0.5, w = 0.5
  CHECK_CLOSE(p.value(), Doubles{0.5});
  sgd.step();  // g = 0.25, v = 0.25 + 0.25, w = 0
  CHECK_CLOSE(p.value(), Doubles{0.0});
}

TEST_CASE("SGD keeps one velocity per parameter") {
  const Parameter a = parameter({0, 0});
  const Parameter b = parameter({0});
  SGD sgd({a, b}, SGDOptions{1.0F, 0.5F, false, 0.0F});
  set_grad(a, {1, -1});
  set_grad(b, {10});
  sgd.step();
  sgd.step();
  CHECK_CLOSE(a.value(), Doubles{-2.5, 2.5});
  CHECK_CLOSE(b.value(), Doubles{-25});
}

TEST_CASE("SGD rests a parameter's momentum while it has no gradient") {
  const Parameter p = parameter({0});
  const Parameter late = parameter({0});
  SGD sgd({p, late}, SGDOptions{1.0F, 0.5F, false, 0.0F});
  set_grad(p, {4});
  sgd.step();  // v = 4
  CHECK_CLOSE(p.value(), Doubles{-4});
  p.zero_grad();
  set_grad(late, {8});
  sgd.step();
  CHECK_CLOSE(p.value(), Doubles{-4});
  CHECK_CLOSE(late.value(), Doubles{-8});
  set_grad(p, {1});
  late.zero_grad();
  sgd.step();  // v = 0.5 * 4 + 1
  CHECK_CLOSE(p.value(), Doubles{-7});
  CHECK_CLOSE(late.value(), Doubles{-8});
}

TEST_CASE("SGD applies the present rate to the whole velocity, old gradients included") {
  for (const bool nesterov : {false, true}) {
    CAPTURE(nesterov);
    const Parameter p = parameter({0});
    SGD sgd({p}, SGDOptions{1.0F, 0.5F, nesterov, 0.0F});
    set_grad(p, {4});
    sgd.step();  // v = 4, step 4 or with Nesterov 4 + 2
    sgd.set_learning_rate(0.1F);
    set_grad(p, {2});
    sgd.step();  // v = 2 + 2, step 4 or with Nesterov 2 + 2
    CHECK_CLOSE(p.value(), Doubles{nesterov ? -6.4 : -4.4});
  }
}

TEST_CASE("SGD keeps its velocity apart from the gradient it came from") {
  const Parameter p = parameter({0});
  SGD sgd({p}, SGDOptions{1.0F, 0.5F, false, 0.0F});
  set_grad(p, {4});
  sgd.step();                           // v = 4
  p.accumulate(Tensor(Shape{1}, {2}));  // g = 6, v untouched
  sgd.step();                           // v = 2 + 6
  CHECK_CLOSE(p.grad(), Doubles{6});
  CHECK_CLOSE(p.value(), Doubles{-12});
}

TEST_CASE("SGD agrees with double precision for all its options over many steps") {
  Rng rng(judge::seed());
  const std::vector<SGDOptions> variants = {{0.1F, 0.0F, false, 0.0F},  {0.05F, 0.0F, false, 0.1F},
                                            {0.05F, 0.9F, false, 0.0F}, {0.02F, 0.9F, true, 0.0F},
                                            {0.02F, 0.9F, false, 0.1F}, {0.02F, 0.8F, true, 0.05F}};
  for (const SGDOptions& options : variants) {
    const Floats start = random_values(1 + rng.below(70), rng);
    const Parameter p = parameter(start);
    SGD sgd({p}, options);
    check_against(SgdOracle(options, start), p, sgd, rng, 12);
  }
}

TEST_CASE("SGD steps each of many elements once, also when two threads share them") {
  const ThreadCount two(2);
  for (const SGDOptions& options : {SGDOptions{0.5F, 0.0F, false, 0.0F}, SGDOptions{0.5F, 0.5F, false, 0.0F}}) {
    const Parameter p = ramp(300'001);
    SGD sgd({p}, options);
    p.accumulate(p.value().clone());
    sgd.step();
    check_ramp(p, [](double w) { return 0.5 * w; });
  }
}

TEST_CASE("SGD refuses options out of their range") {
  const Parameter p = parameter({1});
  CHECK_THROWS_AS(SGD({p}, 0.0F), ValueError);
  CHECK_THROWS_AS(SGD({p}, SGDOptions{-0.1F, 0.0F, false, 0.0F}), ValueError);
  CHECK_THROWS_AS(SGD({p}, SGDOptions{0.1F, -0.1F, false, 0.0F}), ValueError);
  CHECK_THROWS_AS(SGD({p}, SGDOptions{0.1F, 1.0F, false, 0.0F}), ValueError);
  CHECK_THROWS_AS(SGD({p}, SGDOptions{0.1F, 0.0F, true, 0.0F}), ValueError);
  CHECK_THROWS_AS(SGD({p}, SGDOptions{0.1F, 0.9F, false, -0.01F}), ValueError);
  CHECK_NOTHROW(SGD({p}, SGDOptions{0.1F, 0.99F, true, 0.0F}));
  CHECK_NOTHROW(SGD({}, 0.1F).step());
}

TEST_CASE("SGD fits a line with gradients chained by hand") {
  // Eight points on y = 3 x - 1; a Linear(1, 1) finds the slope and the intercept.
  Rng rng(7);
  Linear line(1, 1, rng);
  SGD sgd(line.parameters(), SGDOptions{0.1F, 0.8F, false, 0.0F});
  const Tensor x(Shape{8, 1}, {-2, -1.5F, -1, -0.5F, 0.5F, 1, 1.5F, 2});
  const Tensor y(Shape{8, 1}, {-7, -5.5F, -4, -2.5F, 0.5F, 2, 3.5F, 5});
  for (int step = 0; step < 200; ++step) {
    sgd.zero_grad();
    const auto linear = line.function();
    MSELoss loss;
    const Tensor predicted = linear->forward({x, line.weight().value(), line.bias().value()});
    loss.forward({predicted, y});
    const std::vector<Tensor> grads = linear->backward(loss.backward(Tensor::scalar(1))[0]);
    line.weight().accumulate(grads[1]);
    line.bias().accumulate(grads[2]);
    sgd.step();
  }
  CHECK_CLOSE(line.weight().value(), Doubles{3}, 1e-3, 0);
  CHECK_CLOSE(line.bias().value(), Doubles{-1}, 1e-3, 0);
}

// Adam

TEST_CASE("Adam's first step is the learning rate in the direction of the sign of each gradient") {
  // Bias correction makes m = g and v = g^2, whatever the betas.
  const Parameter p = parameter({0, 0, 0, 0});
  Adam adam({p}, 0.1F);
  set_grad(p, {1e-3F, -10, 4, 0});
  adam.step();
  CHECK_CLOSE(p.value(), Doubles{-0.1, 0.1, -0.1, 0}, 1e-4, 0);
}

TEST_CASE("Adam remembers both moments: three steps by hand") {
  // lr 1, beta1 0.5, beta2 0.75; g = 2, 2, -4.
  //   m = 1, 1.5, -1.25           m_hat = 2, 2, -1.25 / 0.875
  //   v = 1, 1.75, 5.3125         v_hat = 4, 4, 5.3125 / 0.578125
  const Parameter p = parameter({10});
  AdamOptions options;
  options.learning_rate = 1.0F;
  options.beta1 = 0.5F;
  options.beta2 = 0.75F;
  Adam adam({p}, options);
  set_grad(p, {2});
  adam.step();
  CHECK_CLOSE(p.value(), Doubles{9}, 1e-5);
  adam.step();
  CHECK_CLOSE(p.value(), Doubles{8}, 1e-5);
  set_grad(p, {-4});
  adam.step();
  CHECK_CLOSE(p.value(), Doubles{8 + (1.25 / 0.875) / std::sqrt(5.3125 / 0.578125)}, 1e-5);
}

TEST_CASE("Adam adds epsilon outside the square root") {
  // A gradient as small as epsilon: g / (|g| + epsilon) = 1/2.
  const Parameter p = parameter({0});
  AdamOptions options;
  options.learning_rate = 1.0F;
  options.epsilon = 1e-4F;
  Adam adam({p}, options);
  set_grad(p, {1e-4F});
  adam.step();
  CHECK_CLOSE(p.value(), Doubles{-0.5}, 1e-3);
}

TEST_CASE("Adam adds epsilon after the second moment's bias correction") {
  const Parameter p = parameter({0});
  AdamOptions options;
  options.learning_rate = 1.0F;
  options.epsilon = 1.0F;
  Adam adam({p}, options);
  set_grad(p, {1});
  adam.step();
  CHECK_CLOSE(p.value(), Doubles{-0.5}, 1e-3);
}

TEST_CASE("Adam agrees with double precision for all its options over many steps") {
  Rng rng(judge::seed());
  const std::vector<AdamOptions> variants = {{0.1F, 0.9F, 0.999F, 1e-8F, 0.0F},
                                             {0.05F, 0.0F, 0.9F, 1e-3F, 0.0F},
                                             {0.05F, 0.8F, 0.0F, 1e-8F, 0.0F},
                                             {0.02F, 0.9F, 0.999F, 1e-8F, 0.3F},
                                             {0.02F, 0.5F, 0.95F, 1e-6F, 1.0F}};
  for (const AdamOptions& options : variants) {
    const Floats start = random_values(1 + rng.below(70), rng);
    const Parameter p = parameter(start);
    Adam adam({p}, options);
    check_against(AdamOracle(options, false, start), p, adam, rng, 12);
  }
}

TEST_CASE("Adam steps each of many elements once, also when two threads share them") {
  const ThreadCount two(2);
  const Parameter p = ramp(300'001);
  Adam adam({p}, 0.5F);
  p.accumulate(p.value().clone());
  adam.step();
  check_ramp(p, [](double w) { return w - 0.5; });
}

TEST_CASE("Adam adds weight decay to the gradient") {
  // With no other gradient, decay alone moves each weight by the full learning rate towards zero.
  const Parameter p = parameter({4, -0.5F});
  AdamOptions options;
  options.learning_rate = 0.1F;
  options.weight_decay = 0.01F;
  Adam adam({p}, options);
  set_grad(p, {0, 0});
  adam.step();
  CHECK_CLOSE(p.value(), Doubles{3.9, -0.4}, 1e-4);
}

TEST_CASE("Adam counts the steps of each parameter on its own") {
  const Parameter early = parameter({0});
  const Parameter late = parameter({0});
  Adam adam({early, late}, 0.1F);
  set_grad(early, {1});
  for (int step = 0; step < 5; ++step) adam.step();
  CHECK_CLOSE(late.value(), Doubles{0}, 0, 0);
  early.zero_grad();
  set_grad(late, {-3});
  const float before = early.value().data()[0];
  adam.step();  // the first step of `late`
  CHECK_CLOSE(late.value(), Doubles{0.1}, 1e-4);
  CHECK_SAME(early.value().data()[0], before);
}

TEST_CASE("Adam rests a parameter's moments while it has no gradient") {
  const AdamOptions options{0.1F, 0.9F, 0.99F, 1e-8F, 0.0F};
  const Parameter p = parameter({1});
  const Parameter other = parameter({1});
  Adam adam({p, other}, options);
  AdamOracle oracle(options, false, {1});
  const auto step = [&](const Floats& g) {
    set_grad(p, g);
    adam.step();
    oracle.step(g);
    CHECK_CLOSE(p.value(), oracle.w, 1e-4);
  };
  set_grad(other, {1});
  step({1});
  step({3});
  p.zero_grad();
  for (int i = 0; i < 3; ++i) adam.step();
  CHECK_CLOSE(p.value(), oracle.w, 1e-4);
  step({-2});
}

TEST_CASE("Adam keeps moments for every element of every parameter") {
  Rng rng(judge::seed());
  const AdamOptions options{0.1F, 0.9F, 0.999F, 1e-8F, 0.0F};
  const Floats start_a = random_values(6, rng);
  const Floats start_b = random_values(3, rng);
  const Parameter a(Tensor(Shape{2, 3}, start_a));
  const Parameter b(Tensor(Shape{3}, start_b));
  Adam adam({a, b}, options);
  AdamOracle oracle_a(options, false, start_a);
  AdamOracle oracle_b(options, false, start_b);
  for (int step = 0; step < 6; ++step) {
    const Floats ga = random_values(6, rng);
    const Floats gb = random_values(3, rng);
    set_grad(a, ga);
    set_grad(b, gb);
    adam.step();
    oracle_a.step(ga);
    oracle_b.step(gb);
  }
  CHECK_CLOSE(a.value(), oracle_a.w, 1e-4, 1e-5);
  CHECK_SHAPE(a.value(), {2, 3});
  CHECK_CLOSE(b.value(), oracle_b.w, 1e-4, 1e-5);
}

TEST_CASE("Adam leaves the gradients as they are and updates in place") {
  const Tensor tensor(Shape{2}, {1, 2});
  const Parameter p(tensor);
  AdamOptions options;
  options.weight_decay = 0.5F;
  Adam adam({p}, options);
  set_grad(p, {3, 4});
  adam.step();
  adam.step();
  CHECK_CLOSE(p.grad(), Doubles{3, 4}, 0, 0);
  CHECK(p.value().shares_storage_with(tensor));
}

TEST_CASE("Adam uses the learning rate that was set last") {
  const Parameter p = parameter({0});
  Adam adam({p}, 1.0F);
  set_grad(p, {1});
  adam.step();
  adam.set_learning_rate(0.25F);
  adam.step();
  CHECK_CLOSE(p.value(), Doubles{-1.25}, 1e-4);
}

TEST_CASE("Adam refuses options out of their range") {
  const Parameter p = parameter({1});
  CHECK_THROWS_AS(Adam({p}, 0.0F), ValueError);
  CHECK_THROWS_AS(Adam({p}, AdamOptions{0.1F, 1.0F, 0.999F, 1e-8F, 0.0F}), ValueError);
  CHECK_THROWS_AS(Adam({p}, AdamOptions{0.1F, -0.1F, 0.999F, 1e-8F, 0.0F}), ValueError);
  CHECK_THROWS_AS(Adam({p}, AdamOptions{0.1F, 0.9F, 1.0F, 1e-8F, 0.0F}), ValueError);
  CHECK_THROWS_AS(Adam({p}, AdamOptions{0.1F, 0.9F, -0.1F, 1e-8F, 0.0F}), ValueError);
  CHECK_THROWS_AS(Adam({p}, AdamOptions{0.1F, 0.9F, 0.999F, -1e-8F, 0.0F}), ValueError);
  CHECK_THROWS_AS(Adam({p}, AdamOptions{0.1F, 0.9F, 0.999F, 1e-8F, -0.1F}), ValueError);
  CHECK_THROWS_AS(AdamW({p}, AdamOptions{0.1F, 1.0F, 0.999F, 1e-8F, 0.0F}), ValueError);
  CHECK_NOTHROW(Adam({p}, AdamOptions{0.1F, 0.0F, 0.0F, 0.0F, 0.0F}));
}

TEST_CASE("Adam crosses a valley that is a thousand times steeper on one side than on the other") {
  // f(w) = (1000 a^2 + b^2) / 2: one learning rate must serve both directions.
  const Parameter p = parameter({1, 1});
  Adam adam({p}, 0.05F);
  for (int step = 0; step < 400; ++step) {
    const float* w = p.value().data();
    set_grad(p, {1000 * w[0], w[1]});
    adam.step();
  }
  CHECK(std::abs(p.value().data()[0]) < 0.02F);
  CHECK(std::abs(p.value().data()[1]) < 0.02F);
}

// AdamW

TEST_CASE("AdamW shrinks the weight itself and leaves the gradient alone") {
  const Parameter p = parameter({4, -0.5F});
  AdamOptions options;
  options.learning_rate = 0.5F;
  options.weight_decay = 0.1F;
  AdamW adamw({p}, options);
  set_grad(p, {0, 0});
  adamw.step();
  CHECK_CLOSE(p.value(), Doubles{3.8, -0.475});
  adamw.step();
  CHECK_CLOSE(p.value(), Doubles{3.61, -0.45125});
  CHECK_CLOSE(p.grad(), Doubles{0, 0}, 0, 0);
}

TEST_CASE("AdamW decays before it steps") {
  // 2 - 0.5 * 0.5 * 2 = 1.5, then a first step of 0.5.
  const Parameter p = parameter({2});
  AdamOptions options;
  options.learning_rate = 0.5F;
  options.weight_decay = 0.5F;
  AdamW adamw({p}, options);
  set_grad(p, {3});
  adamw.step();
  CHECK_CLOSE(p.value(), Doubles{1.0}, 1e-4);
}

TEST_CASE("AdamW agrees with double precision over many steps") {
  Rng rng(judge::seed());
  for (const float decay : {0.0F, 0.01F, 0.5F}) {
    const AdamOptions options{0.1F, 0.8F, 0.95F, 1e-8F, decay};
    const Floats start = random_values(1 + rng.below(40), rng);
    const Parameter p = parameter(start);
    AdamW adamw({p}, options);
    check_against(AdamOracle(options, true, start), p, adamw, rng, 12);
  }
}

TEST_CASE("AdamW without gradient does not decay") {
  const Parameter p = parameter({4});
  AdamOptions options;
  options.weight_decay = 0.5F;
  AdamW adamw({p}, options);
  adamw.step();
  CHECK_CLOSE(p.value(), Doubles{4}, 0, 0);
}

TEST_CASE("No optimizer writes behind the last element of a tensor") {
  // kernels::allocate puts a word of its own there, and looks at it when the memory is released.
  const std::int64_t before = kernels::memory_use().overruns;
  {
    const Parameter p = parameter({1, 2, 3, 4, 5});
    set_grad(p, {1, 1, 1, 1, 1});
    SGD plain({p}, 0.1F);
    SGD momentum({p}, SGDOptions{0.1F, 0.9F, false, 0.1F});
    Adam adam({p}, 0.1F);
    for (Optimizer* optimizer : std::initializer_list<Optimizer*>{&plain, &momentum, &adam}) optimizer->step();
  }
  CHECK_SAME(kernels::memory_use().overruns, before);
}

// Schedules

TEST_CASE("LRScheduler sets the rate of epoch 0 when it is made and the next rate at every step") {
  Idle optimizer({}, 0.4F);
  WarmUp schedule(optimizer);
  CHECK_SAME(schedule.epoch(), 0);
  CHECK_CLOSE(optimizer.learning_rate(), 0.1);
  schedule.step();
  CHECK_SAME(schedule.epoch(), 1);
  CHECK_CLOSE(optimizer.learning_rate(), 0.2);
  schedule.step();
  schedule.step();
  CHECK_SAME(schedule.epoch(), 3);
  CHECK_CLOSE(optimizer.learning_rate(), 0.4);
}

TEST_CASE("LRScheduler keeps its base rate when the optimizer's rate is changed by hand") {
  Idle optimizer({}, 0.4F);
  WarmUp schedule(optimizer);
  optimizer.set_learning_rate(5.0F);
  schedule.step();
  CHECK_CLOSE(optimizer.learning_rate(), 0.2);
}

TEST_CASE("StepLR multiplies the rate by gamma every step_size epochs") {
  Idle optimizer({}, 0.8F);
  StepLR schedule(optimizer, 3, 0.5F);
  const Doubles expected = {0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.1};
  for (std::size_t epoch = 0; epoch < expected.size(); ++epoch) {
    CHECK_SAME(schedule.epoch(), static_cast<std::int64_t>(epoch));
    CHECK_CLOSE(optimizer.learning_rate(), expected[epoch]);
    schedule.step();
  }
}

TEST_CASE("StepLR tells the rate of any epoch and by default divides by ten") {
  Idle optimizer({}, 1.0F);
  const StepLR schedule(optimizer, 10);
  CHECK_CLOSE(schedule.rate(0), 1.0);
  CHECK_CLOSE(schedule.rate(9), 1.0);
  CHECK_CLOSE(schedule.rate(10), 0.1);
  CHECK_CLOSE(schedule.rate(39), 0.001, 1e-5, 0);
  CHECK_CLOSE(optimizer.learning_rate(), 1.0);
}

TEST_CASE("StepLR refuses a step size or a gamma that is not above zero") {
  Idle optimizer({}, 0.1F);
  CHECK_THROWS_AS(StepLR(optimizer, 0, 0.5F), ValueError);
  CHECK_THROWS_AS(StepLR(optimizer, -1, 0.5F), ValueError);
  CHECK_THROWS_AS(StepLR(optimizer, 1, 0.0F), ValueError);
  CHECK_THROWS_AS(StepLR(optimizer, 1, -0.5F), ValueError);
}

TEST_CASE("CosineAnnealingLR falls along half a cosine") {
  Idle optimizer({}, 1.0F);
  CosineAnnealingLR schedule(optimizer, 4, 0.2F);
  const double root_half = std::sqrt(0.5);
  const Doubles expected = {1.0, 0.2 + 0.4 * (1 + root_half), 0.6, 0.2 + 0.4 * (1 - root_half), 0.2};
  for (const double rate : expected) {
    CHECK_CLOSE(optimizer.learning_rate(), rate);
    schedule.step();
  }
}

TEST_CASE("CosineAnnealingLR stays at its lowest rate after the period") {
  Idle optimizer({}, 0.5F);
  CosineAnnealingLR schedule(optimizer, 3, 0.125F);
  for (int epoch = 0; epoch < 3; ++epoch) schedule.step();
  for (int epoch = 3; epoch < 8; ++epoch) {
    CHECK_CLOSE(optimizer.learning_rate(), 0.125);
    schedule.step();
  }
  CHECK_CLOSE(schedule.rate(1000), 0.125);
}

TEST_CASE("CosineAnnealingLR reaches zero by default and agrees with the formula at random") {
  Rng rng(judge::seed());
  for (int trial = 0; trial < 20; ++trial) {
    const float base = rng.uniform(0.01F, 2.0F);
    const auto period = static_cast<std::int64_t>(1 + rng.below(50));
    Idle optimizer({}, base);
    const CosineAnnealingLR schedule(optimizer, period);
    const auto epoch = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(period) + 1));
    const double turn = std::acos(-1.0) * static_cast<double>(epoch) / static_cast<double>(period);
    CHECK_CLOSE(schedule.rate(epoch), base * (1 + std::cos(turn)) / 2, 1e-4, 1e-6);
    CHECK_CLOSE(schedule.rate(period), 0.0);
  }
}

TEST_CASE("CosineAnnealingLR refuses a period or a lowest rate out of range") {
  Idle optimizer({}, 0.1F);
  CHECK_THROWS_AS(CosineAnnealingLR(optimizer, 0), ValueError);
  CHECK_THROWS_AS(CosineAnnealingLR(optimizer, -2), ValueError);
  CHECK_THROWS_AS(CosineAnnealingLR(optimizer, 5, -0.01F), ValueError);
  CHECK_THROWS_AS(CosineAnnealingLR(optimizer, 5, 0.2F), ValueError);
  CHECK_NOTHROW(CosineAnnealingLR(optimizer, 5, 0.1F));
  CHECK_NOTHROW(CosineAnnealingLR(optimizer, 1));
}

TEST_CASE("A schedule drives a real optimizer: the steps get shorter") {
  const Parameter p = parameter({0});
  SGD sgd({p}, 1.0F);
  StepLR schedule(sgd, 1, 0.5F);
  set_grad(p, {1});
  for (int epoch = 0; epoch < 4; ++epoch) {
    sgd.step();
    schedule.step();
  }
  CHECK_CLOSE(p.value(), Doubles{-1.875});
}
