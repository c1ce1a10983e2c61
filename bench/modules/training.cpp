// What tito bench times of module training: an epoch of a small network with its Trainer, judging, clipping, and
// saving.
#include "tinytorch/training.hpp"

#include "judge/workloads/workload.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

constexpr std::int64_t samples = 256;

// The same few batches every epoch.
class Batches : public BatchSource {
 public:
  Batches(std::int64_t batch_size, Rng& rng) {
    for (std::int64_t done = 0; done < samples; done += batch_size) {
      batches_.push_back({Tensor::uniform({batch_size, 784}, 0.0F, 1.0F, rng), Tensor({batch_size})});
      for (std::int64_t n = 0; n < batch_size; ++n)
        batches_.back().targets.data()[n] = static_cast<float>(rng.below(10));
    }
  }
  void start_epoch() override { next_ = 0; }
  bool next(Batch& batch) override {
    if (next_ == batches_.size()) return false;
    batch = batches_[next_++];
    return true;
  }
  std::int64_t samples_per_epoch() const override { return samples; }

 private:
  std::vector<Batch> batches_;
  std::size_t next_ = 0;
};

struct Work {
  explicit Work(std::int64_t batch_size) : source(batch_size, rng) {
    net.add<Linear>(784, 64, rng);
    net.add<Activation<ReLU>>();
    net.add<Linear>(64, 10, rng);
    optimizer = std::make_unique<SGD>(net.parameters(), 0.001F);
    trainer = std::make_unique<Trainer>(net, *optimizer, loss<CrossEntropyLoss>());
  }
  Rng rng{1};
  Batches source;
  Sequential net;
  std::unique_ptr<SGD> optimizer;
  std::unique_ptr<Trainer> trainer;
};

void add_epoch(judge::Rows& rows, std::int64_t batch_size) {
  const double flops = static_cast<double>(samples) * (4.0 * 784 * 64 + 6.0 * 64 * 10);
  rows.add({.name = "MLP epoch, batch " + std::to_string(batch_size),
            .unit = "samples/s",
            .amount = samples,
            .flops = flops},
           [=] {
             const auto work = std::make_shared<Work>(batch_size);
             return [=] { judge::keep(work->trainer->fit(work->source, 1)); };
           });
}

}  // namespace

void judge::workload(Rows& rows) {
  add_epoch(rows, 1);
  add_epoch(rows, 32);
  rows.add({.name = "OneAtATime, shuffled", .unit = "samples/s", .amount = samples, .traffic = {}}, [] {
    Rng rng(1);
    const auto source =
        std::make_shared<OneAtATime>(Tensor::uniform({samples, 784}, 0.0F, 1.0F, rng), Tensor({samples}), 1);
    return [=] {
      Batch batch;
      source->start_epoch();
      while (source->next(batch)) keep(batch);
    };
  });
  rows.add(
      {.name = "evaluate, batch 32", .unit = "samples/s", .amount = samples, .flops = 2.0 * samples * (784 * 64 + 640)},
      [] {
        const auto work = std::make_shared<Work>(32);
        return [=] { keep(work->trainer->evaluate(work->source)); };
      });
  constexpr double numbers = 256 * 2304;
  rows.add({.name = "clip_grad_norm", .unit = "GB/s", .traffic = traffic(Stream::read, numbers)}, [] {
    Rng rng(1);
    const Parameter parameter(Tensor({256, 2304}));
    parameter.accumulate(Tensor::uniform({256, 2304}, -0.01F, 0.01F, rng));
    return [=] { keep(clip_grad_norm({parameter}, 1e6)); };  // large enough that nothing is scaled
  });
  rows.add({.name = "save and load, 2.4 MB", .unit = "models/s", .amount = 1}, [] {
    Rng rng(1);
    const auto layer = std::make_shared<Linear>(2304, 256, rng, Init::glorot);
    return [=] {
      save(*layer, "model.safetensors");
      load(*layer, "model.safetensors");
    };
  });
}
