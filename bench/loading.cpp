// How fast images get into memory and into batches.
//
//   read      all of CIFAR-10's training images, five files that lie in the page cache, as one float tensor
//   batch     bytes that Dataset::batch writes in a second, beside what copying the same bytes reaches
//   training  the share of an epoch in which the trainer is not waiting for its next batch: one worker prepares
//             augmented batches while a convolutional network learns
//
// The files are written by the program itself, from a seed; where CIFAR-10 is installed, its own are read as well.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/engine_networks.hpp"
#include "bench/timing.hpp"
#include "judge/images/installed.hpp"
#include "kernels/parallel.hpp"
#include "tinytorch/dataloader.hpp"
#include "tinytorch/losses.hpp"
#include "tito/system/files.hpp"

namespace {

namespace fs = std::filesystem;
using namespace tinytorch;
using nlohmann::json;

constexpr int files = 5;
constexpr std::int64_t images_per_file = 10'000;
constexpr std::int64_t pixels = 3 * 32 * 32;

struct Options {
  int runs = 5;
  std::uint64_t seed = 1;
  int threads = 2;
  std::int64_t samples = 10'000;  // of the epoch that is trained
  bool as_json = false;
};

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (int i = 1; i <= files; ++i) names.push_back((folder / fmt::format("data_batch_{}.bin", i)).string());
  return names;
}

// Random images in CIFAR-10's binary format.
std::vector<std::string> write_files(const fs::path& folder, std::uint64_t seed) {
  Rng rng(seed);
  const std::vector<std::string> names = names_in(folder);
  std::vector<char> record(1 + pixels);
  for (const std::string& name : names) {
    std::ofstream file(name, std::ios::binary);
    for (std::int64_t i = 0; i < images_per_file; ++i) {
      record[0] = static_cast<char>(rng.below(10));
      for (std::size_t at = 1; at + 8 <= record.size(); at += 8) {
        const std::uint64_t bits = rng.next();
        std::memcpy(record.data() + at, &bits, sizeof bits);
      }
      file.write(record.data(), static_cast<std::streamsize>(record.size()));
    }
    if (!file.flush()) throw std::runtime_error(name + ": cannot be written: is there room for 150 MB?");
  }
  return names;
}

class Report {
 public:
  explicit Report(bool as_json) : as_json_(as_json) {}

  void add(const std::string& name, const std::vector<double>& values, const std::string& unit) {
    put(name, values, unit, json::object());
  }
  void at_most(const std::string& name, const std::vector<double>& values, const std::string& unit, double target) {
    put(name, values, unit, {{"target", target}, {"met", bench::median(values) <= target}});
  }
  void at_least(const std::string& name, const std::vector<double>& values, const std::string& unit, double target) {
    put(name, values, unit, {{"target", target}, {"met", bench::median(values) >= target}});
  }

  void finish(int threads) const {
    if (!as_json_) return;
    fmt::print(
        "{}\n",
        json{{"schema", "tito-bench/1"}, {"benchmark", "loading"}, {"threads", threads}, {"rows", rows_}}.dump());
  }

 private:
  void put(const std::string& name, const std::vector<double>& values, const std::string& unit, const json& target) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    json row{{"name", name}, {"median", bench::median(values)}, {"min", *low}, {"max", *high}, {"unit", unit}};
    row.update(target);
    rows_.push_back(row);
    if (as_json_) return;
    fmt::print("{:<52} {:>8.3f} {}  ({:.3f} to {:.3f})", name, bench::median(values), unit, *low, *high);
    if (target.empty()) fmt::print("\n");
    else
      fmt::print("   target {:g} {}: {}\n", target["target"].get<double>(), unit,
                 target["met"].get<bool>() ? "met" : "missed");
    std::fflush(stdout);
  }

  bool as_json_;
  json rows_ = json::array();
};

std::vector<double> repeated(int runs, const std::function<double()>& measure) {
  measure();  // warms up
  std::vector<double> values;
  for (int i = 0; i < runs; ++i) values.push_back(measure());
  return values;
}

void measure_reading(const std::vector<std::string>& names, const std::string& what, const Options& options,
                     Report& report) {
  const auto read = [&] {
    const Stopwatch stopwatch;
    const Cifar10Dataset images(names);
    const Batch all = images.batch(0, images.size());
    const double seconds = stopwatch.seconds();
    if (all.inputs.size() != images.size() * pixels) throw std::runtime_error("the images are not all there");
    return seconds;
  };
  report.at_most("read " + what + " as float tensors", repeated(options.runs, read), "s", 0.6);
}

// Gigabytes of floats that appear in batches of 32 in a second.
double batch_rate(const Dataset& data) {
  constexpr std::int64_t batch = 32;
  const Stopwatch stopwatch;
  std::int64_t written = 0;
  for (std::int64_t begin = 0; begin + batch <= data.size(); begin += batch) {
    written += data.batch(begin, begin + batch).inputs.size() * static_cast<std::int64_t>(sizeof(float));
  }
  return static_cast<double>(written) / stopwatch.seconds() / 1e9;
}

void measure_batches(const std::vector<std::string>& names, const Options& options, Report& report) {
  const Cifar10Dataset bytes({names[0]});
  const Batch all = bytes.batch(0, bytes.size());
  const TensorDataset floats(all.inputs, all.targets);
  // The least that a batch of samples in memory can cost: one copy into memory that is in use again and again.
  std::vector<float> room(static_cast<std::size_t>(32 * pixels));
  const auto copy = [&] {
    const Stopwatch stopwatch;
    for (std::int64_t begin = 0; begin + 32 <= bytes.size(); begin += 32) {
      std::memcpy(room.data(), all.inputs.data() + begin * pixels, room.size() * sizeof(float));
      asm volatile("" : : "r"(room.data()) : "memory");
    }
    return static_cast<double>(bytes.size() / 32 * 32 * pixels) * sizeof(float) / stopwatch.seconds() / 1e9;
  };
  const std::vector<double> copied = repeated(options.runs, copy);
  report.add("memcpy of 32 images at a time", copied, "GB/s");
  const std::vector<double> gathered = repeated(options.runs, [&] { return batch_rate(floats); });
  report.add("TensorDataset::batch of 32, floats to floats", gathered, "GB/s");
  report.add("Cifar10Dataset::batch of 32, bytes to floats", repeated(options.runs, [&] { return batch_rate(bytes); }),
             "GB/s");
}

// Hands on what another source hands out, and adds up how long that takes.
class Timed : public BatchSource {
 public:
  explicit Timed(BatchSource& source) : source_(source) {}
  void start_epoch() override {
    const Stopwatch stopwatch;
    source_.start_epoch();
    waited += stopwatch.seconds();
  }
  bool next(Batch& batch) override {
    const Stopwatch stopwatch;
    const bool more = source_.next(batch);
    waited += stopwatch.seconds();
    return more;
  }
  std::int64_t samples_per_epoch() const override { return source_.samples_per_epoch(); }

  double waited = 0;

 private:
  BatchSource& source_;
};

// The first images of a data set.
class First : public Dataset {
 public:
  First(std::shared_ptr<const Dataset> all, std::int64_t count)
      : all_(std::move(all)), count_(std::min(count, all_->size())) {}
  std::int64_t size() const override { return count_; }
  Shape sample_shape() const override { return all_->sample_shape(); }
  float read(std::int64_t index, float* input) const override {
    if (index >= count_) throw ValueError("First: no sample " + std::to_string(index));
    return all_->read(index, input);
  }

 private:
  std::shared_ptr<const Dataset> all_;
  std::int64_t count_;
};

void measure_training(const std::vector<std::string>& names, const Options& options, Report& report) {
  kernels::set_thread_count(options.threads);
  const auto images =
      std::make_shared<First>(std::make_shared<Cifar10Dataset>(std::vector<std::string>{names[0]}), options.samples);
  for (const int workers : {0, 1}) {
    Rng rng(options.seed);
    Sequential net;
    bench::build("cifar", net, rng);
    Adam adam(net.parameters());
    Trainer trainer(net, adam, loss<CrossEntropyLoss>());
    DataLoaderOptions wishes;
    wishes.batch_size = 32;
    wishes.shuffle = true;
    wishes.seed = options.seed;
    wishes.workers = workers;
    wishes.transforms = {
        std::make_shared<RandomCrop>(4), std::make_shared<RandomHorizontalFlip>(),
        std::make_shared<Normalize>(std::vector<float>{0.49F, 0.48F, 0.45F}, std::vector<float>{0.25F, 0.24F, 0.26F})};
    DataLoader loader(images, wishes);
    std::vector<double> rates;
    const auto busy = [&] {
      Timed timed(loader);
      const Stopwatch stopwatch;
      trainer.fit(timed, 1);
      const double seconds = stopwatch.seconds();
      rates.push_back(static_cast<double>(images->size()) / seconds);
      return 100 * (1 - timed.waited / seconds);
    };
    const std::vector<double> shares = repeated(std::max(1, options.runs / 2), busy);
    rates.erase(rates.begin());
    const std::string who = workers == 0 ? "without a worker" : "with one worker";
    if (workers == 0) report.add("trainer not waiting, " + who, shares, "%");
    else report.at_least("trainer not waiting, " + who, shares, "%", 98);
    report.add("training, " + who, rates, "samples/s");
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("How fast CIFAR-10's images get into memory, into batches and to a trainer.");
  app.add_option("--runs", options.runs, "runs of each measurement")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--samples", options.samples, "images of the epoch that is trained")
      ->check(CLI::Range(32, 10'000))
      ->capture_default_str();
  app.add_option("--threads", options.threads, "threads of the trainer")
      ->check(CLI::Range(1, kernels::max_threads))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of the files and of the training")->capture_default_str();
  app.add_flag("--json", options.as_json, "one JSON object on one line");
  CLI11_PARSE(app, argc, argv);
  try {
    const tito::TemporaryFolder folder(fs::temp_directory_path());
    Report report(options.as_json);
    const std::vector<std::string> names = write_files(folder.path(), options.seed);
    measure_reading(names, "50,000 images", options, report);
    if (const auto real = judge::installed_set("cifar-10"))
      measure_reading(real->train, "CIFAR-10 as installed", options, report);
    measure_batches(names, options, report);
    measure_training(names, options, report);
    report.finish(options.threads);
  } catch (const std::exception& error) {
    fmt::print(stderr, "loading: {}\n", error.what());
    return 1;
  }
  return 0;
}
