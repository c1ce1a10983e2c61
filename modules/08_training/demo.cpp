// The immediate use of module training: a whole run of training from one call, with validation, a learning
// rate that falls, an end when nothing more is gained, and a model that survives the program.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>

#include "judge/demo.hpp"
#include "judge/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/training.hpp"

using namespace tinytorch;

namespace {

void add_mlp(Sequential& network, std::uint64_t seed) {
  Rng rng(seed);
  network.add<Linear>(784, 64, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(64, 10, rng);
}

// A folder of this run's own, gone when it leaves scope.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tinytorch-demo-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw IoError(name + ": cannot make a temporary folder");
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Multiply-adds of one training step of the MLP, counted twice: forward, the gradient of every weight, and the
// gradient of the 64 hidden units. The gradient of the image is not computed.
constexpr double operations_per_sample = 2.0 * (2 * (784 * 64 + 64 * 10) + 64 * 10);

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0.0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, static_cast<double>(std::fabs(a.data()[i] - b.data()[i])));
  }
  return largest;
}

void save_and_load(Sequential& trained, const Tensor& images) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "mlp.safetensors").string();
  save(trained, file);
  Sequential fresh;
  add_mlp(fresh, 2);
  const Tensor expected = trained.forward(images);
  const double before = largest_difference(fresh.forward(images), expected);
  load(fresh, file);
  const double after = largest_difference(fresh.forward(images), expected);
  demo::say("Saved as safetensors and loaded into a fresh model:");
  demo::measure("Saved model", static_cast<double>(std::filesystem::file_size(file)), "bytes");
  demo::say(fmt::format("  largest difference between the logits: {:.3g} before loading", before));
  demo::measure("Difference of the loaded model's logits", after, "");
  if (after != 0.0) throw ValueError("the loaded model does not answer like the saved one");
}

}  // namespace

void demo::run() {
  // The last thousand training digits are kept for validation; the test digits decide nothing.
  const judge::Digits digits = judge::training_digits();
  const judge::Digits held_out = judge::test_digits();
  const std::int64_t N = digits.labels.size() - 1000;
  OneAtATime train(digits.images.slice(0, 0, N), digits.labels.slice(0, 0, N), 1);
  OneAtATime validation(digits.images.slice(0, N, N + 1000), digits.labels.slice(0, N, N + 1000));
  OneAtATime test(held_out.images, held_out.labels);

  constexpr int epochs = 12;
  Sequential network;
  add_mlp(network, 1);
  SGD sgd(network.parameters(), 0.02F);
  StepLR schedule(sgd, 2, 0.5F);
  EarlyStopping stopping(2, 2e-3);
  TrainerOptions options;
  options.scheduler = &schedule;
  options.stopping = &stopping;
  options.on_batch = [](std::int64_t done, std::int64_t total) { progress("epoch", done, total); };
  options.on_epoch = [](const EpochRecord& epoch) {
    say(fmt::format("  {:5} {:9.4f} {:11.4f} {:8.1f} % {:9.4f} {:7.2f}", epoch.epoch + 1, epoch.train.loss,
                    epoch.validation.loss, 100.0 * epoch.validation.accuracy, epoch.learning_rate, epoch.seconds));
  };

  say(fmt::format("{} digits to train on, 1000 to validate, at most {} epochs:", N, epochs));
  say("  epoch      loss  validation  accuracy      rate  seconds");
  Trainer trainer(network, sgd, loss<CrossEntropyLoss>(), options);
  const History history = trainer.fit(train, epochs, &validation);
  double seconds = 0.0;
  for (const EpochRecord& epoch : history) seconds += epoch.seconds;
  const auto run = static_cast<std::int64_t>(history.size());
  say(fmt::format("{} after {} epochs.",
                  run < epochs ? "The validation loss no longer falls: stopped" : "All epochs used: finished", run));
  const double speed = static_cast<double>(run * N) / seconds;
  measure("MLP training speed, Trainer, one at a time", speed, "samples/s");
  measure("Share of one core's peak that this uses", 100.0 * speed * operations_per_sample / (1e9 * measure_peak_gflops()), "%");
  measure("MLP accuracy on its training digits", 100.0 * history.back().train.accuracy, "%");
  measure("MLP accuracy after training, held-out digits", 100.0 * trainer.evaluate(test).accuracy, "%");
  say();
  save_and_load(network, held_out.images);
}
