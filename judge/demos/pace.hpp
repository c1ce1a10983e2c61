// How fast training is, and how long it would take: for demos that train with the Trainer.
#pragma once

#include <cstdint>

#include "judge/demos/demo.hpp"
#include "judge/demos/forecast.hpp"
#include "judge/images/datasets.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/training.hpp"

namespace demo {

// Hands out another source's batches for so many seconds, then ends the epoch.
class ForSeconds : public tinytorch::BatchSource {
 public:
  ForSeconds(tinytorch::BatchSource& source, double seconds) : source_(source), seconds_(seconds) {}
  void start_epoch() override {
    source_.start_epoch();
    watch_.restart();
  }
  bool next(tinytorch::Batch& batch) override { return watch_.seconds() < seconds_ && source_.next(batch); }
  std::int64_t samples_per_epoch() const override { return source_.samples_per_epoch(); }

 private:
  tinytorch::BatchSource& source_;
  double seconds_;
  tinytorch::Stopwatch watch_;
};

// Trains one image at a time with the Trainer for four seconds and says meanwhile how long `epoch` images would take.
// Returns the images per second.
inline double trainer_pace(tinytorch::Layer& network, const judge::Images& images, std::int64_t epoch) {
  using namespace tinytorch;
  Adam adam(network.parameters(), 0.001F);
  OneAtATime source(images.train_images, images.train_labels, seed());
  ForSeconds some(source, 4.0);
  Forecast forecast(epoch);
  TrainerOptions options;
  options.on_batch = [&](std::int64_t done, std::int64_t) { forecast.tell(done); };
  Trainer trainer(network, adam, loss<CrossEntropyLoss>(), options);
  const EpochRecord record = trainer.fit(some, 1).back();
  return static_cast<double>(record.train.samples) / record.seconds;
}

}  // namespace demo
