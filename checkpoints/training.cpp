// Capability of module training: a model is trained, judged and kept.
#include "tinytorch/training.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "judge/case.hpp"
#include "judge/compare.hpp"
#include "judge/digits.hpp"
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
