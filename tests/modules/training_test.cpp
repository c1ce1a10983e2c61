// Module training: the loop step by step against the same steps written out, what it tells along the way,
// and saved models.
#include "tinytorch/training.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "io/safetensors.hpp"
#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

using Doubles = std::vector<double>;
using Floats = std::vector<float>;

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

// The first element of every sample that a source hands out, batch after batch.
Floats first_elements(BatchSource& source) {
  Floats values;
  Batch batch;
  while (source.next(batch)) {
    REQUIRE(batch.inputs.rank() > 0);
    REQUIRE(batch.size() > 0);
    const std::int64_t width = batch.inputs.size() / batch.size();
    for (std::int64_t i = 0; i < batch.size(); ++i) values.push_back(batch.inputs.data()[i * width]);
    REQUIRE(values.size() < 10000);  // a source that never ends
  }
  return values;
}

// 0, 1, 2, ... as inputs (N, 1), and ten times that as targets (N,).
OneAtATime counting_source(std::int64_t n) {
  Tensor inputs(Shape{n, 1});
  Tensor targets(Shape{n});
  for (std::int64_t i = 0; i < n; ++i) {
    inputs.data()[i] = static_cast<float>(i);
    targets.data()[i] = static_cast<float>(10 * i);
  }
  return OneAtATime(inputs, targets);
}

Floats in_order(const std::vector<std::int64_t>& order) { return Floats(order.begin(), order.end()); }

// Hands out the given batches, epoch after epoch.
class Batches : public BatchSource {
 public:
  explicit Batches(std::vector<Batch> batches) : batches_(std::move(batches)) {}
  void start_epoch() override {
    position_ = 0;
    ++epochs;
  }
  bool next(Batch& batch) override {
    if (position_ == batches_.size()) return false;
    batch = batches_[position_++];
    return true;
  }
  std::int64_t samples_per_epoch() const override {
    std::int64_t samples = 0;
    for (const Batch& batch : batches_) samples += batch.size();
    return samples;
  }
  int epochs = 0;

 private:
  std::vector<Batch> batches_;
  std::size_t position_ = 0;
};

// Two classes of points in the plane, well apart; `sizes` are those of the batches.
Batches two_clouds(const std::vector<std::int64_t>& sizes, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Batch> batches;
  for (const std::int64_t n : sizes) {
    Batch batch{Tensor(Shape{n, 2}), Tensor(Shape{n})};
    for (std::int64_t i = 0; i < n; ++i) {
      const bool second = rng.below(2) == 1;
      const float centre = second ? 1.5F : -1.5F;
      batch.inputs.data()[2 * i] = rng.normal(centre, 0.5F);
      batch.inputs.data()[2 * i + 1] = rng.normal(-centre, 0.5F);
      batch.targets.data()[i] = second ? 1.0F : 0.0F;
    }
    batches.push_back(batch);
  }
  return Batches(batches);
}

// A net of two layers, the same for the same seed.
std::unique_ptr<Sequential> small_net(std::uint64_t seed, std::int64_t in = 2, std::int64_t out = 2) {
  Rng rng(seed);
  auto net = std::make_unique<Sequential>();
  net->add<Linear>(in, 4, rng);
  net->add<Activation<Tanh>>();
  net->add<Linear>(4, out, rng);
  return net;
}

std::vector<Floats> values_of(const Layer& model) {
  std::vector<Floats> values;
  for (const Parameter& parameter : model.parameters()) {
    const Tensor& value = parameter.value();
    values.emplace_back(value.data(), value.data() + value.size());
  }
  return values;
}

// A layer of one weight w with result w * x, that notes how it is called.
class Spy : public Layer {
 public:
  explicit Spy(float w) : weight_(Tensor(Shape{1, 1}, {w})) {}

  std::string name() const override { return "Spy"; }
  std::unique_ptr<Function> function() override {
    modes.push_back(training());
    // Whether apply() records at this moment.
    const Variable probe(Tensor::scalar(1), true);
    recording.push_back((probe + probe).requires_grad());
    return std::make_unique<LinearFunction>();
  }
  std::vector<Parameter> parameters() const override { return {weight_}; }
  std::vector<NamedTensor> state() const override { return {{"weight", weight_.value()}}; }

  float weight() const { return weight_.value().data()[0]; }
  const Parameter& parameter() const { return weight_; }

  std::vector<bool> modes;
  std::vector<bool> recording;

 private:
  Parameter weight_;
};

Batch batch_of(const Floats& inputs, const Floats& targets) {
  const auto n = static_cast<std::int64_t>(inputs.size());
  return {Tensor(Shape{n, 1}, inputs), Tensor(Shape{n, 1}, targets)};
}

bool all_are(const std::vector<bool>& flags, bool value) {
  return std::all_of(flags.begin(), flags.end(), [value](bool flag) { return flag == value; });
}

// A folder that disappears with the case.
class Folder {
 public:
  Folder() {
    std::random_device device;
    path_ = std::filesystem::temp_directory_path() /
            ("training_test_" + std::to_string(device()) + std::to_string(device()));
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

// The message of the IoError that `action` throws, "" when it throws none.
template <class Action>
std::string io_error(const Action& action) {
  try {
    action();
  } catch (const IoError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

// OneAtATime

TEST_CASE("OneAtATime hands out every sample in order as a batch of one") {
  OneAtATime source(Tensor(Shape{2, 3}, {1, 2, 3, 4, 5, 6}), Tensor(Shape{2}, {7, 8}));
  source.start_epoch();
  Batch batch;
  REQUIRE(source.next(batch));
  CHECK_CLOSE(batch.inputs, Tensor(Shape{1, 3}, {1, 2, 3}), 0, 0);
  CHECK_CLOSE(batch.targets, Tensor(Shape{1}, {7}), 0, 0);
  CHECK_SAME(batch.size(), 1);
  REQUIRE(source.next(batch));
  CHECK_CLOSE(batch.inputs, Tensor(Shape{1, 3}, {4, 5, 6}), 0, 0);
  CHECK_CLOSE(batch.targets, Tensor(Shape{1}, {8}), 0, 0);
  CHECK_FALSE(source.next(batch));
  CHECK_FALSE(source.next(batch));
}

TEST_CASE("OneAtATime keeps the shape of images and of targets that are rows") {
  OneAtATime source(Tensor(Shape{3, 2, 4, 5}), Tensor(Shape{3, 6}));
  source.start_epoch();
  Batch batch;
  REQUIRE(source.next(batch));
  CHECK_SHAPE(batch.inputs, {1, 2, 4, 5});
  CHECK_SHAPE(batch.targets, {1, 6});
}

TEST_CASE("OneAtATime leaves the batch alone when the epoch is over") {
  OneAtATime source = counting_source(1);
  source.start_epoch();
  Batch batch;
  REQUIRE(source.next(batch));
  Batch untouched{Tensor(Shape{1}, {42}), Tensor(Shape{1}, {43})};
  CHECK_FALSE(source.next(untouched));
  CHECK_CLOSE(untouched.inputs, Doubles{42}, 0, 0);
  CHECK_CLOSE(untouched.targets, Doubles{43}, 0, 0);
}

TEST_CASE("OneAtATime hands out nothing before the first epoch is started") {
  OneAtATime source = counting_source(3);
  Batch batch;
  CHECK_FALSE(source.next(batch));
}

TEST_CASE("OneAtATime knows how many samples an epoch has") {
  CHECK_SAME(counting_source(7).samples_per_epoch(), 7);
  OneAtATime empty(Tensor(Shape{0, 3}), Tensor(Shape{0}));
  CHECK_SAME(empty.samples_per_epoch(), 0);
  empty.start_epoch();
  Batch batch;
  CHECK_FALSE(empty.next(batch));
}

TEST_CASE("OneAtATime starts every epoch from the beginning even in the middle of one") {
  OneAtATime source = counting_source(4);
  source.start_epoch();
  CHECK(first_elements(source) == Floats{0, 1, 2, 3});
  source.start_epoch();
  Batch batch;
  REQUIRE(source.next(batch));
  REQUIRE(source.next(batch));
  source.start_epoch();
  CHECK(first_elements(source) == Floats{0, 1, 2, 3});
}

TEST_CASE("OneAtATime shuffles each epoch anew in the order that its seed gives") {
  const std::uint64_t seed = judge::seed();
  const std::int64_t n = 25;
  Tensor inputs(Shape{n, 1});
  Tensor targets(Shape{n});
  for (std::int64_t i = 0; i < n; ++i) inputs.data()[i] = targets.data()[i] = static_cast<float>(i);
  OneAtATime source(inputs, targets, seed);
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    source.start_epoch();
    CHECK_SAME(first_elements(source), in_order(Rng(seed + epoch).permutation(n)));
  }
}

TEST_CASE("OneAtATime counts an epoch that was given up") {
  OneAtATime source(Tensor(Shape{6, 1}, {0, 1, 2, 3, 4, 5}), Tensor(Shape{6}), 3);
  source.start_epoch();
  Batch batch;
  REQUIRE(source.next(batch));
  source.start_epoch();
  CHECK_SAME(first_elements(source), in_order(Rng(4).permutation(6)));
}

TEST_CASE("OneAtATime keeps inputs and targets together when it shuffles") {
  const std::int64_t n = 10;
  Tensor inputs(Shape{n, 2});
  Tensor targets(Shape{n});
  for (std::int64_t i = 0; i < n; ++i) {
    inputs.data()[2 * i] = static_cast<float>(i);
    inputs.data()[2 * i + 1] = static_cast<float>(-i);
    targets.data()[i] = static_cast<float>(100 + i);
  }
  OneAtATime source(inputs, targets, judge::seed());
  source.start_epoch();
  Batch batch;
  int batches = 0;
  while (source.next(batch)) {
    REQUIRE(batch.inputs.size() == 2);
    REQUIRE(batch.targets.size() == 1);
    CHECK_SAME(batch.targets.data()[0], 100 + batch.inputs.data()[0]);
    CHECK_SAME(batch.inputs.data()[1], -batch.inputs.data()[0]);
    REQUIRE(++batches <= n);
  }
  CHECK_SAME(batches, static_cast<int>(n));
}

TEST_CASE("OneAtATime refuses inputs and targets of different number") {
  CHECK_THROWS_AS(OneAtATime(Tensor(Shape{3, 2}), Tensor(Shape{2})), ShapeError);
  CHECK_THROWS_AS(OneAtATime(Tensor(Shape{3, 2}), Tensor(Shape{4}), 1), ShapeError);
  CHECK_THROWS_AS(OneAtATime(Tensor::scalar(1), Tensor(Shape{1})), ShapeError);
  CHECK_THROWS_AS(OneAtATime(Tensor(Shape{1}), Tensor::scalar(1)), ShapeError);
  CHECK_THROWS_AS(OneAtATime(Tensor::scalar(1), Tensor(Shape{0})), ShapeError);
  CHECK_THROWS_AS(OneAtATime(Tensor(Shape{0, 3}), Tensor::scalar(1)), ShapeError);
  CHECK_THROWS_AS(OneAtATime(Tensor::scalar(1), Tensor::scalar(1)), ShapeError);
}

TEST_CASE("OneAtATime hands out samples that are single numbers") {
  OneAtATime source(Tensor(Shape{3}, {1, 2, 3}), Tensor(Shape{3}, {4, 5, 6}));
  source.start_epoch();
  CHECK(first_elements(source) == Floats{1, 2, 3});
}

// clip_grad_norm

TEST_CASE("clip_grad_norm scales a gradient that is too long and returns its norm before") {
  const Parameter p(Tensor(Shape{2}));
  p.accumulate(Tensor(Shape{2}, {3, -4}));
  CHECK_CLOSE(clip_grad_norm({p}, 1.0), 5.0);
  CHECK_CLOSE(p.grad(), Doubles{0.6, -0.8});
}

TEST_CASE("clip_grad_norm leaves a gradient alone that is short enough") {
  const Parameter p(Tensor(Shape{2}));
  p.accumulate(Tensor(Shape{2}, {3, -4}));
  CHECK_CLOSE(clip_grad_norm({p}, 10.0), 5.0);
  CHECK_CLOSE(p.grad(), Doubles{3, -4}, 0, 0);
  CHECK_CLOSE(clip_grad_norm({p}, 5.0), 5.0);
  CHECK_CLOSE(p.grad(), Doubles{3, -4}, 1e-6, 0);
}

TEST_CASE("clip_grad_norm takes the norm of all parameters together") {
  const Parameter a(Tensor(Shape{2}));
  const Parameter b(Tensor(Shape{1, 2}));
  a.accumulate(Tensor(Shape{2}, {1, 2}));
  b.accumulate(Tensor(Shape{1, 2}, {4, 10}));
  CHECK_CLOSE(clip_grad_norm({a, b}, 5.5), 11.0);
  CHECK_CLOSE(a.grad(), Doubles{0.5, 1});
  CHECK_CLOSE(b.grad(), Doubles{2, 5});
}

TEST_CASE("clip_grad_norm passes over parameters without gradient") {
  const Parameter with(Tensor(Shape{1}));
  const Parameter without(Tensor(Shape{3}));
  with.accumulate(Tensor(Shape{1}, {-8}));
  CHECK_CLOSE(clip_grad_norm({without, with}, 2.0), 8.0);
  CHECK_CLOSE(with.grad(), Doubles{-2});
  CHECK(without.grad().empty());
  CHECK_CLOSE(clip_grad_norm({without}, 2.0), 0.0);
  CHECK_CLOSE(clip_grad_norm({}, 2.0), 0.0);
}

TEST_CASE("clip_grad_norm keeps zero gradients zero and sums large ones in double precision") {
  const Parameter p(Tensor(Shape{2}));
  p.accumulate(Tensor(Shape{2}, {0, 0}));
  CHECK_CLOSE(clip_grad_norm({p}, 1.0), 0.0);
  CHECK_CLOSE(p.grad(), Doubles{0, 0}, 0, 0);
  p.accumulate(Tensor(Shape{2}, {3e30F, 4e30F}));  // the squares do not fit into a float
  CHECK_CLOSE(clip_grad_norm({p}, 1.0), 5e30, 1e-5);
  CHECK_CLOSE(p.grad(), Doubles{0.6, 0.8});
}

TEST_CASE("clip_grad_norm brings random gradients to the wanted norm") {
  Rng rng(judge::seed());
  for (int trial = 0; trial < 10; ++trial) {
    std::vector<Parameter> parameters;
    double squares = 0;
    for (int i = 0; i < 4; ++i) {
      const auto n = static_cast<std::int64_t>(1 + rng.below(50));
      parameters.emplace_back(Tensor(Shape{n}));
      const Tensor g = Tensor::normal(Shape{n}, 0, 3, rng);
      for (std::int64_t j = 0; j < n; ++j) squares += static_cast<double>(g.data()[j]) * g.data()[j];
      parameters.back().accumulate(g);
    }
    const double norm = std::sqrt(squares);
    CHECK_CLOSE(clip_grad_norm(parameters, norm / 3), norm);
    CHECK_CLOSE(clip_grad_norm(parameters, 1e9), norm / 3);
  }
}

TEST_CASE("clip_grad_norm counts every element of a large gradient once") {
  for (const std::int64_t n : {63, 64, 65, 100, 511, 512, 700, 1000}) {
    const Parameter p(Tensor(Shape{n}));
    Tensor gradient(Shape{n});
    double squares = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      gradient.data()[i] = static_cast<float>(i % 7 + 1);
      squares += static_cast<double>((i % 7 + 1) * (i % 7 + 1));
    }
    p.accumulate(gradient);
    CHECK_CLOSE(clip_grad_norm({p}, 1e9), std::sqrt(squares), 1e-9, 0);
  }
}

TEST_CASE("clip_grad_norm refuses a largest norm that is not above zero") {
  CHECK_THROWS_AS(clip_grad_norm({}, 0.0), ValueError);
  CHECK_THROWS_AS(clip_grad_norm({}, -1.0), ValueError);
}

// EarlyStopping

TEST_CASE("EarlyStopping waits for patience epochs in a row without a fall") {
  EarlyStopping stopping(3);
  CHECK_FALSE(stopping.should_stop(5));
  CHECK_FALSE(stopping.should_stop(6));
  CHECK_FALSE(stopping.should_stop(7));
  CHECK(stopping.should_stop(8));
  CHECK_SAME(stopping.best(), 5.0);
}

TEST_CASE("EarlyStopping starts to count again after every fall") {
  EarlyStopping stopping(2);
  CHECK_FALSE(stopping.should_stop(5));
  CHECK_FALSE(stopping.should_stop(6));
  CHECK_FALSE(stopping.should_stop(4));
  CHECK_FALSE(stopping.should_stop(4.5));
  CHECK_FALSE(stopping.should_stop(3));
  CHECK_SAME(stopping.best(), 3.0);
  CHECK_FALSE(stopping.should_stop(3.5));
  CHECK(stopping.should_stop(3.25));
}

TEST_CASE("EarlyStopping compares with the best loss and not with the last one") {
  EarlyStopping stopping(2);
  CHECK_FALSE(stopping.should_stop(1));
  CHECK_FALSE(stopping.should_stop(9));
  CHECK(stopping.should_stop(5));  // falling, but not below 1
  CHECK_SAME(stopping.best(), 1.0);
}

TEST_CASE("EarlyStopping does not count an equal loss as a fall") {
  EarlyStopping stopping(1);
  CHECK_FALSE(stopping.should_stop(2));
  CHECK(stopping.should_stop(2));
}

TEST_CASE("EarlyStopping with a smallest change wants a fall by more than that") {
  EarlyStopping stopping(1, 0.5);
  CHECK_FALSE(stopping.should_stop(4));
  CHECK_FALSE(stopping.should_stop(3.25));  // by 0.75
  CHECK(stopping.should_stop(2.75));        // by 0.5 only
}

TEST_CASE("EarlyStopping counts a loss that is not a number as no improvement") {
  EarlyStopping stopping(2);
  CHECK_FALSE(stopping.should_stop(1));
  CHECK_FALSE(stopping.should_stop(not_a_number));
  CHECK(stopping.should_stop(not_a_number));
  CHECK_SAME(stopping.best(), 1.0);
  EarlyStopping first(2);
  CHECK_FALSE(first.should_stop(not_a_number));
  CHECK_FALSE(first.should_stop(3));  // a number after all
  CHECK_SAME(first.best(), 3.0);
}

TEST_CASE("EarlyStopping refuses a patience or a smallest change out of range") {
  CHECK_THROWS_AS(EarlyStopping(0), ValueError);
  CHECK_THROWS_AS(EarlyStopping(-1), ValueError);
  CHECK_THROWS_AS(EarlyStopping(1, -0.1), ValueError);
}

// Trainer::evaluate

TEST_CASE("Trainer evaluate: loss and accuracy of a known model on known data") {
  // Logits are (x, 0): class 0 when x > 0.
  Rng rng(1);
  Linear model(1, 2, rng);
  model.weight().value().data()[0] = 1;
  model.weight().value().data()[1] = 0;
  SGD sgd(model.parameters(), 0.1F);
  Trainer trainer(model, sgd, loss<CrossEntropyLoss>());
  OneAtATime data(Tensor(Shape{4, 1}, {2, -2, 3, -1}), Tensor(Shape{4}, {0, 1, 1, 0}));
  const Evaluation e = trainer.evaluate(data);
  CHECK_SAME(e.samples, 4);
  CHECK_CLOSE(e.accuracy, 0.5);
  const double right_at_2 = std::log(1 + std::exp(-2.0));
  const double wrong_at_3 = std::log(1 + std::exp(3.0));
  const double wrong_at_1 = std::log(1 + std::exp(1.0));
  CHECK_CLOSE(e.loss, (2 * right_at_2 + wrong_at_3 + wrong_at_1) / 4);
}

TEST_CASE("Trainer evaluate: every sample counts the same in batches of different size") {
  Spy model(1);
  SGD sgd(model.parameters(), 0.1F);
  Trainer trainer(model, sgd, loss<MSELoss>());
  Batches data({batch_of({1, 2, 3}, {2, 3, 4}), batch_of({5}, {8})});
  const Evaluation e = trainer.evaluate(data);
  CHECK_SAME(e.samples, 4);
  CHECK_CLOSE(e.loss, 12.0 / 4);  // squares 1, 1, 1 and 9; the mean of the batches would be 5

  auto net = small_net(judge::seed());
  SGD other(net->parameters(), 0.1F);
  Trainer classifier(*net, other, loss<CrossEntropyLoss>());
  Batches uneven = two_clouds({1, 7, 2}, judge::seed());
  double right = 0;
  uneven.start_epoch();
  Batch batch;
  while (uneven.next(batch))
    right += accuracy(net->forward(batch.inputs), batch.targets) * static_cast<double>(batch.size());
  CHECK_CLOSE(classifier.evaluate(uneven).accuracy, right / 10);
}

TEST_CASE("Trainer evaluate: one sample, and none at all") {
  Rng rng(1);
  Linear model(1, 2, rng);
  model.weight().value().data()[0] = 1;
  model.weight().value().data()[1] = 0;
  SGD sgd(model.parameters(), 0.1F);
  Trainer trainer(model, sgd, loss<CrossEntropyLoss>());
  OneAtATime one(Tensor(Shape{1, 1}, {2}), Tensor(Shape{1}, {0}));
  const Evaluation single = trainer.evaluate(one);
  CHECK_SAME(single.samples, 1);
  CHECK_CLOSE(single.loss, std::log(1 + std::exp(-2.0)));
  CHECK_CLOSE(single.accuracy, 1.0);
  Batches empty({});
  const Evaluation none = trainer.evaluate(empty);
  CHECK_SAME(none.samples, 0);
  CHECK_SAME(none.loss, 0.0);
  CHECK_SAME(none.accuracy, -1.0);
}

TEST_CASE("Trainer evaluate: no accuracy where targets are values") {
  Spy model(1);
  SGD sgd(model.parameters(), 0.1F);
  Trainer trainer(model, sgd, loss<MSELoss>());
  Batches data({batch_of({1, 2}, {1, 2})});
  CHECK_SAME(trainer.evaluate(data).accuracy, -1.0);
}

TEST_CASE("Trainer evaluate: in evaluation mode; afterwards the mode is put back") {
  Spy model(1);
  SGD sgd(model.parameters(), 0.1F);
  Trainer trainer(model, sgd, loss<MSELoss>());
  Batches data({batch_of({1}, {1}), batch_of({2}, {2})});
  trainer.evaluate(data);
  CHECK_SAME(model.modes.size(), std::size_t{2});
  CHECK(all_are(model.modes, false));
  CHECK(model.training());
  model.set_training(false);
  trainer.evaluate(data);
  CHECK_FALSE(model.training());
}

TEST_CASE("Trainer evaluate: records no gradients and changes no parameter") {
  Spy model(3);
  SGD sgd(model.parameters(), 0.1F);
  Trainer trainer(model, sgd, loss<MSELoss>());
  Batches data({batch_of({1}, {5}), batch_of({2}, {5})});
  trainer.evaluate(data);
  CHECK_SAME(model.recording.size(), std::size_t{2});
  CHECK(all_are(model.recording, false));
  CHECK(model.parameter().grad().empty());
  CHECK_SAME(model.weight(), 3.0F);
  const Variable after(Tensor::scalar(1), true);
  CHECK((after + after).requires_grad());
}

// Trainer::fit

TEST_CASE("Trainer fit: one step a batch as by hand") {
  // w = 1, lr 0.1: dL/dw = 2 (w x - y) x.
  Spy model(1);
  SGD sgd(model.parameters(), 0.1F);
  Trainer trainer(model, sgd, loss<MSELoss>());
  Batches data({batch_of({1}, {3}), batch_of({2}, {4})});
  trainer.fit(data, 1);
  // First 1 + 0.1 * 2 * 2 = 1.4, then 1.4 + 0.1 * 2 * (4 - 2.8) * 2 = 1.88.
  CHECK_CLOSE(model.weight(), 1.88, 1e-5);
}

TEST_CASE("Trainer fit: the same parameters as the loop written out") {
  const std::uint64_t seed = judge::seed();
  auto trained = small_net(seed);
  auto by_hand = small_net(seed);
  const SGDOptions options{0.05F, 0.9F, false, 0.01F};
  Batches data = two_clouds({4, 3, 5, 1}, seed + 1);

  SGD sgd(trained->parameters(), options);
  Trainer trainer(*trained, sgd, loss<CrossEntropyLoss>());
  trainer.fit(data, 3);

  SGD other(by_hand->parameters(), options);
  for (int epoch = 0; epoch < 3; ++epoch) {
    data.start_epoch();
    Batch batch;
    while (data.next(batch)) {
      other.zero_grad();
      Variable y = forward(*by_hand, Variable(batch.inputs));
      Variable l = apply(std::make_unique<CrossEntropyLoss>(), {y, Variable(batch.targets)});
      l.backward();
      other.step();
    }
  }
  const std::vector<Floats> a = values_of(*trained);
  const std::vector<Floats> b = values_of(*by_hand);
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK_CLOSE(Tensor(Shape{static_cast<std::int64_t>(a[i].size())}, a[i]), Doubles(b[i].begin(), b[i].end()), 1e-4,
                1e-5);
  }
}

TEST_CASE("Trainer fit: the loss falls and the two clouds are told apart") {
  auto net = small_net(5);
  SGD sgd(net->parameters(), 0.1F);
  Trainer trainer(*net, sgd, loss<CrossEntropyLoss>());
  Batches train = two_clouds(std::vector<std::int64_t>(20, 4), 11);
  Batches validation = two_clouds({40}, 12);
  const History history = trainer.fit(train, 5, &validation);
  REQUIRE(history.size() == 5);
  CHECK(history[4].train.loss < 0.5 * history[0].train.loss);
  CHECK(history[4].validation.accuracy > 0.95);
}

TEST_CASE("Trainer fit: one record an epoch with its number and counts") {
  Spy model(1);
  SGD sgd(model.parameters(), 0.01F);
  Trainer trainer(model, sgd, loss<MSELoss>());
  Batches train({batch_of({1, 2}, {3, 4}), batch_of({2}, {4})});
  const History history = trainer.fit(train, 3);
  REQUIRE(history.size() == 3);
  CHECK_SAME(train.epochs, 3);
  for (int epoch = 0; epoch < 3; ++epoch) {
    const EpochRecord& record = history[static_cast<std::size_t>(epoch)];
    CHECK_SAME(record.epoch, epoch);
    CHECK_SAME(record.train.samples, 3);
    CHECK_SAME(record.train.accuracy, -1.0);
    CHECK_SAME(record.validation.samples, 0);
    CHECK_CLOSE(record.learning_rate, 0.01);
    CHECK(record.seconds >= 0);
    CHECK(record.seconds < 5);
  }
}

TEST_CASE("Trainer fit: the training loss is the mean over samples while they were learnt from") {
  // The weight stays put at a learning rate of zero.
  Spy model(1);
  SGD sgd(model.parameters(), 0.1F);
  sgd.set_learning_rate(0);
  Trainer trainer(model, sgd, loss<MSELoss>());
  Batches train({batch_of({1, 2, 3}, {2, 3, 4}), batch_of({5}, {8})});
  const History history = trainer.fit(train, 1);
  REQUIRE(history.size() == 1);
  CHECK_CLOSE(history[0].train.loss, 3.0);
  CHECK_SAME(model.weight(), 1.0F);
}

TEST_CASE("Trainer fit: the training loss is that before each step") {
  // w = 1 gives loss 4, its step w = 1.4, and that loss (1.4 * 2 - 4)^2.
  Spy model(1);
  SGD sgd(model.parameters(), 0.1F);
  Trainer trainer(model, sgd, loss<MSELoss>());
  Batches train({batch_of({1}, {3}), batch_of({2}, {4})});
  const History history = trainer.fit(train, 1);
  REQUIRE(history.size() == 1);
  CHECK_CLOSE(history[0].train.loss, (4.0 + 1.2 * 1.2) / 2, 1e-4);
}

TEST_CASE("Trainer fit: training accuracy counts samples and not batches") {
  Rng rng(1);
  Linear model(1, 2, rng);
  model.weight().value().data()[0] = 1;
  model.weight().value().data()[1] = 0;
  SGD sgd(model.parameters(), 0.1F);
  sgd.set_learning_rate(0);
  Trainer trainer(model, sgd, loss<CrossEntropyLoss>());
  Batches train({{Tensor(Shape{3, 1}, {1, 2, 3}), Tensor(Shape{3}, {0, 0, 0})},
                 {Tensor(Shape{1, 1}, {1}), Tensor(Shape{1}, {1})}});
  const History history = trainer.fit(train, 1);
  REQUIRE(history.size() == 1);
  CHECK_CLOSE(history[0].train.accuracy, 0.75);
}

TEST_CASE("Trainer fit: in training mode; in evaluation mode for validation only") {
  Spy model(1);
  model.set_training(false);
  SGD sgd(model.parameters(), 0.01F);
  Trainer trainer(model, sgd, loss<MSELoss>());
  Batches train({batch_of({1}, {1}), batch_of({2}, {2})});
  Batches validation({batch_of({3}, {3})});
  trainer.fit(train, 2, &validation);
  CHECK(model.modes == std::vector<bool>{true, true, false, true, true, false});
  CHECK(model.recording == std::vector<bool>{true, true, false, true, true, false});
}

TEST_CASE("Trainer fit: validation is measured after each epoch's training") {
  Spy model(1);
  SGD sgd(model.parameters(), 0.1F);
  Trainer trainer(model, sgd, loss<MSELoss>());
  Batches train({batch_of({1}, {3})});
  Batches validation({batch_of({1, 1}, {1.4F, 1.4F})});
  const History history = trainer.fit(train, 1, &validation);
  REQUIRE(history.size() == 1);
  CHECK_SAME(history[0].validation.samples, 2);
  CHECK_CLOSE(history[0].validation.loss, 0.0, 0, 1e-9);  // w = 1.4 by then
  CHECK_CLOSE(model.weight(), 1.4);                       // nothing was learnt from it
}

TEST_CASE("Trainer fit: clips gradients when told to") {
  Spy model(0);
  SGD sgd(model.parameters(), 0.1F);
  TrainerOptions options;
  options.clip_norm = 0.5;
  Trainer trainer(model, sgd, loss<MSELoss>(), options);
  Batches train({batch_of({1}, {100})});
  trainer.fit(train, 1);
  CHECK_CLOSE(model.weight(), 0.05);  // the gradient was -200

  Spy free(0);
  SGD other(free.parameters(), 0.1F);
  Trainer unclipped(free, other, loss<MSELoss>());
  unclipped.fit(train, 1);
  CHECK_CLOSE(free.weight(), 20.0);
}

TEST_CASE("Trainer fit: steps the schedule after every epoch") {
  Spy model(1);
  SGD sgd(model.parameters(), 0.4F);
  StepLR schedule(sgd, 1, 0.5F);
  TrainerOptions options;
  options.scheduler = &schedule;
  Trainer trainer(model, sgd, loss<MSELoss>(), options);
  Batches train({batch_of({0.1F}, {0.1F}), batch_of({0.1F}, {0.1F})});
  const History history = trainer.fit(train, 3);
  REQUIRE(history.size() == 3);
  CHECK_CLOSE(history[0].learning_rate, 0.4);
  CHECK_CLOSE(history[1].learning_rate, 0.2);
  CHECK_CLOSE(history[2].learning_rate, 0.1);
  CHECK_SAME(schedule.epoch(), 3);
}

TEST_CASE("Trainer fit: ends early by the validation loss") {
  // Training moves the weight from 0 to 1; the validation data want 0.
  Spy model(0);
  SGD sgd(model.parameters(), 0.1F);
  EarlyStopping stopping(2);
  TrainerOptions options;
  options.stopping = &stopping;
  Trainer trainer(model, sgd, loss<MSELoss>(), options);
  Batches train({batch_of({1}, {1})});
  Batches validation({batch_of({1}, {0})});
  const History history = trainer.fit(train, 10, &validation);
  CHECK_SAME(history.size(), std::size_t{3});
  CHECK_SAME(train.epochs, 3);
  REQUIRE(!history.empty());
  CHECK_CLOSE(stopping.best(), history[0].validation.loss);
}

TEST_CASE("Trainer fit: ends early by the training loss when there is no validation") {
  Spy model(1);  // already perfect: the loss is 0 in every epoch
  SGD sgd(model.parameters(), 0.1F);
  EarlyStopping stopping(2);
  TrainerOptions options;
  options.stopping = &stopping;
  Trainer trainer(model, sgd, loss<MSELoss>(), options);
  Batches train({batch_of({1}, {1})});
  CHECK_SAME(trainer.fit(train, 10).size(), std::size_t{3});
  CHECK_SAME(stopping.best(), 0.0);
}

TEST_CASE("Trainer fit: tells how far it has come after every batch") {
  Spy model(1);
  SGD sgd(model.parameters(), 0.01F);
  std::vector<std::int64_t> done;
  std::vector<std::int64_t> total;
  TrainerOptions options;
  options.on_batch = [&](std::int64_t samples_done, std::int64_t samples_total) {
    done.push_back(samples_done);
    total.push_back(samples_total);
  };
  Trainer trainer(model, sgd, loss<MSELoss>(), options);
  Batches train({batch_of({1, 1, 1}, {1, 1, 1}), batch_of({1, 1}, {1, 1}), batch_of({1}, {1})});
  Batches validation({batch_of({1}, {1})});
  trainer.fit(train, 2, &validation);
  CHECK(done == std::vector<std::int64_t>{3, 5, 6, 3, 5, 6});
  CHECK(total == std::vector<std::int64_t>(6, 6));
}

TEST_CASE("Trainer fit: hands out every epoch's record as it is made") {
  Spy model(1);
  SGD sgd(model.parameters(), 0.01F);
  History told;
  TrainerOptions options;
  options.on_epoch = [&](const EpochRecord& record) { told.push_back(record); };
  Trainer trainer(model, sgd, loss<MSELoss>(), options);
  Batches train({batch_of({1, 2}, {3, 4})});
  Batches validation({batch_of({1}, {3})});
  const History history = trainer.fit(train, 2, &validation);
  REQUIRE(told.size() == 2);
  REQUIRE(history.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK_SAME(told[i].epoch, history[i].epoch);
    CHECK_SAME(told[i].train.loss, history[i].train.loss);
    CHECK_SAME(told[i].validation.loss, history[i].validation.loss);
    CHECK_SAME(told[i].validation.samples, 1);
  }
}

TEST_CASE("Trainer fit: makes a new loss for every batch") {
  Spy model(1);
  SGD sgd(model.parameters(), 0.01F);
  int made = 0;
  Trainer trainer(model, sgd, [&made] {
    ++made;
    return std::make_unique<MSELoss>();
  });
  Batches train({batch_of({1}, {1}), batch_of({2}, {2}), batch_of({3}, {3})});
  trainer.fit(train, 2);
  CHECK_SAME(made, 6);
}

TEST_CASE("Trainer fit: stops with an error when the loss is no longer a finite number") {
  Spy model(1);
  SGD sgd(model.parameters(), 0.1F);
  Trainer trainer(model, sgd, loss<MSELoss>());
  Batches train({batch_of({1}, {1}), batch_of({1e30F}, {-1e30F})});
  std::string message;
  try {
    trainer.fit(train, 1);
  } catch (const ValueError& error) {
    message = error.what();
  }
  CHECK(contains(message, "epoch"));
  CHECK(std::isfinite(model.weight()));
}

TEST_CASE("Trainer fit: refuses to train for no epochs") {
  Spy model(1);
  SGD sgd(model.parameters(), 0.1F);
  Trainer trainer(model, sgd, loss<MSELoss>());
  Batches train({batch_of({1}, {1})});
  CHECK_THROWS_AS(trainer.fit(train, 0), ValueError);
  CHECK_THROWS_AS(trainer.fit(train, -1), ValueError);
}

TEST_CASE("Trainer fit: works with single samples from OneAtATime") {
  Rng rng(3);
  Linear line(1, 1, rng);
  SGD sgd(line.parameters(), 0.05F);
  Trainer trainer(line, sgd, loss<MSELoss>());
  OneAtATime data(Tensor(Shape{5, 1}, {-2, -1, 0, 1, 2}), Tensor(Shape{5, 1}, {-3, -1, 1, 3, 5}), 1);
  const History history = trainer.fit(data, 60);
  REQUIRE(history.size() == 60);
  CHECK(history.back().train.loss < 1e-4);
  CHECK_CLOSE(line.weight().value().data()[0], 2.0, 0.01);
  CHECK_CLOSE(line.bias().value().data()[0], 1.0, 0.01);
}

// save and load

TEST_CASE("save and load: the loaded model computes exactly what the saved one did") {
  Folder folder;
  const std::uint64_t seed = judge::seed();
  auto saved = small_net(seed, 3, 2);
  auto loaded = small_net(seed + 1, 3, 2);
  save(*saved, folder.file("model.safetensors"));
  load(*loaded, folder.file("model.safetensors"));
  Rng rng(seed);
  const Tensor x = Tensor::normal(Shape{5, 3}, 0, 1, rng);
  CHECK_CLOSE(loaded->forward(x), saved->forward(x), 0, 0);
  CHECK(values_of(*loaded) == values_of(*saved));
}

TEST_CASE("save writes every tensor of the state under its name") {
  Folder folder;
  auto net = small_net(2, 3, 2);
  save(*net, folder.file("model.safetensors"));
  const std::vector<io::NamedArray> arrays = io::read_safetensors(folder.file("model.safetensors"));
  const std::vector<NamedTensor> state = net->state();
  REQUIRE(arrays.size() == state.size());
  for (const NamedTensor& expected : state) {
    const auto found = std::find_if(arrays.begin(), arrays.end(),
                                    [&](const io::NamedArray& array) { return array.name == expected.name; });
    INFO(expected.name);
    REQUIRE(found != arrays.end());
    CHECK(found->shape == std::vector<std::int64_t>(expected.tensor.shape().begin(), expected.tensor.shape().end()));
    CHECK(found->values == Floats(expected.tensor.data(), expected.tensor.data() + expected.tensor.size()));
  }
}

TEST_CASE("save replaces an older file and leaves nothing else behind") {
  Folder folder;
  const std::string path = folder.file("model.safetensors");
  std::ofstream(path) << "something older";
  Spy model(7);
  save(model, path);
  CHECK_SAME(folder.entries(), std::size_t{1});
  Spy other(1);
  load(other, path);
  CHECK_SAME(other.weight(), 7.0F);
}

TEST_CASE("save to a folder that does not exist is an error that names the file") {
  Folder folder;
  const Spy model(7);
  const std::string path = folder.file("missing/model.safetensors");
  CHECK(contains(io_error([&] { save(model, path); }), "model.safetensors"));
}

TEST_CASE("load changes the parameters in place so that an optimizer goes on with them") {
  Folder folder;
  const std::string path = folder.file("model.safetensors");
  save(Spy(5), path);
  Spy model(1);
  const Parameter handle = model.parameter();
  const Tensor tensor = handle.value();
  SGD sgd(model.parameters(), 1.0F);
  load(model, path);
  CHECK_SAME(handle.value().data()[0], 5.0F);
  CHECK(handle.value().shares_storage_with(tensor));
  handle.accumulate(Tensor(Shape{1, 1}, {2}));
  sgd.step();
  CHECK_SAME(model.weight(), 3.0F);
}

TEST_CASE("save and load keep every bit of a value") {
  Folder folder;
  const std::string path = folder.file("model.safetensors");
  for (const float value : {0.1F, -0.0F, 1e-42F, 3.4e38F, std::numeric_limits<float>::infinity()}) {
    save(Spy(value), path);
    Spy model(1);
    load(model, path);
    const float found = model.weight();
    CHECK_SAME(found, value);
    CHECK_SAME(std::signbit(found), std::signbit(value));
  }
}

TEST_CASE("load of a file that does not exist is an error that names it") {
  Folder folder;
  Spy model(1);
  CHECK(contains(io_error([&] { load(model, folder.file("nowhere.safetensors")); }), "nowhere.safetensors"));
}

TEST_CASE("load of a damaged file is an error that names it and changes nothing") {
  Folder folder;
  const std::string path = folder.file("damaged.safetensors");
  save(Spy(5), path);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  Spy model(1);
  CHECK(contains(io_error([&] { load(model, path); }), "damaged.safetensors"));
  CHECK_SAME(model.weight(), 1.0F);
}

TEST_CASE("load refuses a file in which a tensor is missing") {
  Folder folder;
  const std::string path = folder.file("model.safetensors");
  io::write_safetensors(path, {{"weight", {2, 3}, Floats(6, 9.0F)}});
  Rng rng(1);
  Linear model(3, 2, rng);
  const std::vector<Floats> before = values_of(model);
  const std::string message = io_error([&] { load(model, path); });
  CHECK(contains(message, "model.safetensors"));
  CHECK(contains(message, "bias"));
  CHECK(values_of(model) == before);
}

TEST_CASE("load refuses a file with a tensor that the model does not have") {
  Folder folder;
  const std::string path = folder.file("model.safetensors");
  io::write_safetensors(path,
                        {{"weight", {2, 3}, Floats(6, 9.0F)}, {"bias", {2}, Floats(2, 9.0F)}, {"extra", {1}, {9}}});
  Rng rng(1);
  Linear model(3, 2, rng);
  const std::vector<Floats> before = values_of(model);
  const std::string message = io_error([&] { load(model, path); });
  CHECK(contains(message, "model.safetensors"));
  CHECK(contains(message, "extra"));
  CHECK(values_of(model) == before);
}

TEST_CASE("load refuses a tensor of another shape even with as many elements") {
  Folder folder;
  const std::string path = folder.file("model.safetensors");
  io::write_safetensors(path, {{"weight", {3, 2}, Floats(6, 9.0F)}, {"bias", {2}, Floats(2, 9.0F)}});
  Rng rng(1);
  Linear model(3, 2, rng);
  const std::vector<Floats> before = values_of(model);
  const std::string message = io_error([&] { load(model, path); });
  CHECK(contains(message, "weight"));
  CHECK(contains(message, "(3, 2)"));
  CHECK(contains(message, "(2, 3)"));
  CHECK(values_of(model) == before);
}

TEST_CASE("load changes nothing when only the last tensor does not fit") {
  Folder folder;
  const std::string path = folder.file("model.safetensors");
  io::write_safetensors(path, {{"weight", {2, 3}, Floats(6, 9.0F)}, {"bias", {3}, Floats(3, 9.0F)}});
  Rng rng(1);
  Linear model(3, 2, rng);
  const std::vector<Floats> before = values_of(model);
  CHECK(contains(io_error([&] { load(model, path); }), "bias"));
  CHECK(values_of(model) == before);
}

TEST_CASE("load finds tensors by name whatever their order in the file") {
  Folder folder;
  const std::string path = folder.file("model.safetensors");
  io::write_safetensors(path, {{"bias", {2}, {7, 8}}, {"weight", {2, 2}, {1, 2, 3, 4}}});
  Rng rng(1);
  Linear model(2, 2, rng);
  load(model, path);
  CHECK_CLOSE(model.weight().value(), Doubles{1, 2, 3, 4}, 0, 0);
  CHECK_CLOSE(model.bias().value(), Doubles{7, 8}, 0, 0);
}
