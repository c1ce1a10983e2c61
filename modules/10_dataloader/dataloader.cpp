// Module dataloader: data sets, transforms, and the loader that prepares batches ahead of the trainer.
//
// A batch is gathered sample by sample straight into its tensor. Workers take the numbers of batches in turn
// and put what they made into a ring of slots; next() empties the slots in the same turn, so the order is
// that of a single thread.
#include "tinytorch/dataloader.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "io/cifar.hpp"
#include "io/idx.hpp"

namespace tinytorch {

namespace {

// BEGIN SOLUTION (helpers)
void require_index(const char* dataset, std::int64_t index, std::int64_t size) {
  if (index < 0 || index >= size) {
    throw ValueError(std::string(dataset) + ": no sample " + std::to_string(index) + " among " + std::to_string(size));
  }
}

void require_image(const char* transform, const Shape& shape) {
  if (shape.rank() != 3) {
    throw ShapeError(std::string(transform) + ": needs a sample (C, H, W), not " + shape.to_string());
  }
}

// Bytes 0 .. 255 as numbers in [0, 1].
void to_unit_range(const std::uint8_t* bytes, std::int64_t count, float* out) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(bytes[i]) / 255.0F;
}

// Room for n samples: N stands before the sample's axes.
Batch make_room(std::int64_t n, const Shape& sample) {
  Shape shape{n};
  for (const std::int64_t extent : sample) shape.push_back(extent);
  return {Tensor::uninitialized(shape), Tensor::uninitialized({n})};
}
// END SOLUTION

}  // namespace

Batch Dataset::batch(std::int64_t begin, std::int64_t end) const {
  // BEGIN SOLUTION Dataset::batch
  if (begin < 0 || begin > end || end > size()) {
    throw ValueError("Dataset::batch: no samples [" + std::to_string(begin) + ", " + std::to_string(end) + ") among " +
                     std::to_string(size()));
  }
  const Shape sample = sample_shape();
  const std::int64_t stride = sample.numel();
  Batch batch = make_room(end - begin, sample);
  for (std::int64_t i = begin; i < end; ++i) {
    batch.targets.data()[i - begin] = read(i, batch.inputs.data() + (i - begin) * stride);
  }
  return batch;
  // END SOLUTION
}

TensorDataset::TensorDataset(Tensor inputs, Tensor targets) : inputs_(std::move(inputs)), targets_(std::move(targets)) {
  // BEGIN SOLUTION TensorDataset::TensorDataset
  if (inputs_.rank() == 0 || targets_.rank() != 1 || inputs_.shape()[0] != targets_.shape()[0]) {
    throw ShapeError("TensorDataset: inputs " + inputs_.shape().to_string() + " and targets " +
                     targets_.shape().to_string() + " do not fit: needs (N, ...) and (N,)");
  }
  // END SOLUTION
}

std::int64_t TensorDataset::size() const { return inputs_.shape()[0]; }

Shape TensorDataset::sample_shape() const {
  // BEGIN SOLUTION TensorDataset::sample_shape
  Shape sample;
  for (int axis = 1; axis < inputs_.rank(); ++axis) sample.push_back(inputs_.shape()[axis]);
  return sample;
  // END SOLUTION
}

float TensorDataset::read(std::int64_t index, float* input) const {
  // BEGIN SOLUTION TensorDataset::read
  require_index("TensorDataset", index, size());
  const std::int64_t stride = sample_shape().numel();
  std::copy_n(inputs_.data() + index * stride, stride, input);
  return targets_.data()[index];
  // END SOLUTION
}

MnistDataset::MnistDataset(const std::string& images_path, const std::string& labels_path) {
  // BEGIN SOLUTION MnistDataset::MnistDataset
  io::IdxArray images = io::read_idx(images_path, 3);
  io::IdxArray labels = io::read_idx(labels_path, 1);
  if (labels.extents[0] != images.extents[0]) {
    throw IoError(labels_path + ": expected " + std::to_string(images.extents[0]) + " labels, one for each image of " +
                  images_path + ", found " + std::to_string(labels.extents[0]));
  }
  const auto past_nine = [](std::uint8_t label) { return label > 9; };
  const auto past = std::find_if(labels.values.begin(), labels.values.end(), past_nine);
  if (past != labels.values.end()) {
    throw IoError(labels_path + ": expected labels 0 to 9, found " + std::to_string(*past) + " at position " +
                  std::to_string(past - labels.values.begin()));
  }
  sample_shape_ = {1, images.extents[1], images.extents[2]};
  pixels_ = std::move(images.values);
  labels_ = std::move(labels.values);
  // END SOLUTION
}

std::int64_t MnistDataset::size() const { return static_cast<std::int64_t>(labels_.size()); }

Shape MnistDataset::sample_shape() const { return sample_shape_; }

float MnistDataset::read(std::int64_t index, float* input) const {
  // BEGIN SOLUTION MnistDataset::read
  require_index("MnistDataset", index, size());
  const std::int64_t stride = sample_shape_.numel();
  to_unit_range(pixels_.data() + index * stride, stride, input);
  return labels_[static_cast<std::size_t>(index)];
  // END SOLUTION
}

Cifar10Dataset::Cifar10Dataset(const std::vector<std::string>& paths) {
  // BEGIN SOLUTION Cifar10Dataset::Cifar10Dataset
  if (paths.empty()) throw ValueError("Cifar10Dataset: no files");
  for (const std::string& path : paths) {
    const io::CifarImages images = io::read_cifar(path);
    pixels_.insert(pixels_.end(), images.pixels.begin(), images.pixels.end());
    labels_.insert(labels_.end(), images.labels.begin(), images.labels.end());
  }
  // END SOLUTION
}

std::int64_t Cifar10Dataset::size() const { return static_cast<std::int64_t>(labels_.size()); }

Shape Cifar10Dataset::sample_shape() const { return {3, 32, 32}; }

float Cifar10Dataset::read(std::int64_t index, float* input) const {
  // BEGIN SOLUTION Cifar10Dataset::read
  require_index("Cifar10Dataset", index, size());
  const std::int64_t stride = sample_shape().numel();
  to_unit_range(pixels_.data() + index * stride, stride, input);
  return labels_[static_cast<std::size_t>(index)];
  // END SOLUTION
}

Normalize::Normalize(std::vector<float> mean, std::vector<float> deviation)
    : mean_(std::move(mean)), deviation_(std::move(deviation)) {
  // BEGIN SOLUTION Normalize::Normalize
  if (mean_.empty() || mean_.size() != deviation_.size()) {
    throw ValueError("Normalize: needs one mean and one deviation per channel, got " + std::to_string(mean_.size()) +
                     " and " + std::to_string(deviation_.size()));
  }
  for (const float deviation : deviation_) {
    if (!(deviation > 0.0F)) {
      throw ValueError("Normalize: deviations must be positive, but one is " + std::to_string(deviation));
    }
  }
  // END SOLUTION
}

void Normalize::apply(float* sample, const Shape& shape, Rng& /*rng*/) const {
  // BEGIN SOLUTION Normalize::apply
  const auto C = static_cast<std::int64_t>(mean_.size());
  if (shape.rank() == 0 || shape[0] != C) {
    throw ShapeError("Normalize: needs a sample of " + std::to_string(C) + " channels, not " + shape.to_string());
  }
  const std::int64_t plane = shape.numel() / C;
  for (std::size_t c = 0; c < mean_.size(); ++c, sample += plane) {
    for (std::int64_t i = 0; i < plane; ++i) sample[i] = (sample[i] - mean_[c]) / deviation_[c];
  }
  // END SOLUTION
}

RandomHorizontalFlip::RandomHorizontalFlip(double probability) : probability_(probability) {
  // BEGIN SOLUTION RandomHorizontalFlip::RandomHorizontalFlip
  if (!(probability >= 0.0 && probability <= 1.0)) {
    throw ValueError("RandomHorizontalFlip: probability must be in [0, 1], but is " + std::to_string(probability));
  }
  // END SOLUTION
}

void RandomHorizontalFlip::apply(float* sample, const Shape& shape, Rng& rng) const {
  // BEGIN SOLUTION RandomHorizontalFlip::apply
  require_image("RandomHorizontalFlip", shape);
  if (rng.uniform() >= probability_) return;
  const std::int64_t rows = shape[0] * shape[1];
  const std::int64_t W = shape[2];
  for (std::int64_t row = 0; row < rows; ++row) std::reverse(sample + row * W, sample + (row + 1) * W);
  // END SOLUTION
}

RandomCrop::RandomCrop(std::int64_t padding) : padding_(padding) {
  // BEGIN SOLUTION RandomCrop::RandomCrop
  if (padding < 0) throw ValueError("RandomCrop: padding must not be negative, but is " + std::to_string(padding));
  // END SOLUTION
}

void RandomCrop::apply(float* sample, const Shape& shape, Rng& rng) const {
  // BEGIN SOLUTION RandomCrop::apply
  // Where the crop reaches past the image it reads the padding, so the padded image need not be built: pixel
  // (h, w) of the result is pixel (h + down, w + right) of the image, or 0 outside.
  require_image("RandomCrop", shape);
  const auto places = static_cast<std::uint64_t>(2 * padding_ + 1);
  const std::int64_t down = static_cast<std::int64_t>(rng.below(places)) - padding_;
  const std::int64_t right = static_cast<std::int64_t>(rng.below(places)) - padding_;
  const std::int64_t H = shape[1];
  const std::int64_t W = shape[2];
  const std::vector<float> image(sample, sample + shape.numel());
  for (std::int64_t c = 0; c < shape[0]; ++c) {
    for (std::int64_t h = 0; h < H; ++h) {
      for (std::int64_t w = 0; w < W; ++w) {
        const std::int64_t from_h = h + down;
        const std::int64_t from_w = w + right;
        const bool inside = from_h >= 0 && from_h < H && from_w >= 0 && from_w < W;
        *sample++ = inside ? image[static_cast<std::size_t>((c * H + from_h) * W + from_w)] : 0.0F;
      }
    }
  }
  // END SOLUTION
}

// One epoch. The order and the seeds are settled before any worker starts and then only read; what the
// threads share and change is yours to lay out.
struct DataLoader::State {
  std::shared_ptr<const Dataset> dataset;
  DataLoaderOptions options;
  std::int64_t samples = 0;  // handed out in one epoch
  std::int64_t batches = 0;

  std::int64_t epoch = -1;  // before the first start_epoch(), next() hands out nothing
  std::vector<std::int64_t> order;
  std::uint64_t transform_seed = 0;
  std::vector<std::thread> workers;

  // BEGIN SOLUTION (helpers)
  // A batch on its way from a worker to next(): made, failed, or (neither) not there yet.
  struct Slot {
    std::optional<Batch> batch;
    std::exception_ptr error;
  };

  std::mutex mutex;               // over all that follows
  std::condition_variable room;   // a worker may claim a batch, or must stop
  std::condition_variable ready;  // a slot was filled
  std::vector<Slot> slots;        // batch b goes through slot b % slots.size()
  std::int64_t claimed = 0;       // batches that workers have begun
  std::int64_t delivered = 0;     // batches that next() has taken
  bool stopping = false;
  // END SOLUTION

  Batch make(std::int64_t number) const;
  void work();
  void stop();
  Batch take();

  ~State() {
    if (!workers.empty()) stop();  // threads that still run must not outlive what they use
  }
};

// Batch `number` of this epoch. It depends on the seeds alone, not on who makes it or when.
Batch DataLoader::State::make(std::int64_t number) const {
  // BEGIN SOLUTION DataLoader::State::make
  const std::int64_t begin = number * options.batch_size;
  const std::int64_t end = std::min(begin + options.batch_size, samples);
  const Shape sample = dataset->sample_shape();
  const std::int64_t stride = sample.numel();
  Batch batch = make_room(end - begin, sample);
  for (std::int64_t position = begin; position < end; ++position) {
    const std::int64_t index = options.shuffle ? order[static_cast<std::size_t>(position)] : position;
    float* input = batch.inputs.data() + (position - begin) * stride;
    batch.targets.data()[position - begin] = dataset->read(index, input);
    Rng rng(transform_seed + static_cast<std::uint64_t>(position));
    for (const auto& transform : options.transforms) transform->apply(input, sample, rng);
  }
  return batch;
  // END SOLUTION
}

// A worker's life in one epoch: claim the next batch as soon as there is a slot for it, make it without
// holding the lock, put it down.
void DataLoader::State::work() {
  // BEGIN SOLUTION DataLoader::State::work
  const auto capacity = static_cast<std::int64_t>(slots.size());
  std::unique_lock lock(mutex);
  for (;;) {
    room.wait(lock, [&] { return stopping || claimed == batches || claimed < delivered + capacity; });
    if (stopping || claimed == batches) return;
    const std::int64_t number = claimed++;
    lock.unlock();
    Slot made;
    try {
      made.batch = make(number);
    } catch (...) {
      made.error = std::current_exception();
    }
    lock.lock();
    slots[static_cast<std::size_t>(number % capacity)] = std::move(made);
    ready.notify_one();
  }
  // END SOLUTION
}

// Lets the workers finish the batches they are at, and forgets them.
void DataLoader::State::stop() {
  // BEGIN SOLUTION DataLoader::State::stop
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  room.notify_all();
  for (std::thread& worker : workers) worker.join();
  workers.clear();
  // END SOLUTION
}

// Waits for the next batch in turn and frees its slot.
Batch DataLoader::State::take() {
  // BEGIN SOLUTION DataLoader::State::take
  Slot slot;
  {
    std::unique_lock lock(mutex);
    Slot& next = slots[static_cast<std::size_t>(delivered % static_cast<std::int64_t>(slots.size()))];
    ready.wait(lock, [&] { return next.batch || next.error; });
    slot = std::exchange(next, Slot());
    ++delivered;
  }
  room.notify_all();
  if (slot.error) std::rethrow_exception(slot.error);
  return std::move(*slot.batch);
  // END SOLUTION
}

DataLoader::DataLoader(std::shared_ptr<const Dataset> dataset, const DataLoaderOptions& options)
    : state_(std::make_unique<State>()) {
  // BEGIN SOLUTION DataLoader::DataLoader
  const auto require = [](bool holds, const char* rule, std::int64_t value) {
    if (!holds) throw ValueError(std::string("DataLoader: ") + rule + ", but is " + std::to_string(value));
  };
  require(options.batch_size > 0, "batch_size must be positive", options.batch_size);
  require(options.workers >= 0, "workers must not be negative", options.workers);
  require(options.prefetch > 0, "prefetch must be positive", options.prefetch);
  if (dataset == nullptr || dataset->size() == 0) throw ValueError("DataLoader: no data");
  for (const auto& transform : options.transforms) {
    if (transform == nullptr) throw ValueError("DataLoader: a transform is null");
  }

  const std::int64_t size = dataset->size();
  const std::int64_t full = size / options.batch_size;
  state_->samples = options.drop_last ? full * options.batch_size : size;
  state_->batches = options.drop_last || full * options.batch_size == size ? full : full + 1;
  state_->dataset = std::move(dataset);
  state_->options = options;
  // END SOLUTION
}

DataLoader::~DataLoader() = default;

void DataLoader::start_epoch() {
  // BEGIN SOLUTION DataLoader::start_epoch
  State& s = *state_;
  s.stop();
  ++s.epoch;
  const std::uint64_t seed = s.options.seed + static_cast<std::uint64_t>(s.epoch);
  if (s.options.shuffle) s.order = Rng(seed).permutation(s.dataset->size());
  s.transform_seed = Rng(seed).next();
  s.delivered = 0;
  s.claimed = 0;
  s.stopping = false;

  s.slots.clear();
  s.slots.resize(static_cast<std::size_t>(s.options.workers) * static_cast<std::size_t>(s.options.prefetch));
  for (int i = 0; i < s.options.workers; ++i) s.workers.emplace_back([&s] { s.work(); });
  // END SOLUTION
}

bool DataLoader::next(Batch& batch) {
  // BEGIN SOLUTION DataLoader::next
  State& s = *state_;
  if (s.epoch < 0 || s.delivered == s.batches) return false;
  if (s.options.workers == 0) {
    batch = s.make(s.delivered++);
  } else {
    batch = s.take();
  }
  return true;
  // END SOLUTION
}

std::int64_t DataLoader::samples_per_epoch() const { return state_->samples; }

std::int64_t DataLoader::batches_per_epoch() const { return state_->batches; }

}  // namespace tinytorch
