// Capability of module training: a model is trained, judged and kept.
#include "tinytorch/training.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "io/safetensors.hpp"
#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "judge/images/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/layers.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

std::unique_ptr<Sequential> mlp(std::uint64_t seed) {
  Rng rng(seed);
  auto net = std::make_unique<Sequential>();
  net->add<Linear>(784, 64, rng);
  net->add<Activation<ReLU>>();
  net->add<Linear>(64, 10, rng);
  return net;
}

// A path for a file that disappears with the case.
struct TemporaryFile {
  std::string path;
  TemporaryFile() {
    std::random_device device;
    const std::string name = "checkpoint_" + std::to_string(device()) + std::to_string(device()) + ".safetensors";
    path = (std::filesystem::temp_directory_path() / name).string();
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
};

// Digits in batches of these sizes, one after another.
class Uneven : public BatchSource {
 public:
  Uneven(judge::Digits digits, std::vector<std::int64_t> sizes)
      : digits_(std::move(digits)), sizes_(std::move(sizes)) {}
  void start_epoch() override { batch_ = 0, sample_ = 0; }
  bool next(Batch& batch) override {
    if (batch_ == sizes_.size()) return false;
    const std::int64_t end = sample_ + sizes_[batch_++];
    batch.inputs = digits_.images.slice(0, sample_, end);
    batch.targets = digits_.labels.slice(0, sample_, end);
    sample_ = end;
    return true;
  }
  std::int64_t samples_per_epoch() const override { return digits_.labels.size(); }

 private:
  judge::Digits digits_;
  std::vector<std::int64_t> sizes_;
  std::size_t batch_ = 0;
  std::int64_t sample_ = 0;
};

// With a layer that draws random numbers while it trains, and none while it is judged.
std::unique_ptr<Sequential> mlp_with_dropout(std::uint64_t seed) {
  Rng rng(seed);
  auto net = std::make_unique<Sequential>();
  net->add<Linear>(784, 32, rng);
  net->add<Activation<ReLU>>();
  net->add<Dropout>(0.2F, seed);
  net->add<Linear>(32, 10, rng);
  return net;
}

// The length of all gradients, which are shortened to max_norm where they are longer.
void clip_by_hand(const std::vector<Parameter>& parameters, double max_norm) {
  double squares = 0.0;
  for (const Parameter& parameter : parameters) {
    const Tensor& g = parameter.grad();
    for (std::int64_t i = 0; i < g.size(); ++i) squares += double{g.data()[i]} * g.data()[i];
  }
  if (squares <= max_norm * max_norm) return;
  for (const Parameter& parameter : parameters) parameter.grad() *= static_cast<float>(max_norm / std::sqrt(squares));
}

// Loss and accuracy over all digits at once, without dropout.
Evaluation judged_by_hand(Sequential& net, const judge::Digits& digits) {
  net.set_training(false);
  const Tensor logits = net.forward(digits.images);
  net.set_training(true);
  return {CrossEntropyLoss().forward({logits, digits.labels}).item(), accuracy(logits, digits.labels),
          digits.labels.size()};
}

}  // namespace

TEST_CASE("An MLP is trained on real digits and judged on others while it learns; it is kept in a file", "[limit:60]") {
  const judge::Digits train = judge::training_digits(3000);
  const judge::Digits test = judge::test_digits();
  auto net = mlp(judge::seed());
  SGD sgd(net->parameters(), SGDOptions{0.01F, 0.0F, false, 0.0F});
  StepLR schedule(sgd, 2, 0.3F);
  TrainerOptions options;
  options.scheduler = &schedule;
  Trainer trainer(*net, sgd, loss<CrossEntropyLoss>(), options);
  OneAtATime digits(train.images, train.labels, judge::seed());
  OneAtATime unseen(test.images, test.labels);

  const Evaluation untrained = trainer.evaluate(unseen);
  const History history = trainer.fit(digits, 3, &unseen);
  REQUIRE(history.size() == 3);
  judge::measure("accuracy before", 100 * untrained.accuracy, "%");
  judge::measure("accuracy after 3 epochs", 100 * history[2].validation.accuracy, "%");
  judge::measure("training with the tape, one image a step", 3000 / history[2].seconds, "samples/s");
  CHECK_SAME(history[0].train.samples, 3000);
  CHECK_SAME(history[2].validation.samples, 1000);
  CHECK(history[1].train.loss < history[0].train.loss);
  CHECK(history[2].train.loss < history[1].train.loss);
  CHECK(history[0].validation.loss < untrained.loss);
  CHECK(history[2].validation.accuracy >= 0.84);
  CHECK_CLOSE(history[2].learning_rate, 0.003, 1e-4);

  // Another network, with other weights, becomes this one.
  const TemporaryFile file;
  save(*net, file.path);
  auto restored = mlp(judge::seed() + 1);
  const Tensor before = restored->forward(test.images);
  load(*restored, file.path);
  const Tensor logits = net->forward(test.images);
  CHECK_FALSE(judge::close(before, logits));
  judge::clear_detail();
  CHECK_CLOSE(restored->forward(test.images), logits, 0, 0);
  judge::measure("size of the saved model", static_cast<double>(std::filesystem::file_size(file.path)), "bytes");
}

TEST_CASE("The Trainer does what the loop written out does, and tells the truth about it") {
  const judge::Digits train = judge::training_digits(150);
  const judge::Digits test = judge::test_digits(90);
  Uneven training(train, {40, 64, 46});
  Uneven unseen(test, {64, 26});
  const std::uint64_t seed = judge::seed();
  constexpr double max_norm = 1.0;
  constexpr int epochs = 4;

  auto trained = mlp_with_dropout(seed);
  SGD sgd(trained->parameters(), SGDOptions{0.2F, 0.5F, false, 0.0F});
  StepLR schedule(sgd, 2, 0.5F);
  TrainerOptions options;
  options.scheduler = &schedule;
  options.clip_norm = max_norm;
  std::vector<std::int64_t> told;
  options.on_batch = [&told](std::int64_t done, std::int64_t total) { told.push_back(1000 * done + total); };
  Trainer trainer(*trained, sgd, loss<CrossEntropyLoss>(), options);
  const History history = trainer.fit(training, epochs, &unseen);
  REQUIRE(history.size() == epochs);
  CHECK(trained->training());
  REQUIRE(told.size() == 3 * epochs);
  for (std::size_t i = 0; i < told.size(); i += 3) {
    CHECK(
        std::vector(told.begin() + static_cast<std::ptrdiff_t>(i), told.begin() + static_cast<std::ptrdiff_t>(i) + 3) ==
        std::vector<std::int64_t>{40'150, 104'150, 150'150});
  }

  auto by_hand = mlp_with_dropout(seed);
  SGD other(by_hand->parameters(), SGDOptions{0.2F, 0.5F, false, 0.0F});
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const EpochRecord& record = history[static_cast<std::size_t>(epoch)];
    if (epoch == 2) other.set_learning_rate(0.1F);
    CHECK_CLOSE(record.learning_rate, other.learning_rate());
    double losses = 0.0;
    double right = 0.0;
    training.start_epoch();
    for (Batch batch; training.next(batch);) {
      other.zero_grad();
      const Variable logits = forward(*by_hand, batch.inputs);
      Variable value = apply(std::make_unique<CrossEntropyLoss>(), {logits, batch.targets});
      value.backward();
      clip_by_hand(by_hand->parameters(), max_norm);
      other.step();
      losses += value.value().item() * static_cast<double>(batch.size());
      right += accuracy(logits.value(), batch.targets) * static_cast<double>(batch.size());
    }
    // One digit of either set may fall to the other side by rounding.
    const Evaluation judged = judged_by_hand(*by_hand, test);
    CHECK_CLOSE(record.train.loss, losses / 150, 1e-3);
    CHECK_CLOSE(record.train.accuracy, right / 150, 0, 1.5 / 150);
    CHECK_CLOSE(record.validation.loss, judged.loss, 1e-3);
    CHECK_CLOSE(record.validation.accuracy, judged.accuracy, 0, 1.5 / 90);
    CHECK_SAME(record.train.samples, 150);
    CHECK_SAME(record.validation.samples, 90);
  }
  double largest = 0.0;
  for (std::size_t p = 0; p < by_hand->parameters().size(); ++p) {
    const Tensor difference = trained->parameters()[p].value() - by_hand->parameters()[p].value();
    for (std::int64_t i = 0; i < difference.size(); ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(difference.data()[i])));
    }
  }
  judge::measure("largest difference from the loop by hand", largest, "");
  CHECK(largest < 1e-3);
}

TEST_CASE("Values are learnt as well as classes") {
  // sin(3 x) on [-1, 1], and between the places it was learnt at.
  const auto sine_at = [](std::int64_t n, float offset) {
    Tensor x(Shape{n, 1});
    for (std::int64_t i = 0; i < n; ++i)
      x.data()[i] = -1 + 2 * (static_cast<float>(i) + offset) / static_cast<float>(n);
    return std::pair(x, map(x, [](float value) { return std::sin(3 * value); }));
  };
  const auto [x, y] = sine_at(40, 0);
  const auto [between, wanted] = sine_at(40, 0.5F);
  Rng rng(judge::seed());
  Sequential net;
  net.add<Linear>(1, 32, rng);
  net.add<Activation<Tanh>>();
  net.add<Linear>(32, 1, rng);
  Adam adam(net.parameters(), 0.01F);
  StepLR schedule(adam, 60, 0.1F);
  TrainerOptions options;
  options.scheduler = &schedule;
  Trainer trainer(net, adam, loss<MSELoss>(), options);
  OneAtATime train(x, y, judge::seed());
  OneAtATime test(between, wanted);
  const History history = trainer.fit(train, 100, &test);
  judge::measure("mean squared error of a sine", history.back().validation.loss, "");
  CHECK(history.back().validation.loss < 0.02);
  CHECK_SAME(history.back().train.accuracy, -1.0);
  CHECK_SAME(history.back().validation.accuracy, -1.0);
}

TEST_CASE("A shuffled epoch has every digit once with its own label, in another order each time") {
  const judge::Digits digits = judge::training_digits(100);
  OneAtATime source(digits.images, digits.labels, judge::seed());
  std::vector<std::vector<std::int64_t>> orders;
  for (int epoch = 0; epoch < 2; ++epoch) {
    std::vector<std::int64_t> order;
    source.start_epoch();
    for (Batch batch; source.next(batch);) {
      REQUIRE(order.size() < 100);
      // Which one it is: all hundred are different.
      std::int64_t found = 0;
      while (found < 100 && !all_close(digits.images.slice(0, found, found + 1), batch.inputs, 0, 0)) ++found;
      REQUIRE(found < 100);
      CHECK_SAME(batch.targets.item(), digits.labels.data()[found]);
      order.push_back(found);
    }
    orders.push_back(order);
    std::sort(order.begin(), order.end());
    REQUIRE(order.size() == 100);
    for (std::size_t i = 0; i < 100; ++i) CHECK_SAME(order[i], static_cast<std::int64_t>(i));
  }
  CHECK(orders[0] != orders[1]);
}

TEST_CASE("A file that does not fit leaves the model as it was") {
  auto net = mlp(judge::seed());
  const Tensor digit = judge::test_digits(1).images;
  const Tensor before = net->forward(digit);
  std::vector<io::NamedArray> arrays;
  for (const auto& [name, tensor] : mlp(judge::seed() + 1)->state()) {
    arrays.push_back({name,
                      {tensor.shape().begin(), tensor.shape().end()},
                      std::vector<float>(static_cast<std::size_t>(tensor.size()), 0.5F)});
  }
  const auto refused = [&](const std::vector<io::NamedArray>& file_arrays) {
    const TemporaryFile file;
    io::write_safetensors(file.path, file_arrays);
    CHECK_THROWS_AS(load(*net, file.path), IoError);
    CHECK_CLOSE(net->forward(digit), before, 0, 0);
  };
  std::vector<io::NamedArray> missing(arrays.begin(), arrays.end() - 1);
  refused(missing);
  std::vector<io::NamedArray> superfluous = arrays;
  superfluous.push_back({"another", {1}, {0}});
  refused(superfluous);
  std::vector<io::NamedArray> reshaped = arrays;
  reshaped.back().shape = {5, 2};
  refused(reshaped);

  // In whatever order they stand, each finds its place.
  const TemporaryFile file;
  io::write_safetensors(file.path, {arrays.rbegin(), arrays.rend()});
  load(*net, file.path);
  for (const NamedTensor& named : net->state())
    CHECK_CLOSE(named.tensor, Tensor::full(named.tensor.shape(), 0.5F), 0, 0);
}

TEST_CASE("Training stops by itself when it no longer helps", "[limit:60]") {
  // Twenty digits are soon known by heart; the others are the judge.
  const judge::Digits train = judge::training_digits(20);
  const judge::Digits test = judge::test_digits(200);
  auto net = mlp(judge::seed());
  Adam adam(net->parameters(), 0.003F);
  EarlyStopping stopping(3);
  TrainerOptions options;
  options.stopping = &stopping;
  options.clip_norm = 5;
  Trainer trainer(*net, adam, loss<CrossEntropyLoss>(), options);
  OneAtATime digits(train.images, train.labels, 1);
  OneAtATime unseen(test.images, test.labels);
  const History history = trainer.fit(digits, 200, &unseen);
  judge::measure("epochs until it stopped", static_cast<double>(history.size()), "");
  REQUIRE(history.size() >= 4);
  CHECK(history.size() < 200);
  CHECK_CLOSE(stopping.best(), history[history.size() - 4].validation.loss, 1e-9, 0);
  CHECK(history.back().train.loss < 0.5 * history[0].train.loss);
}
