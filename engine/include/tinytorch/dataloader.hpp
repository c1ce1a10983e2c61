// Data sets, and the loader that turns them into batches ahead of the trainer.
//
// Module dataloader implements it, in dataloader.cpp.
// A Dataset knows its samples by index. A DataLoader is a BatchSource: it picks an order, gathers
// samples into batches, applies transforms, and may do so in worker threads while the trainer works.
// What it hands out depends on the seed and the epoch, never on the number of workers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tinytorch/training.hpp"

namespace tinytorch {

class Dataset {
 public:
  Dataset() = default;
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;
  virtual ~Dataset() = default;

  virtual std::int64_t size() const = 0;

  // The shape of one sample, without N: (C, H, W) for images.
  virtual Shape sample_shape() const = 0;

  // Writes sample `index` to input[0 .. sample_shape().numel()) and returns its target, a class index.
  // Safe to call from several threads at once.
  // throws: ValueError unless 0 <= index < size().
  virtual float read(std::int64_t index, float* input) const = 0;

  // The samples [begin, end) as one batch.
  // throws: ValueError unless 0 <= begin <= end <= size().
  Batch batch(std::int64_t begin, std::int64_t end) const;
};

// Samples held as tensors. Shares their storage.
class TensorDataset : public Dataset {
 public:
  // shapes: inputs (N, ...), targets (N,)
  // throws: ShapeError unless they fit.
  TensorDataset(Tensor inputs, Tensor targets);
  std::int64_t size() const override;
  Shape sample_shape() const override;
  float read(std::int64_t index, float* input) const override;

 private:
  Tensor inputs_;
  Tensor targets_;
};

// Digits from a pair of IDX files, plain or gzipped, kept as bytes: sample shape (1, 28, 28), or what the
// files say; pixels in [0, 1].
class MnistDataset : public Dataset {
 public:
  // throws: IoError naming the file when one is damaged, when the counts differ, or for a label past 9.
  MnistDataset(const std::string& images_path, const std::string& labels_path);
  std::int64_t size() const override;
  Shape sample_shape() const override;
  float read(std::int64_t index, float* input) const override;

 private:
  Shape sample_shape_;
  std::vector<std::uint8_t> pixels_;
  std::vector<std::uint8_t> labels_;
};

// Colour images from CIFAR-10's binary files, kept as bytes: sample shape (3, 32, 32), pixels in [0, 1].
class Cifar10Dataset : public Dataset {
 public:
  // Reads the files one after another.
  // throws: IoError naming the file when one is damaged; ValueError for no files.
  explicit Cifar10Dataset(const std::vector<std::string>& paths);
  std::int64_t size() const override;
  Shape sample_shape() const override;
  float read(std::int64_t index, float* input) const override;

 private:
  std::vector<std::uint8_t> pixels_;
  std::vector<std::uint8_t> labels_;
};

// A change made to one sample on its way into a batch.
class Transform {
 public:
  Transform() = default;
  Transform(const Transform&) = delete;
  Transform& operator=(const Transform&) = delete;
  virtual ~Transform() = default;

  // Changes the sample in place. Randomness comes from `rng` alone. Called from several threads at once.
  virtual void apply(float* sample, const Shape& shape, Rng& rng) const = 0;
};

// x = (x - mean[c]) / deviation[c] for each channel c.
// shapes: sample (C, ...)
class Normalize : public Transform {
 public:
  // throws: ValueError unless both have the same length > 0 and every deviation is > 0.
  Normalize(std::vector<float> mean, std::vector<float> deviation);
  // throws: ShapeError unless the sample has as many channels.
  void apply(float* sample, const Shape& shape, Rng& rng) const override;

 private:
  std::vector<float> mean_;
  std::vector<float> deviation_;
};

// Mirrors left and right when rng.uniform() < probability.
// shapes: sample (C, H, W)
class RandomHorizontalFlip : public Transform {
 public:
  // throws: ValueError unless 0 <= probability <= 1.
  explicit RandomHorizontalFlip(double probability = 0.5);
  void apply(float* sample, const Shape& shape, Rng& rng) const override;

 private:
  double probability_;
};

// Moves the image by up to `padding` pixels down and right or up and left, zeros filling in: the crop of
// size H x W, at row rng.below(2 padding + 1) and then column rng.below(2 padding + 1), of the image
// with padding zeros around it.
// shapes: sample (C, H, W)
class RandomCrop : public Transform {
 public:
  // throws: ValueError when padding < 0.
  explicit RandomCrop(std::int64_t padding);
  void apply(float* sample, const Shape& shape, Rng& rng) const override;

 private:
  std::int64_t padding_;
};

struct DataLoaderOptions {
  std::int64_t batch_size = 32;
  bool shuffle = false;
  std::uint64_t seed = 0;
  bool drop_last = false;  // leaves out a last batch that is not full
  int workers = 0;         // threads that prepare batches; 0: next() prepares them itself
  int prefetch = 2;        // batches kept ready for each worker
  std::vector<std::shared_ptr<const Transform>> transforms;  // applied in order
};

// The order of epoch e (from 0) is Rng(seed + e).permutation(size) when shuffling, else 0, 1, 2, ...
// The transforms of the sample at position p of epoch e share one Rng, seeded with
// Rng(seed + e).next() + p.
class DataLoader : public BatchSource {
 public:
  // ownership: keeps the data set alive.
  // throws: ValueError for an option out of its range (batch_size > 0, workers >= 0, prefetch > 0) or no data.
  DataLoader(std::shared_ptr<const Dataset> dataset, const DataLoaderOptions& options);
  ~DataLoader() override;

  // May be called in the middle of an epoch, which is then given up.
  void start_epoch() override;

  // throws: what the data set or a transform threw, also from a worker.
  bool next(Batch& batch) override;
  std::int64_t samples_per_epoch() const override;
  std::int64_t batches_per_epoch() const;

 private:
  struct State;  // module dataloader's own, defined in dataloader.cpp
  std::unique_ptr<State> state_;
};

}  // namespace tinytorch
