// What tito bench times of module dataloader: an epoch of images like those of CIFAR-10, as they are and augmented, by
// the calling thread and by a worker.
#include "tinytorch/dataloader.hpp"

#include <fstream>

#include "judge/workloads/workload.hpp"

using namespace tinytorch;
using judge::Stream;

namespace {

constexpr std::int64_t images = 1000;
constexpr double bytes = images * 3073.0;
const char* const file = "images.bin";

// CIFAR-10's layout, filled with random bytes; written once.
void write_images() {
  static bool written = false;
  if (written) return;
  Rng rng(1);
  std::string content(static_cast<std::size_t>(bytes), '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(rng.below(i % 3073 == 0 ? 10 : 256));
  std::ofstream(file, std::ios::binary) << content;
  written = true;
}

std::shared_ptr<Dataset> read_images() {
  write_images();
  return std::make_shared<Cifar10Dataset>(std::vector<std::string>{file});
}

void add_epoch(judge::Rows& rows, const std::string& name, bool augmented, int workers) {
  rows.add({.name = name, .unit = "samples/s", .amount = images}, [=] {
    DataLoaderOptions options;
    options.batch_size = 100;
    options.shuffle = true;
    options.seed = 1;
    options.workers = workers;
    if (augmented) {
      options.transforms = {
          std::make_shared<RandomHorizontalFlip>(), std::make_shared<RandomCrop>(4),
          std::make_shared<Normalize>(std::vector<float>{0.5F, 0.5F, 0.5F}, std::vector<float>{0.25F, 0.25F, 0.25F})};
    }
    const auto loader = std::make_shared<DataLoader>(read_images(), options);
    return [=] {
      Batch batch;
      loader->start_epoch();
      while (loader->next(batch)) judge::keep(batch);
    };
  });
}

}  // namespace

void judge::workload(Rows& rows) {
  rows.add({.name = "Cifar10Dataset, 1000 images",
            .unit = "samples/s",
            .amount = images,
            .traffic = {Stream::copy, 2 * bytes, 2 * bytes}},
           [] {
             write_images();
             return [] { keep(Cifar10Dataset({file})); };
           });
  // A byte becomes a float.
  rows.add({.name = "Dataset::batch, 100 images",
            .unit = "samples/s",
            .amount = 100,
            .traffic = {Stream::copy, 100 * 3072 * 5.0, 100 * 3072 * 5.0}},
           [] {
             const auto data = read_images();
             return [=] { keep(data->batch(0, 100)); };
           });
  add_epoch(rows, "epoch", false, 0);
  add_epoch(rows, "epoch, augmented", true, 0);
  add_epoch(rows, "epoch, augmented, 1 worker", true, 1);
}
