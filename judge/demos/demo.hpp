// What demos and milestones are written with: they print for a person and report their figures to the record.
//
// A demo is one function; demo_runner.cpp holds main.
//   void demo::run() {
//     demo::say("An untrained network guesses.");
//     demo::measure("accuracy", 100 * accuracy(logits, labels), "%");
//   }
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "judge/cases/record.hpp"

namespace demo {

// Defined by the demo or milestone.
void run();

// The seed of this run: what --seed said, else 1. Whatever is random in a demo comes from it.
std::uint64_t seed();

// Prints a line.
void say(const std::string& line);
inline void say() { say(""); }

// Names the data set that the figures measured from here on are about, such as "MNIST sample".
void data(const std::string& name);

// Prints a measured figure as an aligned row and puts it into the record.
void measure(const std::string& name, double value, const std::string& unit);

// A point of a curve, such as the loss after so many samples. tito draws the curves when the run is over; those
// whose names have the same words before ": " share one chart: "loss: one layer", "loss: two layers".
void point(const std::string& curve, double x, double y);

// What a chart shows along its axes: axes("loss", "samples", "cross-entropy").
void axes(const std::string& chart, const std::string& x, const std::string& y);

// Names a file that the demo has written into its working folder and that is to outlive it: tito copies it to the
// workspace's results/. A plain file name of letters, digits, '.', '_' and '-'.
void keep(const std::string& file);

// How far long work has come.
struct Progress {
  std::string what;       // "pass 2 of 5"; may change while the work goes on
  std::int64_t done = 0;  // of all the work, not only of this pass
  std::int64_t total = 0;
  std::optional<double> loss = {};  // the present one, where there is one
  std::string unit = "samples";     // what is counted; "" shows no rate
};

// Shows it on one line that is rewritten, where the output is a terminal; nothing elsewhere. With the rate since the
// work began and the time that is left at that rate. done == total ends the line.
void progress(const Progress& progress);

// The same without a loss or a rate.
void progress(const std::string& what, std::int64_t done, std::int64_t total);

}  // namespace demo
