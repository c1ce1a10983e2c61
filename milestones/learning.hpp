// What the milestones that train a network with the Trainer have in common: the loss after every batch becomes a
// progress line and a curve.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "judge/demos/demo.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/training.hpp"

namespace milestone {

// Averages what it is told over a window, and reports one point for each.
class LossCurve {
 public:
  // `total`: all samples of the training, `window`: samples between two points.
  LossCurve(std::string curve, std::int64_t total, std::int64_t window)
      : curve_(std::move(curve)), total_(total), window_(window) {}

  void add(double loss, std::int64_t samples) {
    sum_ += loss * static_cast<double>(samples);
    in_window_ += samples;
    done_ += samples;
    if (in_window_ >= window_ || done_ == total_) {
      last_ = sum_ / static_cast<double>(in_window_);
      demo::point(curve_, static_cast<double>(done_), last_);
      sum_ = 0;
      in_window_ = 0;
    }
    demo::progress({what, done_, total_, done_ < window_ ? std::optional<double>() : last_});
  }

  std::int64_t done() const { return done_; }

  std::string what;  // the progress line's first words

 private:
  std::string curve_;
  std::int64_t total_;
  std::int64_t window_;
  std::int64_t in_window_ = 0;
  std::int64_t done_ = 0;
  double sum_ = 0;
  double last_ = 0;
};

// The cross-entropy, which also tells the curve its value while the network is being trained.
class WatchedLoss : public tinytorch::CrossEntropyLoss {
 public:
  WatchedLoss(const tinytorch::Layer& network, LossCurve& curve) : network_(network), curve_(curve) {}

  tinytorch::Tensor forward(const std::vector<tinytorch::Tensor>& inputs) override {
    tinytorch::Tensor loss = CrossEntropyLoss::forward(inputs);
    if (network_.training()) curve_.add(loss.item(), inputs[1].size());
    return loss;
  }

 private:
  const tinytorch::Layer& network_;
  LossCurve& curve_;
};

// A LossFactory. ownership: keeps references.
inline tinytorch::Trainer::LossFactory watched_loss(const tinytorch::Layer& network, LossCurve& curve) {
  return [&network, &curve] { return std::make_unique<WatchedLoss>(network, curve); };
}

}  // namespace milestone
